"""One request and its answer.

Trust: the answers are hostile in size, shape and timing. Nothing is followed, nothing is unpacked,
nothing is remembered from one call for the next (cookies).
"""

import asyncio
import ssl
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from edgeauth.config.outbound_proxies import Proxy
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoints import Call
from edgeauth.ports.services import EndpointAnswer
from edgeauth.services.endpoints.connections import AddressRefused

_IDENTITY: Final = {"Accept-Encoding": "identity"}
_LOGIN: Final = "Proxy-Authorization"
_PROXY: Final = "the proxy on the way to"


class Unanswered(Fault):
    """Raised when a connection failed, which the next one might not."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.COMMUNICATION, detail)


async def exchange(
    session: aiohttp.ClientSession,
    context: ssl.SSLContext,
    call: Call,
    deadline: float,
    proxy: Proxy | None = None,
) -> EndpointAnswer:
    """Returns the answer of any status.

    Args:
        session: keeps the connections.
        context: for TLS.
        call: what is asked.
        deadline: on the loop's clock.
        proxy: on the way; None asks the endpoint itself.

    Raises:
        Unanswered: there was no complete answer.
        Fault: COMMUNICATION when it was too late, compressed or too large; INTERNAL, and final,
            when TLS failed or the address is not one to be connected to: there is somebody in the
            middle, or a mistake.
    """
    try:
        async with asyncio.timeout_at(deadline):
            return await _exchange(session, context, call, proxy)
    except TimeoutError:
        raise late(call.url) from None


def late(url: str) -> Fault:
    """Returns the fault for a call that has no time left."""
    return Fault(Reason.COMMUNICATION, f"{place_of(url)} did not answer in time")


async def _exchange(
    session: aiohttp.ClientSession, context: ssl.SSLContext, call: Call, proxy: Proxy | None
) -> EndpointAnswer:
    place = place_of(call.url)
    shown = {} if proxy is None or not proxy.authorization else {_LOGIN: proxy.authorization}
    # Over TLS the proxy is told when the tunnel is asked for, else with the request.
    sealed = place.startswith("https:")
    try:
        async with session.request(
            call.method,
            URL(call.url, encoded=True),
            headers=_IDENTITY | dict(call.headers) | ({} if sealed else shown),
            data=call.body,
            skip_auto_headers=("Content-Type", "User-Agent"),
            allow_redirects=False,
            ssl=context,
            proxy=None if proxy is None else proxy.url,
            proxy_headers=shown if sealed and shown else None,
        ) as answer:
            if proxy is not None and answer.status == 407:
                raise Fault(Reason.COMMUNICATION, f"{_PROXY} {place} wants other credentials")
            body = await _read(answer, call, place)
            return EndpointAnswer(answer.status, _media_type(answer), body, tuple(_fields(answer)))
    except (aiohttp.ClientSSLError, ssl.SSLError):
        raise _untrusted(f"TLS with {place} failed") from None
    except (aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError):
        raise Unanswered(f"{_PROXY} {place} does not let us through") from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, AddressRefused):
            raise _untrusted(f"{place} is not on the public internet") from None
        raise Unanswered(f"{place} can not be reached") from None
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error.__cause__, ssl.SSLError):
            # TLS 1.3: that a certificate is missed is told after the handshake.
            raise _untrusted(f"TLS with {place} failed") from None
        raise Unanswered(f"{place} can not be asked ({type(error).__name__})") from None


def _untrusted(detail: str) -> Fault:
    return Fault(Reason.INTERNAL, detail, final=True)


def place_of(url: str) -> str:
    """Returns scheme and authority, which are configuration; paths may hold data."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _read(answer: aiohttp.ClientResponse, call: Call, place: str) -> bytes:
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Fault(Reason.COMMUNICATION, f"{place} sent a compressed answer")
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > call.settings.response_limit:
            raise Fault(Reason.COMMUNICATION, f"{place} sent too much")
    return bytes(body)


def _media_type(answer: aiohttp.ClientResponse) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _fields(answer: aiohttp.ClientResponse) -> Iterator[tuple[str, str]]:
    for name, value in answer.headers.items():
        yield name.lower(), value.strip()
