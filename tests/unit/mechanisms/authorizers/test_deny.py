from edgeauth.mechanisms.authorizers import deny
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import identified
from tests.fakes.services import World


def test_there_is_nothing_to_configure():
    assert mistakes(deny.TYPE, {"if": "false"}) == [("if", "extra_forbidden")]
    assert not deny.TYPE.overridable


def test_no_request_passes():
    refusal = run_straight(World().build(deny.TYPE).authorize(identified()))

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.AUTHORIZATION
