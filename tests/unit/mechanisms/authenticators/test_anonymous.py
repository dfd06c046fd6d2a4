import pytest

from edgeauth.mechanisms.authenticators import anonymous
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"principal": ""}, [("principal", "string_too_short")]),
        ({"subject": 1}, [("subject", "string_type")]),
        ({"subject": "a", "principal": "b"}, [("subject", "extra_forbidden")]),
        ({"name": "a"}, [("name", "extra_forbidden")]),
    ],
    ids=["empty", "no-text", "both-names", "unknown-key"],
)
def test_a_wrong_configuration_is_refused(config, found):
    assert mistakes(anonymous.TYPE, config) == found


@pytest.mark.parametrize(
    ("config", "name"),
    [({}, "anonymous"), ({"principal": "guest"}, "guest"), ({"subject": "guest"}, "guest")],
    ids=["default", "principal", "subject"],
)
def test_everybody_gets_the_same_name_and_no_attributes(config, name):
    authenticator = World().build(anonymous.TYPE, config)

    principal = run_straight(authenticator.authenticate(matched()))

    assert principal.id == name
    assert principal.attributes == {}
    assert principal.expires_at is None


def test_differently_named_anonymous_subjects_have_different_fingerprints():
    world = World()
    first = world.build(anonymous.TYPE, {"principal": "a"})
    second = world.build(anonymous.TYPE, {"principal": "b"})

    seen = matched()

    assert (
        run_straight(first.authenticate(seen)).fingerprint
        != run_straight(second.authenticate(seen)).fingerprint
    )
