"""What fields say about the length of a message and its connection."""

import pytest

from edgeauth.wire.message_facts import HttpParserError, MessageFacts


def facts(*fields: tuple[bytes, bytes]) -> MessageFacts:
    found = MessageFacts()
    for name, value in fields:
        found.note(name, value)
    return found


LENGTH, CODING = b"content-length", b"transfer-encoding"


@pytest.mark.parametrize(
    "fields",
    [
        [(LENGTH, b"")],
        [(LENGTH, b"+1")],
        [(LENGTH, b"1,1")],
        [(LENGTH, b"0x1")],
        [(LENGTH, b"1" * 19)],
        [(LENGTH, b"1"), (LENGTH, b"1")],
        [(LENGTH, b"1"), (CODING, b"chunked")],
        [(CODING, b"chunked"), (LENGTH, b"1")],
        [(CODING, b"")],
        [(CODING, b"chunked, chunked")],
        [(CODING, b"Chunked , gzip")],
        [(CODING, b"gzip"), (CODING, b"chunked")],
    ],
    ids=repr,
)
def test_two_lengths_or_none_are_refused(fields: list[tuple[bytes, bytes]]):
    with pytest.raises(HttpParserError):
        facts(*fields)


@pytest.mark.parametrize(
    ("value", "chunked"),
    [
        (b"chunked", True),
        (b"CHUNKED  ", True),
        (b"chunked\t", False),
        (b"gzip, chunked", False),
        (b"xchunked", False),
        (b"chunked;a", False),
    ],
)
def test_only_the_one_coding_alone_is_known(value: bytes, chunked: bool):
    assert facts((CODING, value)).chunked is chunked


def test_a_length_may_have_blanks_behind_it():
    assert facts((LENGTH, b"012 \t")).length == 12


@pytest.mark.parametrize(
    ("value", "old", "new"),
    [
        (b"", False, True),
        (b"x", False, True),
        (b"close", False, False),
        (b"Keep-Alive", True, True),
        (b"close, keep-alive", True, False),
        (b"a,\tclose ", False, False),
        (b"close x", False, True),
    ],
)
@pytest.mark.parametrize("name", [b"connection", b"proxy-connection"])
def test_a_connection_persists_unless_somebody_ends_it(
    name: bytes, value: bytes, old: bool, new: bool
):
    found = facts((name, value))

    assert (found.persists("1.0"), found.persists("1.1")) == (old, new)


@pytest.mark.parametrize(
    ("fields", "upgrades"),
    [
        ([(b"connection", b"upgrade")], False),
        ([(b"upgrade", b"x")], False),
        ([(b"connection", b"upgrade"), (b"upgrade", b"")], False),
        ([(b"upgrade", b"x"), (b"connection", b"close, Upgrade")], True),
    ],
)
def test_an_upgrade_takes_a_protocol_and_an_option(fields, upgrades: bool):
    assert facts(*fields).upgrades is upgrades
