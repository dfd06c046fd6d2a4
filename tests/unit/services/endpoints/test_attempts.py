import asyncio

import pytest
from aiohttp import web

from edgeauth.model.errors import Reason
from edgeauth.ports.call_terms import Retry
from edgeauth.services.endpoints.attempts import MAX_ATTEMPTS, may_pass, waits
from tests.fakes.driving import run
from tests.fakes.http_servers import sending, serving
from tests.unit.services.endpoints.made import adapter, call

QUICK = {"retry": {"max_delay": "1ms"}}


def answering(*answers):
    """Returns a handler that gives these statuses, the last one for ever, and its count."""
    count = []

    async def handle(asked):
        count.append(asked.path)
        status, headers = answers[min(len(count), len(answers)) - 1]
        return web.Response(status=status, headers=headers)

    return handle, count


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 409, 501], ids=str)
def test_an_answer_that_would_be_the_same_again_is_not_asked_for_again(status):
    async def check():
        handle, count = answering((status, {}))
        async with serving(handle) as there, adapter() as made:
            assert (await made.send(call(there, **QUICK))).status == status
            assert len(count) == 1

    run(check())


def test_without_retry_a_call_is_made_once():
    async def check():
        handle, count = answering((503, {}))
        async with serving(handle) as there, adapter() as made:
            assert (await made.send(call(there))).status == 503
            assert len(count) == 1

    run(check())


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599], ids=str)
def test_a_failure_that_may_pass_is_tried_six_times(status):
    async def check():
        handle, count = answering((status, {}))
        async with serving(handle) as there, adapter() as made:
            assert (await made.send(call(there, **QUICK))).status == status
            assert len(count) == MAX_ATTEMPTS == 6
        assert may_pass(status)

    run(check())


def test_the_first_good_answer_ends_the_attempts():
    async def check():
        handle, count = answering((503, {}), (429, {"Retry-After": "0"}), (200, {}))
        async with serving(handle) as there, adapter() as made:
            assert (await made.send(call(there, **QUICK))).status == 200
            assert len(count) == 3

    run(check())


def test_a_broken_connection_is_tried_again_and_the_last_fault_counts():
    async def check():
        async with sending() as there, adapter() as made:
            fault = await made.fault_of(call(there, method="POST", **QUICK))
            assert fault.reason is Reason.COMMUNICATION

    run(check())


@pytest.mark.parametrize(
    "retry_after", ["3600", "Wed, 14 Nov 2123 22:13:20 GMT", "9999999999"], ids=ascii
)
def test_a_wait_beyond_the_calls_own_time_ends_it_at_once(retry_after):
    async def check():
        handle, count = answering((503, {"Retry-After": retry_after}))
        async with serving(handle) as there, adapter() as made, asyncio.timeout(5):
            assert (await made.send(call(there, timeout="30s", **QUICK))).status == 503
            assert len(count) == 1

    run(check())


@pytest.mark.parametrize(
    "retry_after", ["-1", "x", "0", "Tue, 14 Nov 2023 22:13:20 GMT", ""], ids=ascii
)
def test_nonsense_and_the_past_are_no_wait(retry_after):
    async def check():
        handle, count = answering((503, {"Retry-After": retry_after}), (200, {}))
        async with serving(handle) as there, adapter() as made:
            assert (await made.send(call(there, **QUICK))).status == 200
            assert len(count) == 2

    run(check())


def test_too_much_and_too_late_are_not_asked_for_again():
    async def check():
        count = []

        async def too_much(asked):
            count.append(asked.path)
            return web.Response(body=b"a" * 3_000)

        async with serving(too_much) as there, adapter() as made:
            await made.fault_of(call(there, response_limit="1KB", **QUICK))
            assert len(count) == 1

    run(check())


@pytest.mark.parametrize(
    ("retry", "longest"),
    [
        ({"max_delay": "100ms"}, [0.1, 0.2, 0.4, 0.8, 1.6]),
        ({"max_delay": "100ms", "give_up_after": "300ms"}, [0.1, 0.2, 0.3, 0.3, 0.3]),
        ({"max_delay": "1s", "give_up_after": "500ms"}, [0.5] * 5),
        ({"max_delay": "0s"}, [0.0] * 5),
    ],
    ids=["doubled", "bounded", "bounded-at-once", "none"],
)
def test_waits_double_up_to_their_bound_and_differ(retry, longest):
    for _ in range(20):
        found = list(waits(Retry.model_validate(retry)))
        assert all(most / 2 <= wait <= most for wait, most in zip(found, longest, strict=True))
    assert list(waits(None)) == []
