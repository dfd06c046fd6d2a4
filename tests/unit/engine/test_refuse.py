"""The first error handler that applies speaks; one that fails is an internal error."""

import pytest

from edgeauth.engine.refuse import respond
from edgeauth.model.decision import Refusal, Response
from edgeauth.model.errors import Fault, Reason
from edgeauth.wire.answers import Answers
from tests.fakes.driving import run_straight
from tests.fakes.requests import matched
from tests.fakes.rules import Fake, When, error_handler

NO = Refusal(Reason.AUTHENTICATION, "no credentials")
LOGIN = Response(302, ((b"location", b"/login"),))
PAGE = Response(418)


def answered(*handlers, answers=None):
    made = respond(handlers, matched(), NO, answers or Answers())
    return run_straight(made)


@pytest.mark.parametrize(
    "handler",
    [
        error_handler(Fault(Reason.COMMUNICATION, "down"), "x"),
        error_handler(LOGIN, "x", When(Fault(Reason.INTERNAL, "no value"))),
    ],
    ids=["fault", "condition"],
)
def test_a_handler_that_fails_is_answered_instead(handler):
    after = Fake(PAGE)
    refusal, response = answered(handler, error_handler(after))
    assert refusal.step == "x"
    assert response.status in {500, 502}
    assert after.calls == []


@pytest.mark.parametrize("status", [200, 204, 299, 418], ids=["200", "204", "299", "own"])
def test_attacks_084_and_089_no_handler_answers_a_gateway_as_a_permit_does(status):
    gateways = Answers(permit=418)

    refusal, response = answered(error_handler(Response(status), "x"), answers=gateways)

    assert (refusal.reason, refusal.step) == (Reason.INTERNAL, "x")
    assert response.status == 500


def test_a_page_may_be_shown_where_requests_are_forwarded():
    assert answered(error_handler(Response(200)))[1].status == 200


def test_only_the_first_handler_that_applies_speaks():
    """measured 59: the reference runs them all."""
    skipped, late = Fake(PAGE), Fake(PAGE)
    refusal, response = answered(
        error_handler(skipped, when=When(value=False)), error_handler(LOGIN), error_handler(late)
    )
    assert (refusal, response) == (NO, LOGIN)
    assert skipped.calls == late.calls == []


def test_without_a_handler_the_class_of_the_error_is_answered():
    assert answered() == (NO, Response(401, ((b"cache-control", b"no-store"),)))
    assert answered(error_handler(PAGE, when=When(value=False)))[1].status == 401


def test_conditions_see_the_request_and_the_error():
    condition = When(value=True)
    answered(error_handler(LOGIN, when=condition))
    assert set(condition.scopes[0]) == {"Request", "Error"}
