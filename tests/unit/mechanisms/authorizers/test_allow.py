from edgeauth.mechanisms.authorizers import allow
from edgeauth.ports.mechanisms import ALLOWED
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import identified
from tests.fakes.services import World


def test_there_is_nothing_to_configure():
    assert mistakes(allow.TYPE, {"if": "true"}) == [("if", "extra_forbidden")]
    assert not allow.TYPE.overridable


def test_every_request_passes():
    assert run_straight(World().build(allow.TYPE).authorize(identified())) is ALLOWED
