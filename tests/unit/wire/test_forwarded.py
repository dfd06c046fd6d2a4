"""Chains of addresses that trusted proxies tell (measured 8)."""

import pytest

from edgeauth.wire.forwarded import client_addresses, is_closed

PEER = "10.0.0.1"


def of_forwarded(value: str, other: str | None = None) -> tuple[str, ...]:
    return told(value.encode(), None if other is None else other.encode())


def of_list(*values: str) -> tuple[str, ...]:
    return told(None, ",".join(values).encode("latin-1"))


def told(forwarded: bytes | None, x_forwarded_for: bytes | None) -> tuple[str, ...]:
    *addresses, peer = client_addresses(PEER, forwarded, x_forwarded_for)
    assert peer == PEER
    return tuple(addresses)


INVALID = {
    "port": "for=1.2.3.4:80",
    "quoted port": 'for="1.2.3.4:80"',
    "port behind brackets": 'for="[2001:db8::1]:80"',
    "brackets without quotes": "for=[2001:db8::1]",
    "IPv6 without brackets": "for=2001:db8::1",
    "IPv4 in brackets": 'for="[1.2.3.4]"',
    "zone": 'for="[fe80::1%eth0]"',
    "half a quote": 'for="1.2.3.4',
    "name": "for=bogus",
    "nothing": "for=",
    "one of two": "for=1.2.3.4, for=bogus",
}


@pytest.mark.parametrize("value", INVALID.values(), ids=INVALID.keys())
def test_one_invalid_address_discards_the_field(value):
    assert of_forwarded(value) == ()
    assert of_forwarded(value, "5.6.7.8") == ("5.6.7.8",)


def test_attack_034_an_invalid_address_does_not_take_away_what_was_added_behind_it():
    assert of_forwarded("for=9.9.9.9, for=bogus, for=1.2.3.4", "6.6.6.6") == ("1.2.3.4",)
    assert of_forwarded('for="9.9.9.9, for=1.2.3.4', "6.6.6.6") == ("1.2.3.4",)


@pytest.mark.parametrize(
    ("value", "closed"),
    [
        (b"for=1.2.3.4", True),
        (b'for="[2001:db8::1]";host="a,b"', True),
        (b'host="a\\"b"', True),
        (b'for="', False),
        (b'host="a\\"', False),
        (b'host="a" "', False),
    ],
)
def test_attack_027_a_quote_that_is_open_is_found(value, closed):
    assert is_closed(value) is closed


@pytest.mark.parametrize(
    "value", ["", "for=unknown", "for=_hidden", "proto=https;host=a", "rubbish", ";;,,"]
)
def test_a_field_without_an_address_gives_way(value):
    assert of_forwarded(value) == ()
    assert of_forwarded(value, "5.6.7.8") == ("5.6.7.8",)


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("for=1.2.3.4", ("1.2.3.4",)),
        ('For="1.2.3.4";proto=https', ("1.2.3.4",)),
        ('proto=http;for="[2001:DB8::1]"', ("2001:db8::1",)),
        ("for=1.2.3.4, for=unknown,for=_x, for=5.6.7.8", ("1.2.3.4", "5.6.7.8")),
    ],
)
def test_addresses_are_listed_in_order(value, addresses):
    assert of_forwarded(value, "9.9.9.9") == addresses


@pytest.mark.parametrize(
    ("values", "addresses"),
    [
        (["bogus"], ()),
        (["1.2.3.4:80"], ()),
        (["[2001:db8::1]"], ()),
        (["1.2.3.4, bogus, 5.6.7.8"], ("5.6.7.8",)),
        (["1.2.3.4, unknown"], ()),
        (["1.2.3.4", "bogus", "5.6.7.8", "9.9.9.9"], ("5.6.7.8", "9.9.9.9")),
        ([",,1.2.3.4"], ("1.2.3.4",)),
        (["1.2.3.4", "2001:db8::1"], ("1.2.3.4", "2001:db8::1")),
        (["0000:" * 5 + "0ffff:192.168.100.100"], ()),
        (["0000:" * 5 + "ffff:192.168.100.100"], ("::ffff:192.168.100.100",)),
        (["::FFFF:c0a8:6464"], ("::ffff:192.168.100.100",)),
        (["fe80::1%eth0"], ()),
        (["\xa01.2.3.4"], ()),
        (["1.2.3.\xb2"], ()),
        (["01.2.3.4"], ()),
    ],
)
def test_attack_034_a_list_begins_behind_what_is_no_address(values, addresses):
    assert of_list(*values) == addresses


def test_attack_034_a_long_forged_list_does_not_push_out_the_last_address():
    assert of_list(", ".join(["9.9.9.9"] * 200), "1.2.3.4")[-1] == "1.2.3.4"
    assert of_forwarded(", ".join(["for=9.9.9.9"] * 200 + ["for=1.2.3.4"]))[-1] == "1.2.3.4"


def test_what_is_remembered_of_one_peer_is_not_said_of_another():
    assert client_addresses("10.0.0.2", None, b"1.2.3.4") == ("1.2.3.4", "10.0.0.2")
    assert client_addresses("10.0.0.3", None, b"1.2.3.4") == ("1.2.3.4", "10.0.0.3")
    assert client_addresses("10.0.0.3", b"for=1.2.3.4", None) == ("1.2.3.4", "10.0.0.3")
    assert client_addresses("10.0.0.3", None, None) == ("10.0.0.3",)
