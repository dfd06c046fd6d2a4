"""HTTP/1.1 messages: what llhttp leaves to us, and how ours are written (RFC 9112).

The parser refuses most of the known tricks (both framings, obsolete folding, bare line feeds).
Here stands the rest: versions, codings, lengths, methods that carry no content. Framing is never
copied from one side to the other, it is made anew.

Trust: the request is the client's, the response the upstream's.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from edgeauth.model.decision import Response
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers

_MOST_DIGITS: Final = 18
VERSIONS: Final = frozenset({"1.1", "1.0"})
STATUS_AND_PHRASE: Final = rb"([0-9]{3})(?: [\t -~\x80-\xff]*+)?\r\n"
"""The pattern of a status line behind its version; it gives back nothing of what it has taken."""
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] " + STATUS_AND_PHRASE)
_USUAL_LINE: Final = b"HTTP/1.1 200 OK\r\n"
WITHOUT_CONTENT: Final = frozenset({b"GET", b"HEAD", b"DELETE"})
"""Methods whose content has no meaning (RFC 9110 section 9.3): a place to hide a request in."""
_STATUSES_WITHOUT_CONTENT: Final = frozenset({204, 304})
_REFUSED_METHODS: Final = frozenset({b"CONNECT", b"TRACE"})


class Framing(Struct, frozen=True):
    """How long the content of a message is."""

    length: int | None
    """Octets; None when that is not known beforehand."""
    chunked: bool


NO_CONTENT: Final = Framing(0, chunked=False)
CHUNKED: Final = Framing(None, chunked=True)
UNTIL_CLOSE: Final = Framing(None, chunked=False)


def request_framing(
    method: bytes,
    version: str,
    headers: Headers,
    without_content: frozenset[bytes] = WITHOUT_CONTENT,
) -> Framing:
    """Returns the framing of a request's content: `NO_CONTENT` itself where there is none.

    Args:
        method: of the request.
        version: of HTTP.
        headers: of the request.
        without_content: methods whose requests may have none.

    Raises:
        Malformed: the version is not 1.0 or 1.1, the framing is not exactly one of the two that
            exist, there is content where there may be none, or the method is for proxies of
            another kind.
    """
    if version not in VERSIONS:
        raise Malformed("the HTTP version is not supported", 505)
    if method in _REFUSED_METHODS:
        raise Malformed("the method is not supported", 405)
    coding = headers.get(b"transfer-encoding")
    length = headers.get(b"content-length")
    if coding is None and length is None:
        return NO_CONTENT
    framing = _framing(coding, length)
    if coding is not None and version == "1.0":
        raise Malformed("HTTP/1.0 has no transfer codings")
    if framing.length == 0:
        return NO_CONTENT
    if method in without_content:
        raise Malformed("content is not allowed with this method")
    if b"upgrade" in headers:
        raise Malformed("content is not allowed in an upgrade")
    return framing


def _framing(coding: bytes | None, length: bytes | None) -> Framing:
    if coding is not None:
        if length is not None:
            raise Malformed("the message has two framings")
        if coding.lower() != b"chunked":
            raise Malformed("the transfer coding is not supported", 501)
        return CHUNKED
    if length is None or not _is_length(length):
        raise Malformed("the content length is no number")
    return Framing(int(length), chunked=False)


def _is_length(value: bytes) -> bool:
    return value.isdigit() and len(value) <= _MOST_DIGITS  # of octets only ASCII has digits


def check_blanks(name: bytes, blanks: bytes) -> None:
    """Refuses a tab after a transfer coding.

    llhttp knows no coding that a tab follows: of a request it says so only when the head is over,
    which is decided about by then; a response it then takes for one that lasts as long as its
    connection (attack 59).

    Args:
        name: of the field, in lower case.
        blanks: behind its value.

    Raises:
        Malformed: there is one.
    """
    if name == b"transfer-encoding" and b"\t" in blanks:
        raise Malformed("a tab follows the transfer coding")


def expects_continue(expectation: bytes, version: str) -> bool:
    """Returns whether the client waits for 100 (Continue) before it sends the content.

    A client of version 1.0 does not know what that is, and is never told.

    Args:
        expectation: the value of the Expect field.
        version: of HTTP.

    Raises:
        Malformed: it expects something else (RFC 9110 section 10.1.1).
    """
    if expectation.lower() != b"100-continue":
        raise Malformed("the expectation is not known", 417)
    return version == "1.1"


def is_status_line(octets: bytes) -> bool:
    """Returns whether a response begins as one of HTTP/1.1 or 1.0 does, octet for octet.

    llhttp takes more for one: `HTTP/2.0`, `RTSP/1.1`, blank lines, control characters behind the
    status.
    """
    return octets.startswith(_USUAL_LINE) or _STATUS_LINE.match(octets) is not None


def has_content(fields: Iterable[tuple[bytes, bytes]]) -> bool:
    """Returns whether an interim response says that it has content, which none may have.

    Source:
        RFC 9110 section 8.6 (length) and RFC 9112 section 6.1 (coding).

    Args:
        fields: of its head, names as they were written.
    """
    return any(
        name.lower() == b"transfer-encoding"
        or (name.lower() == b"content-length" and bool(value.strip(b"0")))
        for name, value in fields
    )


def response_framing(
    status: int, version: Callable[[], str], headers: Headers, *, to_head: bool
) -> Framing:
    """Returns the framing of a response's content (RFC 9112 section 6.3).

    Args:
        status: of the response.
        version: returns that of HTTP; asked only where it matters.
        headers: of the response.
        to_head: whether it answers a HEAD request.

    Raises:
        Malformed: the upstream's framing can be read in two ways.
    """
    if to_head or status in _STATUSES_WITHOUT_CONTENT:
        return NO_CONTENT
    coding = headers.get(b"transfer-encoding")
    length = headers.get(b"content-length")
    if coding is None and length is None:
        return UNTIL_CLOSE
    if coding is not None and version() != "1.1":
        raise Malformed("the response has a transfer coding that its version does not know")
    return _framing(coding, length)


def announced_length(status: int, headers: Headers) -> int | None:
    """Returns the length that a response tells, be it of content that is not sent (HEAD, 304)."""
    length = headers.get(b"content-length")
    if length is None or status == 204 or not _is_length(length):
        return None
    return int(length)


_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


def status_line(status: int) -> bytes:
    """Returns the status line; the upstream's own phrase is never copied."""
    return _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


_EMPTY: Final = b"content-length: 0\r\n\r\n"


def render_response(response: Response, *, keep_alive: bool, to_head: bool = False) -> bytes:
    """Returns an answer of edgeauth's own, complete.

    Args:
        response: what to say.
        keep_alive: whether the connection is used again afterwards.
        to_head: whether it answers a HEAD request: the length is told, the content not sent.

    Raises:
        ValueError: the status does not end an exchange, so the client would wait for another.
    """
    if not 200 <= response.status <= 599:
        raise ValueError("a final status is between 200 and 599")
    parts = [status_line(response.status)]
    for name, value in response.fields:
        parts += (name, b": ", value, b"\r\n")
    if not keep_alive:
        parts.append(b"connection: close\r\n")
    if response.status in _STATUSES_WITHOUT_CONTENT:
        parts.append(b"\r\n")
        return b"".join(parts)
    body = response.body
    parts.append(b"content-length: %d\r\n\r\n" % len(body) if body else _EMPTY)
    if not to_head:
        parts.append(body)
    return b"".join(parts)


CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK: Final = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Returns data as one chunk (RFC 9112 section 7.1); data must not be empty."""
    return b"%x\r\n%b\r\n" % (len(data), data)
