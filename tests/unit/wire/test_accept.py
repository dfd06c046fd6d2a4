"""Which media type a client would rather have."""

import pytest

from edgeauth.wire.accept import MAX_OCTETS, MAX_RANGES, negotiate

OFFERED = ("text/html", "application/json", "text/plain", "application/xml")


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param(b"", id="nothing (measured 19)"),
        pytest.param(b"image/png", id="another type"),
        pytest.param(b"text/html;q=0", id="weight zero"),
        pytest.param(b"text/html;q=0.000, text/plain;q=0", id="weight zero, twice"),
        pytest.param(b"*/*;q=0", id="everything with weight zero"),
        pytest.param(b"text/plain;charset=utf-8", id="a parameter (measured 19)"),
        pytest.param(b"text/html;q=2", id="a weight above one"),
        pytest.param(b"text/html;q=0.1234", id="a weight with four digits"),
        pytest.param(b"text/html;q=-1", id="a negative weight"),
        pytest.param(b"text/html;q=nan", id="a weight that is no number"),
        pytest.param(b"*/html", id="a star before a name"),
        pytest.param(b"text", id="half a type"),
        pytest.param(b"text/html/x", id="a type and a half"),
        pytest.param(b"text/html, \xff/x", id="octets that are no token"),
        pytest.param(b"text/html, \x00", id="NUL"),
        pytest.param(b"text/html," * MAX_RANGES, id="too many ranges"),
        pytest.param(b"text/html," + b" " * MAX_OCTETS, id="too long"),
        pytest.param(b'text/x;a="b,text/html', id="a quote that is not closed"),
    ],
)
def test_what_accepts_nothing_of_ours_gets_nothing(accept: bytes):
    assert negotiate(accept, OFFERED) is None


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "text/html"),
        (b"*/*", "text/html"),
        (b"text/*", "text/html"),
        (b"application/*", "application/json"),
        (b"application/json", "application/json"),
        (b"Application/JSON", "application/json"),
        (b"application/json, text/html", "application/json"),
        (b"text/html, application/json", "text/html"),
        (b"text/html;q=0.5, application/json;q=0.6", "application/json"),
        (b"text/html ; Q=0.5 ,\ttext/plain;q=1.000", "text/plain"),
        (b"text/*;q=0.9, text/html;q=0.1, application/xml;q=0.5", "text/plain"),
        (b"*/*, text/html;q=0", "application/json"),
        (b"text/html;level=1, application/xml;q=0.3", "application/xml"),
        (b",, text/plain ,", "text/plain"),
        (
            b"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
            "text/html",
        ),
    ],
)
def test_the_highest_weight_wins_and_then_the_first(accept: bytes | None, chosen: str):
    assert negotiate(accept, OFFERED) == chosen
