import pytest

from edgeauth.mechanisms.error_handlers import www_authenticate
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.ports.declare import Override
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"realm": 'a"\r\nSet-Cookie: b'}, [("realm", "expected")]),
        ({"realm": "ü"}, [("realm", "expected")]),
        ({"realm": 1}, [("realm", "string_type")]),
        ({"scheme": "Basic"}, [("scheme", "extra_forbidden")]),
    ],
    ids=["line-break", "no-ascii", "number", "unknown-key"],
)
def test_a_wrong_configuration_is_refused(config, found):
    assert mistakes(www_authenticate.TYPE, config) == found


def test_a_rule_may_set_the_realm():
    assert www_authenticate.TYPE.overridable == {"realm": Override.REPLACE}


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.value)
def test_every_refusal_is_answered_with_a_challenge(reason):
    handler = World().build(www_authenticate.TYPE, {"realm": 'the "shop"'})

    response = run_straight(handler.respond(Refusal(reason, "no"), matched()))

    assert response.status == 401
    (challenge,) = [value for name, value in response.fields if name == b"www-authenticate"]
    assert challenge.startswith(b'Basic realm="the \\"shop\\""')


def test_the_realm_has_a_default():
    response = run_straight(
        World().build(www_authenticate.TYPE).respond(Refusal(Reason.INTERNAL, ""), matched())
    )

    assert b'realm="Please authenticate"' in dict(response.fields)[b"www-authenticate"]
