import asyncio

import pytest
from aiohttp import web

from edgeauth.model.errors import Fault, Reason
from edgeauth.services.endpoints.gates import Gate
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run
from tests.fakes.http_servers import serving
from tests.unit.services.endpoints.made import adapter, call, settings

BREAKER = {"circuit_breaker": {"failures": 2, "open_for": "10s"}}


def gate(**config):
    clock = FakeClock(0.0)
    return Gate(settings(**config), clock.now), clock


def passes(one, failed=False):
    with one.passage("https://a") as passage:
        passage.failed = failed


def fails(one):
    with pytest.raises(Fault, match="broken"), one.passage("https://a"):
        raise Fault(Reason.COMMUNICATION, "broken")


def refuses(one):
    with pytest.raises(Fault) as caught:
        passes(one)
    assert caught.value.reason is Reason.COMMUNICATION
    return caught.value.detail


def test_attack_211_failures_in_a_row_open_the_circuit():
    one, _ = gate(**BREAKER)
    fails(one)
    passes(one, failed=True)
    assert "left alone" in refuses(one)


def test_a_success_between_failures_keeps_it_closed():
    one, _ = gate(**BREAKER)
    for _ in range(5):
        fails(one)
        passes(one)


def test_after_a_while_one_call_tries_and_closes_it():
    one, clock = gate(**BREAKER)
    fails(one)
    fails(one)
    clock.advance(9.9)
    refuses(one)
    clock.advance(0.1)
    with one.passage("https://a") as trial:
        refuses(one)
        trial.failed = False
    fails(one)
    passes(one)


def test_a_trial_that_fails_opens_it_anew():
    one, clock = gate(**BREAKER)
    fails(one)
    fails(one)
    clock.advance(10)
    fails(one)
    refuses(one)
    clock.advance(10)
    passes(one)


def test_a_trial_that_nobody_waits_for_says_nothing_and_lets_another_one_try():
    one, clock = gate(**BREAKER)
    fails(one)
    fails(one)
    clock.advance(10)
    with pytest.raises(asyncio.CancelledError), one.passage("https://a"):
        raise asyncio.CancelledError
    passes(one)


def test_a_late_call_of_better_times_does_not_let_a_second_one_try():
    one, clock = gate(**BREAKER)
    late = one.passage("https://a")
    passage = late.__enter__()
    fails(one)
    fails(one)
    clock.advance(10)
    with one.passage("https://a") as trial:
        passage.failed = True
        late.__exit__(None, None, None)
        refuses(one)
        trial.failed = False


def test_attack_211_one_call_too_many_fails_at_once():
    one, _ = gate(concurrency=1)
    with one.passage("https://a") as passage:
        assert "too many" in refuses(one)
        passage.failed = False
    passes(one)


def test_calls_that_go_wrong_make_room_as_well():
    one, _ = gate(concurrency=1)
    fails(one)
    passes(one)


def test_attacks_165_and_211_an_endpoint_that_hangs_opens_its_circuit_and_no_other():
    async def check():
        count = []

        async def hang(asked):
            count.append(asked.path)
            if asked.path == "/hangs":
                await asyncio.Event().wait()
            return web.Response(status=500 if asked.path == "/fails" else 501)

        async with serving(hang) as there, adapter() as made:
            question = call(f"{there}/hangs", timeout="50ms", **BREAKER)
            for _ in range(2):
                assert "in time" in (await made.fault_of(question)).detail
            assert "left alone" in (await made.fault_of(question)).detail
            assert len(count) <= 2
            for _ in range(3):  # other settings, another circuit; 501 is no failure
                assert (await made.send(call(there, **BREAKER))).status == 501
            assert (await made.send(call(f"{there}/fails", **BREAKER))).status == 500
            assert (await made.send(call(f"{there}/fails", **BREAKER))).status == 500
            assert "left alone" in (await made.fault_of(call(there, **BREAKER))).detail
            made.monotonic.advance(10)
            assert (await made.send(call(there, **BREAKER))).status == 501

    run(check())


def test_the_limit_is_that_of_a_host():
    async def check():
        arrived, gate_opens = asyncio.Event(), asyncio.Event()

        async def wait(_):
            arrived.set()
            await gate_opens.wait()
            return web.Response()

        async with serving(wait) as there, adapter() as made:
            first = asyncio.create_task(made.send(call(f"{there}/a", concurrency=1)))
            await arrived.wait()
            assert "too many" in (await made.fault_of(call(f"{there}/b", concurrency=1))).detail
            gate_opens.set()
            assert (await first).status == 200
            assert (await made.send(call(f"{there}/b", concurrency=1))).status == 200

    run(check())
