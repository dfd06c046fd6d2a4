"""Notes of the access log about listeners for operators, which aiohttp serves."""

from typing import Protocol, runtime_checkable

from aiohttp import hdrs, web
from aiohttp.abc import AbstractAccessLogger

from edgeauth.listeners.observed import Recorder, without_secrets
from edgeauth.services.access_log import Entry
from edgeauth.services.client_words import LONGEST

_NO_REQUEST = "UNKNOWN"
"""What aiohttp calls the method of octets that are no request."""


@runtime_checkable
class _Addressed(Protocol):
    """A connection that knows whose it is, also when the client has gone."""

    address: str


def access_logger(recorder: Recorder) -> type[AbstractAccessLogger]:
    """Returns what aiohttp has note the exchanges of a listener.

    Args:
        recorder: where they are noted.
    """

    class Notes(AbstractAccessLogger):
        def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
            connection = request.protocol
            peer = connection.address if isinstance(connection, _Addressed) else ""
            entry = Entry(recorder.clock.now() - time, recorder.listener, (peer,), peer)
            entry.status, entry.duration = response.status, round(time, 6)
            entry.bytes_out = response.body_length
            if request.method != _NO_REQUEST:
                _add_request(entry, request)
            recorder.log.record(entry)

    return Notes


def _add_request(entry: Entry, request: web.BaseRequest) -> None:
    entry.method, entry.scheme = _text(request.method), request.scheme
    entry.host, entry.path = _text(request.host), _text(request.rel_url.raw_path)
    entry.protocol = f"HTTP/{request.version.major}.{request.version.minor}"
    entry.user_agent = _text(request.headers.get(hdrs.USER_AGENT, ""))[:LONGEST]
    entry.referer = without_secrets(_text(request.headers.get(hdrs.REFERER, "")))[:LONGEST]


def _text(words: str) -> str:
    """Returns words without what is no text, which aiohttp keeps as half characters."""
    return words.encode("utf-8", "replace").decode()
