from edgeauth.mechanisms.authenticators import unauthorized
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World


def test_there_is_nothing_to_configure():
    assert mistakes(unauthorized.TYPE, {"subject": "a"}) == [("subject", "extra_forbidden")]
    assert not unauthorized.TYPE.overridable


def test_every_request_is_refused_even_with_credentials():
    authenticator = World().build(unauthorized.TYPE)

    refusal = run_straight(
        authenticator.authenticate(matched(headers={"Authorization": "Bearer a.b.c"}))
    )

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.AUTHENTICATION
