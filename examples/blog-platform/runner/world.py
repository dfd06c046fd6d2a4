"""What every story needs: the platform, visitors, the users' tokens, and a table to write in."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import ClientSession

from runner.garbage import Garbage
from runner.plan import EXAMPLE
from runner.platform import Platform
from runner.visitor import Answer, Visitor

PATIENCE_SECONDS = 8.0
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    story: str
    expected: str
    seen: str
    came_true: bool


@dataclass(frozen=True, slots=True)
class User:
    """A test user."""

    id: str
    username: str
    password: str


def read_users() -> dict[str, User]:
    """Returns the test users by name."""
    entries = json.loads((EXAMPLE / "data" / "users.json").read_text("utf-8"))
    return {e["username"]: User(e["id"], e["username"], e["password"]) for e in entries}


@dataclass(slots=True)
class World:
    """The running platform, as the stories see it."""

    platform: Platform
    session: ClientSession
    users: dict[str, User] = field(default_factory=read_users)
    rows: list[Row] = field(default_factory=list)
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def edge(self) -> Visitor:
        """Somebody at the one address that the world sees."""
        return Visitor(self.session, self.platform.plan.url("edge"))

    @property
    def accounts(self) -> Visitor:
        """Somebody at the issuer."""
        return Visitor(self.session, self.platform.plan.url("accounts"))

    def garbage(self) -> Garbage:
        """Returns a stand-in for the decision point."""
        return Garbage(self.platform.plan.addresses["pdp"])

    async def token(self, username: str) -> str:
        """Returns a bearer token of a user, the same each time."""
        if username not in self._tokens:
            self._tokens[username] = await self.new_token(username)
        return self._tokens[username]

    async def new_token(self, username: str) -> str:
        """Returns a fresh bearer token of a user."""
        user = self.users[username]
        form = {"username": user.username, "password": user.password}
        answer = await self.accounts.post_form("/token", form)
        return str(answer.body.get("access_token"))

    def expect(self, story: str, expected: str, seen: str) -> None:
        """Writes a line; the story came true if `seen` is `expected`."""
        shown = self._readable(expected), self._readable(seen)
        self.rows.append(Row(story, *shown, expected == seen))

    def expect_refusal(self, story: str, answer: Answer) -> None:
        """Writes a line; the story came true if the answer gives access to nothing."""
        refused = answer.status >= 400 and "text" not in answer.body
        seen = f"{'refused' if refused else 'ACCESS'} ({answer.status})"
        self.rows.append(Row(story, "refused", seen, refused))

    def _readable(self, text: str) -> str:
        """Puts names where origins and ids of users stand."""
        for part in ("edge", "accounts"):
            text = text.replace(self.platform.plan.url(part), part)
        for name, user in self.users.items():
            text = text.replace(user.id, name)
        return text


async def wait_for(answer: Callable[[], Awaitable[Answer]], *, status_below_400: bool) -> Answer:
    """Asks until the answer is a yes (or a no), or patience ends; returns the last answer."""
    last = await answer()
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while (last.status < 400) is not status_below_400:
        if asyncio.get_running_loop().time() > deadline:
            break
        await asyncio.sleep(POLL_SECONDS)
        last = await answer()
    return last
