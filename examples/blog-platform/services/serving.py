"""Where every part of the platform listens, and how a service starts.

Everything listens on loopback. The environment variable `<NAME>_HOST` moves a part elsewhere;
edgeauth.yaml and the rules read the same variables.
"""

import json
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, web

DEFAULTS = {
    "edge": "127.0.0.1:4455",
    "management": "127.0.0.1:4457",
    "accounts": "127.0.0.1:4460",
    "wiring": "127.0.0.1:4461",
    "articles": "127.0.0.1:4462",
    "subscription": "127.0.0.1:4463",
    "analysis": "127.0.0.1:4464",
    "pdp": "127.0.0.1:4465",
}
DATA = Path(__file__).parent.parent / "data"

SESSION = web.AppKey("session", ClientSession)


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The plain-HTTP origin, e.g. `http://127.0.0.1:4455`, without a trailing slash."""
        return f"http://{self.host}:{self.port}"


def address_of(name: str, environment: Mapping[str, str] = os.environ) -> Address:
    """Returns where the part called `name` listens.

    Raises:
        ValueError: the environment names something that is not `host:port`.
    """
    text = environment.get(f"{name.upper()}_HOST") or DEFAULTS[name]
    host, separator, port = text.rpartition(":")
    if not (host and separator and port.isascii() and port.isdigit()):
        raise ValueError(f"{name.upper()}_HOST must be host:port")
    return Address(host, int(port))


async def outgoing_session(app: web.Application) -> AsyncIterator[None]:
    """Gives the application `SESSION` for its calls to others, open as long as it runs.

    It keeps no cookies and gives up after two seconds: whoever waits for us waits no longer.
    """
    timeout = ClientTimeout(total=2)
    async with ClientSession(timeout=timeout, cookie_jar=DummyCookieJar()) as session:
        app[SESSION] = session
        yield


def json_answer(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Returns JSON that is pleasant to read in a terminal."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")


async def health(_request: web.Request) -> web.Response:
    """Says that the service answers. No rule of the edge leads here, so it needs no contract."""
    return json_answer({"status": "ok"})


def serve(app: web.Application, name: str) -> None:
    """Serves `app` at the address of `name` until SIGINT or SIGTERM."""
    address = address_of(name)
    web.run_app(app, host=address.host, port=address.port, access_log=None, print=None)
