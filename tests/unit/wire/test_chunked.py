"""Lines in front of chunks: the grammar, without its blanks."""

import pytest

from edgeauth.wire.chunked import chunk_length
from edgeauth.wire.message_facts import HttpParserError


@pytest.mark.parametrize(
    "line",
    [
        b"\r\n",
        b"5",
        b"5\n",
        b"5\r",
        b"5\r\n\r\n",
        b" 5\r\n",
        b"5 \r\n",
        b"+5\r\n",
        b"-0\r\n",
        b"0x5\r\n",
        b"g\r\n",
        b"5;\r\n",
        b"5;;a\r\n",
        b"5; a\r\n",
        b"5 ;a\r\n",
        b"5;a=\r\n",
        b"5;a = b\r\n",
        b'5;a="b\r\n',
        b'5;a="b"c\r\n',
        b'5;a="\x00"\r\n',
        b"5;a=b\n\r\n",
        b"5;\xff\r\n",
        b"1000000000000000\r\n",
    ],
    ids=repr,
)
def test_attack_060_what_is_no_length_is_refused(line: bytes):
    with pytest.raises(HttpParserError):
        chunk_length(line)


@pytest.mark.parametrize(
    ("line", "length"),
    [
        (b"0\r\n", 0),
        (b"000\r\n", 0),
        (b"a\r\n", 10),
        (b"A\r\n", 10),
        (b"00000000000000000000005\r\n", 5),
        (b"fffffffffffffff\r\n", 2**60 - 1),
        (b"5;a\r\n", 5),
        (b"5;a=b;c\r\n", 5),
        (b'5;a="b;\\" c\t\xff";d=e\r\n', 5),
    ],
    ids=repr,
)
def test_a_length_is_read_and_extensions_are_dropped(line: bytes, length: int):
    assert chunk_length(line) == length
