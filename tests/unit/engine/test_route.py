"""What a route makes of encoded slashes."""

import pytest

from edgeauth.engine.route import PathExpression, Route
from edgeauth.model.routing import EncodedSlashes
from tests.fakes.rules import asked, rule

OFF, ON, NO_DECODE = EncodedSlashes.OFF, EncodedSlashes.ON, EncodedSlashes.NO_DECODE


def route(slashes: EncodedSlashes, wanted: str | None = None) -> Route:
    conditions = () if wanted is None else ((0, lambda value: value == wanted),)
    return Route(rule(), ((0, "a"), (1, "b")), conditions=conditions, slashes=slashes)


@pytest.mark.parametrize(
    ("slashes", "raw", "expected"),
    [
        (OFF, "x%20y", "x y"),
        (ON, "x%2Fy%20z", "x/y z"),
        (ON, "x%252Fy", "x%2Fy"),
        (NO_DECODE, "x%2Fy%20z", "x%2Fy z"),
        (NO_DECODE, "%2F", "%2F"),
        (ON, "caf%C3%A9", "café"),
        (OFF, "a+b", "a+b"),
    ],
)
def test_captures_are_decoded(slashes, raw, expected):
    assert route(slashes).captures([raw, "1"]) == {"a": expected, "b": "1"}


@pytest.mark.parametrize(
    ("slashes", "raw", "wanted"),
    [(OFF, "x%20y", "x%20y"), (ON, "x%2Fy", "x/y"), (NO_DECODE, "x%2Fy%20z", "x%2Fy z")],
)
def test_conditions_compare_what_the_mode_says(slashes, raw, wanted):
    assert route(slashes, wanted).accepts(asked(f"/{raw}/1"), [raw, "1"])
    assert not route(slashes, "other").accepts(asked(f"/{raw}/1"), [raw, "1"])


def test_without_permission_an_encoded_slash_anywhere_fails_every_condition():
    """measured 57."""
    assert not route(OFF, "ok").accepts(asked("/es/ok/x%2Fy"), ["ok", "x%2Fy"])
    assert route(ON, "ok").accepts(asked("/es/ok/x%2Fy"), ["ok", "x%2Fy"])


def test_unnamed_wildcards_capture_nothing():
    named = PathExpression((None,), True, ("", "rest")).named()
    assert Route(rule(), named).captures(["1", "2"]) == {"rest": "2"}
