"""Calls of configured endpoints over HTTP.

Trust: the answers are hostile in size, shape and timing. Nothing is followed, nothing is unpacked,
nothing is remembered from one call for the next (cookies), and no environment variable sends calls
elsewhere.
"""

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoints import Call
from edgeauth.ports.services import EndpointAnswer, leave_fast_path

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds for a call as a whole."""
MAX_ANSWER_OCTETS: Final = 1_048_576
_IDENTITY: Final = {"Accept-Encoding": "identity"}


class HttpEndpoints:
    """Sends calls and reads their answers, within limits of time and size.

    Args:
        timeout: seconds from the beginning of the call to the last octet of the answer.
        max_answer_octets: a larger answer is no answer.
    """

    def __init__(
        self, timeout: float = DEFAULT_TIMEOUT, max_answer_octets: int = MAX_ANSWER_OCTETS
    ) -> None:
        self._timeout = timeout
        self._max_answer_octets = max_answer_octets
        # Made now, because it reads the system's certificates from the disk.
        self._tls = ssl.create_default_context()
        self._session: aiohttp.ClientSession | None = None

    async def send(self, call: Call) -> EndpointAnswer:
        """Returns the answer of any status; redirects are not followed.

        Raises:
            Fault: COMMUNICATION when there was no complete answer within the limits; INTERNAL,
                and final, when TLS failed: there is somebody in the middle, or a mistake.
        """
        await leave_fast_path()
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(call)
        except aiohttp.ClientSSLError:
            raise Fault(Reason.INTERNAL, f"TLS with {_place(call)} failed", final=True) from None
        except TimeoutError:
            raise Fault(Reason.COMMUNICATION, f"{_place(call)} did not answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            detail = f"{_place(call)} can not be asked ({type(error).__name__})"
            raise Fault(Reason.COMMUNICATION, detail) from None

    async def close(self) -> None:
        """Closes the connections; calls under way fail."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(self, call: Call) -> EndpointAnswer:
        async with self._open_session().request(
            call.method,
            URL(call.url, encoded=True),
            headers=_IDENTITY | dict(call.headers),
            data=call.body,
            skip_auto_headers=("Content-Type", "User-Agent"),
            allow_redirects=False,
        ) as answer:
            body = await self._read(answer, call)
            return EndpointAnswer(answer.status, _media_type(answer), body)

    async def _read(self, answer: aiohttp.ClientResponse, call: Call) -> bytes:
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Fault(Reason.COMMUNICATION, f"{_place(call)} sent a compressed answer")
        body = bytearray()
        async for chunk in answer.content.iter_any():
            body += chunk
            if len(body) > self._max_answer_octets:
                raise Fault(Reason.COMMUNICATION, f"{_place(call)} sent too much")
        return bytes(body)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Made here and not in the constructor: it belongs to the loop that runs now.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
            )
        return self._session


def _media_type(answer: aiohttp.ClientResponse) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _place(call: Call) -> str:
    """Returns scheme and authority, which are configuration; paths may hold data."""
    parts = urlsplit(call.url)
    return f"{parts.scheme}://{parts.netloc}"
