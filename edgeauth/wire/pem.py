"""PEM: blocks of base64 between two lines (RFC 7468), with headers where there are any (RFC 1421).

Trust: the operator's files. Errors name the block and what is wrong with it, never what it holds.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from edgeauth.model.errors import Malformed

CERTIFICATE: Final = "CERTIFICATE"
"""The label of certificates (RFC 7468 section 5.1)."""

_BEGIN: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----")
_HEADER: Final = re.compile(r"([A-Za-z0-9-]{1,64}):[ \t]*([\x21-\x7e]{1,256})")


_VALUE: Final = re.compile(r"[\x21-\x7e]{1,256}")


def is_header_value(text: str) -> bool:
    """Returns whether a text can be the value of a header of a block."""
    return _VALUE.fullmatch(text) is not None


class PemBlock(NamedTuple):
    """One block of a PEM file."""

    label: str
    headers: Mapping[str, str]
    """By lower-cased name."""
    octets: bytes

    def __repr__(self) -> str:
        return f"PemBlock({self.label})"


def parse_pem(text: bytes) -> tuple[PemBlock, ...]:
    """Returns the blocks of a file; what stands between them is explanation and skipped.

    Raises:
        Malformed: a block has no end, an unreadable header or no canonical base64.
    """
    lines = iter(text.splitlines())
    return tuple(_blocks(lines))


def _blocks(lines: Iterator[bytes]) -> Iterator[PemBlock]:
    number = 0
    for line in lines:
        begin = _BEGIN.fullmatch(line.strip())
        if begin is None:
            continue
        number += 1
        label = begin[1].decode("ascii")
        try:
            yield _block(label, _lines_until_end(label, lines))
        except Malformed as problem:
            raise Malformed(f"block {number} ({label}) {problem}") from None


def _lines_until_end(label: str, lines: Iterator[bytes]) -> list[bytes]:
    end = f"-----END {label}-----".encode("ascii")
    content: list[bytes] = []
    for line in lines:
        if line.strip() == end:
            return content
        content.append(line.strip())
    raise Malformed("has no end")


def _block(label: str, lines: list[bytes]) -> PemBlock:
    headers: dict[str, str] = {}
    if any(b":" in line for line in lines):
        while lines and lines[0]:
            name, value = _header(lines.pop(0))
            if name in headers:
                raise Malformed("repeats a header")
            headers[name] = value
    try:
        octets = binascii.a2b_base64(b"".join(lines), strict_mode=True)
    except binascii.Error:
        raise Malformed("is no base64") from None
    return PemBlock(label, headers, octets)


def _header(line: bytes) -> tuple[str, str]:
    found = _HEADER.fullmatch(line.decode("latin-1"))
    if found is None:
        raise Malformed("has an unreadable header")
    return found[1].lower(), found[2]
