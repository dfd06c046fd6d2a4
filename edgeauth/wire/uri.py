"""The one normal form of request paths (RFC 3986 sections 5.2.4 and 6.2.2).

The path is read once; what comes out is matched against rules, shown to conditions and forwarded,
byte for byte the same. Where two programs could read a path in two ways it is refused:

* percent-encoded unreserved characters are decoded, other escapes get upper-case digits;
* literal `.` and `..` segments and repeated slashes are resolved;
* encoded dot segments, backslashes, controls, `;`, octets beyond ASCII, invalid UTF-8 and whatever
  would be dangerous when somebody decodes a second time are malformed;
* `%2F` stays as it is: each rule says what it makes of it (`allow_encoded_slashes`).

Trust: the client's.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from edgeauth.model.errors import Malformed

_PLAIN: Final = re.compile(rb"(?:/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9_.~!$&'()*+,=:@-]*)+/?|/")
"""A path that is in normal form already: nearly all are."""
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})?")
_NO_ESCAPE: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_FORBIDDEN: Final = re.compile(rb"[\x00-\x20\x7f-\xff\\#?;]")
_MUST_BE_ESCAPED: Final = re.compile(rb'["<>^`{|}]')
_DANGEROUS_TWICE: Final = re.compile(rb"%25(?:2[eEfF5]|5[cC]|00)")
_UNRESOLVED: Final = re.compile(rb"/(?:\.{0,2}/|\.{1,2}\Z)")
# Behind dots that anything follows at which some server cuts a segment off.
_ENCODED_DOTS: Final = re.compile(rb"(?:/|%2F|\A)\.{1,2}(?=/|%2F|%3B|%3F|%23|%20|\Z)")
_UNRESERVED: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
_ONLY_QUERY: Final = bytes(
    octet if 0x21 <= octet <= 0x7E and octet != 0x23 else 0x21 for octet in range(256)
)
"""Translates what a query may hold to itself, and everything else to something else."""


@lru_cache(maxsize=2048)
def parse_path(raw: bytes) -> str:
    """Returns the normal form of an escaped path.

    Applied to its own result it changes nothing.

    Raises:
        Malformed: the path does not begin with a slash, or may be read in two ways.
    """
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    if not raw.startswith(b"/"):
        raise Malformed("the path does not begin with a slash")
    if _FORBIDDEN.search(raw):
        raise Malformed("the path holds more than visible ASCII, a backslash or one of # ? ;")
    resolved = _resolve(raw)
    escaped = _MUST_BE_ESCAPED.sub(lambda found: b"%%%02X" % found.group()[0], resolved)
    path = _ESCAPE.sub(_normal_escape, escaped)
    if _ENCODED_DOTS.search(path):
        raise Malformed("the path holds an encoded dot segment")
    if _DANGEROUS_TWICE.search(path):
        raise Malformed("the path is encoded twice")
    try:
        unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("the path is not UTF-8") from None
    return path.decode("ascii")


@lru_cache(maxsize=2048)
def parse_resolved_path(raw: bytes) -> str:
    """Returns the normal form of an escaped path in which there is nothing to resolve.

    For paths that somebody else forwards, as they came.

    Raises:
        Malformed: as `parse_path`, or there is a dot segment or an empty one.
    """
    path = parse_path(raw)
    if _UNRESOLVED.search(raw):
        raise Malformed("the path holds a dot segment or an empty one (serve.unresolved_paths)")
    return path


def _resolve(raw: bytes) -> bytes:
    """Returns the path without `.`, `..` and empty segments; a trailing slash is kept."""
    kept: list[bytes] = []
    for segment in raw.split(b"/"):
        if segment == b"..":
            if kept:
                kept.pop()
        elif segment not in {b"", b"."}:
            kept.append(segment)
    slash = b"/" if raw.endswith(b"/") and kept else b""
    return b"/" + b"/".join(kept) + slash


def _normal_escape(found: re.Match[bytes]) -> bytes:
    digits = found.group(1)
    if digits is None:
        raise Malformed("the path holds a percent sign without two hexadecimal digits")
    octet = int(digits, 16)
    if octet in _UNRESERVED:
        return bytes((octet,))
    if octet < 0x20 or octet in {0x7F, 0x5C}:
        raise Malformed("the path holds an encoded control character or backslash")
    return b"%%%02X" % octet


def parse_query(raw: bytes) -> str:
    """Returns a query as it came.

    Raises:
        Malformed: it holds a control character, a blank, a `#` or an octet beyond ASCII.
    """
    if raw.translate(_ONLY_QUERY) != raw:
        raise Malformed("the query holds a character that does not belong there")
    return raw.decode("ascii")


def readable_parameters(query: str) -> str:
    """Returns a query without the parameters that programs read in different ways.

    Left out are those with a semicolon, which was a separator once, and those with a percent sign
    before anything but two hexadecimal digits: what is decided about has to be what is meant.

    Args:
        query: as it came; it is forwarded as it came, too.
    """
    if ";" not in query and "%" not in query:
        return query
    pairs = query.split("&")
    return "&".join(pair for pair in pairs if ";" not in pair and not _NO_ESCAPE.search(pair))


def decode_slashes(path: str) -> str:
    """Returns a path in normal form with each `%2F` as a slash, again in normal form.

    Raises:
        Malformed: the decoded slashes make a dot segment or an empty one.
    """
    if "%2F" not in path:
        return path
    decoded = path.replace("%2F", "/")
    if parse_path(decoded.encode("ascii")) != decoded:
        raise Malformed("the encoded slashes of the path hide a dot segment or an empty one")
    return decoded
