"""Whoever visits the blog: sends exactly what it is told to, follows nothing, keeps no cookies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import ClientError, ClientSession
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 if nothing did."""

    status: int
    headers: CIMultiDictProxy[str]
    text: str

    @property
    def body(self) -> dict[str, object]:
        """The body as a JSON object; an empty one if it is something else."""
        try:
            body = json.loads(self.text)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    @property
    def claims(self) -> dict[str, object]:
        """The claims of the contract that the service shows; empty if it shows none."""
        contract = self.body.get("contract")
        claims = contract.get("claims") if isinstance(contract, dict) else None
        return claims if isinstance(claims, dict) else {}

    @property
    def representation(self) -> str:
        """`full`, `excerpt`, or the status if it was no article."""
        return str(self.body.get("representation", self.status))

    def cookie(self, name: str) -> str:
        """Returns the whole Set-Cookie line for `name`; empty if there is none."""
        lines: Sequence[str] = self.headers.getall("Set-Cookie", [])
        return next((line for line in lines if line.startswith(f"{name}=")), "")


class Visitor:
    """Talks to one origin."""

    def __init__(self, session: ClientSession, origin: str) -> None:
        self._session = session
        self._origin = origin

    async def get(
        self,
        path: str,
        token: str | None = None,
        *,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends GET, with a bearer token if there is one."""
        fields = {"Accept": accept, **_authorization(token), **(headers or {})}
        return await self._send("GET", path, headers=fields)

    async def send_json(
        self, method: str, path: str, body: object, token: str | None = None
    ) -> Answer:
        """Sends a JSON body."""
        headers = {"Content-Type": "application/json", **_authorization(token)}
        return await self._send(method, path, headers=headers, data=json.dumps(body).encode())

    async def post_form(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Sends a form."""
        return await self._send("POST", path, headers=dict(headers or {}), form=dict(form))

    async def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        data: bytes | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        # encoded=True: the path goes out as it stands here, whatever it looks like.
        url = URL(self._origin + path, encoded=True)
        try:
            async with self._session.request(
                method, url, headers=headers, data=form or data, allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, await response.text())
        except (ClientError, TimeoutError) as error:
            return Answer(0, CIMultiDictProxy(CIMultiDict()), f"no answer: {type(error).__name__}")


def _authorization(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
