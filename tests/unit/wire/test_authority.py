"""What stands in a Host field."""

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.authority import parse_authority

MALFORMED = {
    "attack-025 no port": b"a:",
    "attack-025 port 0": b"a:0",
    "attack-025 port with zeros": b"a:01",
    "attack-025 port too large": b"a:65536",
    "attack-025 port that is no number": b"a:x",
    "attack-025 port of other digits": "a:８０".encode(),
    "attack-027 empty": b"",
    "attack-027 blank": b"a b",
    "attack-027 user": b"u@a",
    "attack-027 list": b"a,b",
    "attack-027 semicolon": b"a;proto=https",
    "attack-027 quote": b'a"b',
    "attack-027 control": b"a\x01",
    "attack-027 line feed": b"a\n",
    "attack-027 path": b"a/b",
    "attack-027 not ASCII": "ä".encode(),
    "attack-024 Kelvin": "\u212a".encode(),
    "empty label": b"a..b",
    "two dots at the end": b"a..",
    "only a dot": b".",
    "leading dot": b".a",
    "leading dash": b"-a",
    "leading underscore": b"_a",
    "measured 5: longer than 253": b"a" * 254,
    "attack-028 open bracket": b"[::1",
    "attack-028 no address": b"[]",
    "attack-028 zone": b"[fe80::1%eth0]",
    "attack-028 two gaps": b"[1::2::3]",
    "attack-028 no brackets": b"::1",
    "attack-028 behind": b"[::1]a",
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_plainly_a_host_is_malformed(raw):
    with pytest.raises(Malformed):
        parse_authority(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Shop.TEST", "shop.test"),
        (b"shop.test.", "shop.test"),
        (b"shop.test.:8443", "shop.test:8443"),
        (b"shop.test:65535", "shop.test:65535"),
        (b"127.0.0.1:1", "127.0.0.1:1"),
        (b"[2001:DB8::1]", "[2001:db8::1]"),
        (b"[::ffff:1.2.3.4]:80", "[::ffff:1.2.3.4]:80"),
        (b"a_b.test", "a_b.test"),
        (b"a" * 253 + b":65535", "a" * 253 + ":65535"),
        (b"a" * 253 + b".", "a" * 253),
    ],
)
def test_a_host_has_one_form(raw, expected):
    assert parse_authority(raw) == expected
    assert parse_authority(expected.encode()) == expected
