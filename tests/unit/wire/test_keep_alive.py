"""What servers say of how long they keep connections."""

import pytest

from edgeauth.wire.keep_alive import kept_for


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        (b"", None),
        (b"max=100", None),
        (b"timeout", None),
        (b"timeout=", None),
        (b"timeout=-5", None),
        (b"timeout=5.5", None),
        (b"timeout=9999999999", None),
        (b"xtimeout=5", None),
        (b"timeout=5", 5.0),
        (b"Timeout=0", 0.0),
        (b"timeout=5, max=100", 5.0),
        (b"max=100,timeout=72", 72.0),
        (b"max=100; timeout=72 ", 72.0),
    ],
)
def test_only_whole_seconds_are_understood(field: bytes, seconds: float | None):
    assert kept_for(field) == seconds
