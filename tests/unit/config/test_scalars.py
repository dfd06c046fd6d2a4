import pytest
from pydantic import TypeAdapter, ValidationError

from edgeauth.config.scalars import (
    ByteSize,
    Duration,
    Host,
    HttpStatus,
    Identifier,
    Network,
    Port,
)

REFUSED = [
    (Duration, ["", "5", 5, 5.0, "1h30m", "-1s", "1.5s", "5 s", "5S", "５s", "5s\n", None, True]),
    (ByteSize, ["", "4", 4, "4kb", "4K", "4KiB", "-4KB", "4TB", "4KB\n"]),
    (
        Host,
        [
            *("", "a b", "a/b", "http://a", ".a", "a.", "-a", "a..b", "a:0", "a:65536", "a:", ":1"),
            "::1",
            "[::1",
            "[::g]",
            "a" * 64,
            "a@b",
            "a\n",
            "é.test",
            5,
        ],
    ),
    (Port, [0, 65536, "80", 80.0, True, None]),
    (HttpStatus, [99, 600, "200", 200.0, True]),
    (Network, ["", "10.0.0.1/8", "10.0.0", "10.0.0.0/33", "a", "10.0.0.0/8 ", 5]),
    (Identifier, ["", 5, None, "x" * 129]),
]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(kind, value, id=f"{kind}-{value!r}"[-60:])
        for kind, values in REFUSED
        for value in values
    ],
)
def test_what_is_not_of_the_form_is_refused(kind: object, value: object):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value, strict=True)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Duration, "10s", 10.0),
        (Duration, "5m", 300.0),
        (Duration, "2h", 7200.0),
        (Duration, "250ms", 0.25),
        (Duration, "0s", 0.0),
        (ByteSize, "512B", 512),
        (ByteSize, "4KB", 4096),
        (ByteSize, "128MB", 128 * 1024 * 1024),
        (ByteSize, "1GB", 1024**3),
        (Host, "Orders", ("orders", None)),
        (Host, "orders.shop.test:9000", ("orders.shop.test", 9000)),
        (Host, "[2001:DB8::1]:9000", ("[2001:db8::1]", 9000)),
        (Host, "10.0.0.1", ("10.0.0.1", None)),
        (Port, 443, 443),
        (HttpStatus, 599, 599),
    ],
)
def test_what_is_of_the_form_is_read(kind: object, text: object, value: object):
    assert TypeAdapter(kind).validate_python(text, strict=True) == value


def test_a_network_may_be_a_single_address():
    networks = TypeAdapter(Network)

    assert str(networks.validate_python("10.0.0.1")) == "10.0.0.1/32"
    assert str(networks.validate_python("2001:db8::/32")) == "2001:db8::/32"
