"""Every attempt to ask an endpoint is counted once, by what became of it."""

import asyncio

from aiohttp import web

from tests.fakes.driving import run
from tests.fakes.http_servers import serving
from tests.unit.services.endpoints.made import Adapter, adapter, call


def counts(made: Adapter) -> dict[tuple[str, int], int]:
    return {kind: sum(each.counts) for kind, each in made.status.calls.by_kind.items()}


async def by_path(asked: web.BaseRequest) -> web.Response:
    if asked.path == "/hangs":
        await asyncio.Event().wait()
    return web.Response(status=int(asked.path[1:]))


def test_answers_are_counted_by_status_and_silence_without_one():
    async def check() -> None:
        async with serving(by_path) as there, adapter() as made:
            for path in ("200", "200", "403", "500"):
                await made.send(call(f"{there}/{path}"))
            await made.fault_of(call(f"{there}/hangs", timeout="50ms"))

            answered = {(there, 200): 2, (there, 403): 1, (there, 500): 1}
            assert counts(made) == {**answered, (there, 0): 1}
            assert not made.status.held_back

    run(check())


def test_each_attempt_is_a_call():
    async def check() -> None:
        async with serving(by_path) as there, adapter() as made:
            await made.send(call(f"{there}/503", retry={"max_delay": "1ms"}))

            assert counts(made) == {(there, 503): 6}

    run(check())


def test_calls_that_are_not_made_are_counted_as_such():
    async def check() -> None:
        async with serving(by_path) as there, adapter() as made:
            breaker = {"circuit_breaker": {"failures": 1, "open_for": "10s"}}
            await made.send(call(f"{there}/500", **breaker))
            for _ in range(2):
                await made.fault_of(call(f"{there}/500", **breaker))

            assert counts(made) == {(there, 500): 1}
            assert made.status.held_back == {there: 2}

    run(check())


def test_a_call_that_nobody_waits_for_any_more_says_nothing():
    async def check() -> None:
        arrived = asyncio.Event()

        async def hang(asked: web.BaseRequest) -> web.Response:
            arrived.set()
            return await by_path(asked)

        async with serving(hang) as there, adapter() as made:
            asking = asyncio.create_task(made.send(call(f"{there}/hangs")))
            await arrived.wait()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

            assert counts(made) == {}

    run(check())
