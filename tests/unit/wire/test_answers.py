"""How a refusal sounds."""

import pytest

from edgeauth.model.decision import Refusal, Response
from edgeauth.model.errors import Reason
from edgeauth.model.request import Headers
from edgeauth.wire.answers import Answers

NO_STORE = (b"cache-control", b"no-store")
NOTHING = Headers()


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.AUTHENTICATION, 401),
        (Reason.AUTHORIZATION, 403),
        (Reason.COMMUNICATION, 502),
        (Reason.PRECONDITION, 400),
        (Reason.NO_RULE, 404),
        (Reason.INTERNAL, 500),
    ],
)
def test_attack_166_each_class_has_its_status_and_is_not_to_be_kept(reason, status):
    assert Answers().to(Refusal(reason, "detail"), NOTHING) == Response(status, (NO_STORE,))


def test_the_first_class_of_the_chain_counts():
    refusal = Refusal(Reason.PRECONDITION, "no token", frozenset({Reason.AUTHENTICATION}))
    assert Answers().to(refusal, NOTHING).status == 401


def test_statuses_can_be_overridden():
    assert (
        Answers({Reason.PRECONDITION: 422}).to(Refusal(Reason.PRECONDITION, ""), NOTHING).status
        == 422
    )
    assert (
        Answers({Reason.PRECONDITION: 422}).to(Refusal(Reason.INTERNAL, ""), NOTHING).status == 500
    )


@pytest.mark.parametrize("status", [0, 99, 100, 101, 199, 600])
def test_a_status_that_ends_no_exchange_is_refused(status):
    with pytest.raises(ValueError, match="status"):
        Answers({Reason.INTERNAL: status})


def test_challenges_are_told():
    refusal = Refusal(Reason.AUTHENTICATION, "", challenges=(b"Bearer", b"Basic"))
    assert Answers().to(refusal, NOTHING).fields == (
        NO_STORE,
        (b"www-authenticate", b"Bearer"),
        (b"www-authenticate", b"Basic"),
    )


def test_the_status_of_challenges_wins_over_that_of_the_class():
    nonce = (b"dpop-nonce", b"abc")
    refusal = Refusal(
        Reason.AUTHENTICATION, "", challenges=(b"Bearer",), status=403, fields=(nonce,)
    )

    response = Answers({Reason.AUTHENTICATION: 418}).to(refusal, NOTHING)

    assert response.status == 403
    assert response.fields == (NO_STORE, (b"www-authenticate", b"Bearer"), nonce)
