"""Attack 161: a fact that many requests need at the same time is asked for once."""

import asyncio
import json

import pytest

from edgeauth.mechanisms.authenticators import generic as session, oauth2_introspection
from edgeauth.mechanisms.authorizers import remote
from edgeauth.mechanisms.contextualizers import generic
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import Principal
from edgeauth.ports.mechanisms import Allow
from tests.fakes.driving import run, settle
from tests.fakes.endpoints import json_answer
from tests.fakes.requests import identified, matched
from tests.fakes.services import World

URL = "https://there.test/"
MANY = 20


def seen():
    return matched(headers={"Authorization": "Bearer opaque", "Cookie": "sid=session"})


def known():
    return identified(seen=seen())


def contextualizer(world, ttl):
    config = {"endpoint": URL, "payload": "{{ .Subject.ID }}", "cache_ttl": ttl}
    built = world.build(generic.TYPE, config)
    return lambda: built.contextualize(known())


def authorizer(world, ttl):
    config = {"endpoint": URL, "payload": "{{ .Subject.ID }}", "cache_ttl": ttl}
    built = world.build(remote.TYPE, config)
    return lambda: built.authorize(known())


def sessions(world, ttl):
    config = {
        "identity_info_endpoint": URL,
        "authentication_data_source": [{"cookie": "sid"}],
        "principal": {"id": "sub"},
        "cache_ttl": ttl,
    }
    built = world.build(session.TYPE, config)
    return lambda: built.authenticate(seen())


def introspection(world, ttl):
    built = world.build(
        oauth2_introspection.TYPE, {"introspection_endpoint": URL, "cache_ttl": ttl}
    )
    return lambda: built.authenticate(seen())


ALL = [contextualizer, authorizer, sessions, introspection]
ANSWER = json_answer(json.dumps({"sub": "alice", "active": True}).encode())
NO = {
    authorizer: json_answer(b"", 403),
    sessions: json_answer(b"", 401),
    introspection: json_answer(b'{"active": false}'),
}


def outcomes(make, answer, ttl="1m", going=0):
    """Returns what many who ask at once are told, and how often somebody was asked.

    Args:
        make: builds the mechanism.
        answer: what is answered once all wait.
        ttl: for which it is remembered.
        going: how many go away before.
    """

    async def check():
        world = World()
        world.endpoints.answers[URL] = answer
        world.endpoints.gate.clear()
        work = make(world, ttl)
        tasks = [asyncio.create_task(work()) for _ in range(MANY)]
        await settle()
        for task in tasks[:going]:
            task.cancel()
        await settle()
        world.endpoints.gate.set()
        told = await asyncio.gather(*tasks[going:], return_exceptions=True)
        asked = len(world.endpoints.calls)
        world.endpoints.answers[URL] = ANSWER
        later = await work()
        return told, asked, later, len(world.endpoints.calls)

    return run(check())


def is_yes(outcome):
    return isinstance(outcome, dict | Allow | Principal)


@pytest.mark.parametrize("going", [0, 1, MANY - 1], ids=["all-stay", "first-goes", "one-stays"])
@pytest.mark.parametrize("make", ALL)
def test_one_asks_for_all(make, going):
    told, asked, later, asked_in_all = outcomes(make, ANSWER, going=going)

    assert len(told) == MANY - going
    assert all(is_yes(each) for each in [*told, later])
    assert (asked, asked_in_all) == (1, 1)


@pytest.mark.parametrize("make", ALL)
def test_a_fault_is_that_of_all_and_not_remembered(make):
    fault = Fault(Reason.COMMUNICATION, "no answer")

    told, asked, later, asked_in_all = outcomes(make, fault)

    assert [type(each) for each in told] == [Fault] * MANY
    assert is_yes(later)
    assert (asked, asked_in_all) == (1, 2)


@pytest.mark.parametrize("make", NO)
def test_a_no_is_that_of_all_and_not_remembered(make):
    told, asked, later, asked_in_all = outcomes(make, NO[make])

    assert [type(each) for each in told] == [Refusal] * MANY
    assert is_yes(later)
    assert (asked, asked_in_all) == (1, 2)


@pytest.mark.parametrize("make", ALL)
def test_where_nothing_is_remembered_everybody_asks(make):
    told, asked, _, _ = outcomes(make, ANSWER, ttl="0s")

    assert all(is_yes(each) for each in told)
    assert asked == MANY


@pytest.mark.parametrize(
    "other",
    [{"cache_ttl": "2m"}, {"session_lifespan": {"not_after": "exp"}}],
    ids=["attack-159-ttl", "attack-160-lifespan"],
)
def test_sessions_are_not_shared_by_those_who_believe_them_for_another_time(other):
    world = World()
    world.endpoints.answers[URL] = json_answer(b'{"sub": "alice", "exp": 1900000000}')
    config = {
        "identity_info_endpoint": URL,
        "authentication_data_source": [{"cookie": "sid"}],
        "principal": {"id": "sub"},
        "cache_ttl": "1m",
    }
    for each in (config, config, config | other):
        run(world.build(session.TYPE, each).authenticate(seen()))

    assert len(world.endpoints.calls) == 2
