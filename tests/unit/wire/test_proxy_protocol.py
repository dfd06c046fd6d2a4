"""PROXY headers: refused ones, then those that are understood."""

import struct

import pytest
from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.wire.proxy_protocol import (
    MAX_HEADER_OCTETS,
    UNIX_SOCKET,
    client_address,
    header_length,
)

V2 = b"\r\n\r\n\0\r\nQUIT\n"
TCP4 = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + struct.pack("!HH", 4711, 443)
TCP6 = bytes.fromhex("20010db8" + "00" * 11 + "07") * 2 + struct.pack("!HH", 4711, 443)


def v2(command: int, family: int, rest: bytes, length: int | None = None) -> bytes:
    size = len(rest) if length is None else length
    return V2 + bytes([command, family]) + struct.pack("!H", size) + rest


def read(octets: bytes) -> tuple[str | None, bytes]:
    """Returns the address that a connection begins with, and what comes behind the header."""
    length = header_length(octets)
    assert length is not None, "the header is still open"
    return client_address(octets[:length]), octets[length:]


REFUSED = {
    "no header": b"GET / HTTP/1.1\r\n",
    "TLS": b"\x16\x03\x01\x02\x00",
    "lower case": b"proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "no blank": b"PROXYTCP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "two blanks": b"PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n",
    "line feed alone": b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n",
    "blank at the end": b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n",
    "no ports": b"PROXY TCP4 192.0.2.7 198.51.100.1\r\n",
    "port out of range": b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n",
    "port with zeros": b"PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n",
    "address with zeros": b"PROXY TCP4 192.0.2.007 198.51.100.1 1 2\r\n",
    "short address": b"PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n",
    "address of the other family": b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
    "family of the other address": b"PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
    "destination of the other family": b"PROXY TCP6 2001:db8::7 198.51.100.1 1 2\r\n",
    "unknown family": b"PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "unknown run on": b"PROXY UNKNOWNS\r\n",
    "unknown with control bytes": b"PROXY UNKNOWN \0\r\n",
    "carriage return within": b"PROXY UNKNOWN \r \r\n",
    "too long": b"PROXY UNKNOWN " + b"x" * 100,
    "another version": v2(0x11, 0x11, TCP4),
    "another command": v2(0x22, 0x11, TCP4),
    "datagrams": v2(0x21, 0x12, TCP4),
    "another family": v2(0x21, 0x41, TCP4),
    "shorter than its addresses": v2(0x21, 0x11, TCP4[:11]),
    "IPv6 with addresses of IPv4": v2(0x21, 0x21, TCP4),
    "addition without length": v2(0x21, 0x11, TCP4 + b"\x01\x00"),
    "addition longer than the header": v2(0x21, 0x11, TCP4 + b"\x01\x00\x09abc"),
    "too long for us": v2(0x21, 0x11, TCP4, length=MAX_HEADER_OCTETS - 15),
}


@pytest.mark.parametrize("octets", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_header_is_refused(octets: bytes) -> None:
    with pytest.raises(Malformed):
        read(octets)


UNDERSTOOD = {
    "v1 IPv4": (b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n", "192.0.2.7"),
    "v1 IPv6": (b"PROXY TCP6 2001:DB8:0::7 2001:db8::1 0 65535\r\n", "2001:db8::7"),
    "v1 unknown": (b"PROXY UNKNOWN\r\n", None),
    "v1 unknown with more": (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
    "v2 IPv4": (v2(0x21, 0x11, TCP4), "192.0.2.7"),
    "v2 IPv6": (v2(0x21, 0x21, TCP6), "2001:db8::7"),
    "v2 unix": (v2(0x21, 0x31, b"\0" * 216), UNIX_SOCKET),
    "v2 unspecified": (v2(0x21, 0x00, b""), None),
    "v2 local": (v2(0x20, 0x00, b""), None),
    "v2 local with anything": (v2(0x20, 0x77, b"anything"), None),
    "v2 with additions": (v2(0x21, 0x11, TCP4 + b"\x02\0\x03abc\x04\0\0"), "192.0.2.7"),
}


@pytest.mark.parametrize(("octets", "address"), UNDERSTOOD.values(), ids=UNDERSTOOD.keys())
def test_a_header_tells_the_address_and_ends_where_the_client_begins(
    octets: bytes, address: str | None
) -> None:
    assert read(octets + b"GET / HTTP/1.1\r\n") == (address, b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize("octets", [each for each, _ in UNDERSTOOD.values()], ids=UNDERSTOOD.keys())
def test_a_header_is_open_until_its_length_is_known_and_then_never_changes(octets: bytes) -> None:
    lengths = [header_length(octets[:size]) for size in range(len(octets) + 1)]
    known = [each for each in lengths if each is not None]

    assert set(known) == {len(octets)}
    assert lengths == [None] * (len(lengths) - len(known)) + known


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", V2, V2 + b"!\x11"])
)
def test_garbage_is_refused_told_or_open_and_open_no_longer_than_the_limit(
    garbage: bytes, begin: bytes
) -> None:
    octets = begin + garbage
    try:
        length = header_length(octets)
        if length is None:
            assert len(octets) < 107
        elif length <= len(octets):
            client_address(octets[:length])
    except Malformed:
        pass
