from edgeauth.mechanisms.error_handlers import default
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.request import Headers
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World


def test_there_is_nothing_to_configure():
    assert mistakes(default.TYPE, {"code": 401}) == [("code", "extra_forbidden")]
    assert not default.TYPE.overridable


def test_a_refusal_is_answered_as_without_a_handler():
    world = World()
    refusal = Refusal(Reason.AUTHENTICATION, "secret detail", challenges=(b"Bearer",))

    response = run_straight(world.build(default.TYPE).respond(refusal, matched()))

    assert response == world.services.answers.to(refusal, Headers())
    assert (b"www-authenticate", b"Bearer") in response.fields
    assert b"secret" not in repr(response).encode()
