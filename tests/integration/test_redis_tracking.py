"""Copies of what is in Redis: dropped when it changes, and when nobody could tell any more."""

import asyncio
from contextlib import ExitStack
from typing import NamedTuple

import pytest
from structlog.testing import capture_logs

from edgeauth.ports.facts import Learned
from tests.fakes.cache_contract import KNOWN, Known
from tests.fakes.driving import run
from tests.fakes.redis_servers import (
    NEEDS_REDIS,
    Server,
    cluster,
    guarded_server,
    sentinels,
    server,
)
from tests.integration.redis_caches import (
    Deployment,
    behind,
    clustered,
    guarded,
    kept_by,
    single,
    until,
    written,
)

pytestmark = NEEDS_REDIS


class Backend(NamedTuple):
    """A Redis of some kind."""

    settings: dict[str, object]
    servers: list[Server]
    """Those that have facts."""


@pytest.fixture(
    scope="module", params=["redis", "redis-tls-acl", "redis-sentinel", "redis-cluster"]
)
def backend(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("tracking")
    with ExitStack() as stack:
        if request.param == "redis":
            one = stack.enter_context(server(place))
            yield Backend(single(one), [one])
        elif request.param == "redis-tls-acl":
            safe = stack.enter_context(guarded_server(place))
            yield Backend(guarded(safe), [safe.server])
        elif request.param == "redis-sentinel":
            watched = stack.enter_context(sentinels(place))
            yield Backend(behind(watched), [watched.master])
        else:
            nodes = stack.enter_context(cluster(place))
            yield Backend(clustered(nodes), nodes)


KEYS = [b"key %d" % number for number in range(12)]


def every(clock, caching, value):
    """Stores a value under all keys, which a cluster has on different nodes."""
    for key in KEYS:
        caching.facts.store(key, Known(value), clock.now() + 60, KNOWN)


async def kept_of_all(caching):
    return [await kept_by(caching, key) for key in KEYS]


def found(caching):
    return [each for each in map(caching.facts.find, KEYS) if each is not None]


async def forgotten(caching):
    await until(lambda: not found(caching))


class TestWhatChanges:
    """Whoever changes an entry, all processes give up what they know of it."""

    def test_what_another_process_has_stored_anew_is_read_again(self, backend):
        async def check():
            deployment = Deployment(backend.settings)
            async with deployment.process() as first, deployment.process() as second:
                every(deployment.clock, first, "old")
                await written(first, len(KEYS))
                old = await kept_of_all(second)
                every(deployment.clock, first, "new")
                await forgotten(second)
                return old, await kept_of_all(second)

        old, new = run(check())

        assert (set(old), set(new)) == ({Known("old")}, {Known("new")})

    def test_what_a_process_has_withdrawn_is_asked_for_again(self, backend):
        async def check():
            deployment = Deployment(backend.settings)
            async with deployment.process() as first, deployment.process() as second:
                every(deployment.clock, first, "old")
                await written(first, len(KEYS))
                await kept_of_all(second)
                for key in KEYS:
                    first.facts.store(key, Known("over"), 0.0, KNOWN)
                await forgotten(second)
                return [await second.facts.fetch(key, KNOWN) for key in KEYS]

        assert run(check()) == [None] * len(KEYS)

    @pytest.mark.parametrize("how", ["delete", "flush", "expire"])
    def test_what_an_operator_has_taken_away_is_asked_for_again(self, backend, how):
        def take_away(one):
            with one.client() as client:
                for name in client.keys("*"):
                    if how == "flush":
                        client.flushall()
                    elif how == "expire":
                        client.pexpire(name, 1)
                    else:
                        client.delete(name)

        async def check():
            deployment = Deployment(backend.settings)
            async with deployment.process() as first, deployment.process() as second:
                every(deployment.clock, first, "old")
                await written(first, len(KEYS))
                await kept_of_all(first)
                await kept_of_all(second)
                for one in backend.servers:
                    take_away(one)
                await forgotten(first)
                await forgotten(second)
                return [await second.facts.fetch(key, KNOWN) for key in KEYS]

        assert run(check()) == [None] * len(KEYS)

    def test_what_was_used_once_stays_used_where_that_was_seen(self, backend):
        async def check():
            deployment = Deployment(backend.settings)
            ends = deployment.clock.now() + 60
            async with deployment.process() as first:
                used = [await first.replays.first_use(b"proof", ends) for _ in range(2)]
                for one in backend.servers:
                    one.ask("FLUSHALL")
                return used, await first.replays.first_use(b"proof", ends)

        assert run(check()) == ([True, False], False)


def listeners(one):
    """Returns the connections that want to hear of changes."""
    with one.client() as client:
        return [each["id"] for each in client.client_list() if "B" in each["flags"]]


def kill_listeners(one):
    for identifier in listeners(one):
        one.ask("CLIENT", "KILL", "ID", identifier)


class TestConnectionsThatBreak:
    def test_copies_go_with_any_connection_that_tells_of_changes_and_come_back(self, backend):
        async def check():
            deployment = Deployment(backend.settings)
            async with deployment.process() as first:
                every(deployment.clock, first, "fact")
                await written(first, len(KEYS))
                await kept_of_all(first)
                # One of several is enough.
                kill_listeners(backend.servers[-1])
                await forgotten(first)
                return await kept_of_all(first)

        assert set(run(check())) == {Known("fact")}

    def test_a_server_without_life_ends_copies(self, tmp_path):
        async def check():
            with server(tmp_path / "single") as one:
                settings = single(one, timeout={"connect": "2s", "read": "5s"})
                async with Deployment(settings).process() as first:
                    first.facts.store(b"key", Known("fact"), 2e9, KNOWN)
                    await written(first)
                    await kept_by(first)
                    one.ask("CLIENT", "PAUSE", 60_000, "ALL")
                    await until(lambda: first.facts.find(b"key") is None)

        run(check())

    def test_a_server_that_refuses_to_tell_is_asked_each_time_until_it_does(self, tmp_path):
        rights = ("~edgeauth:*", "+getrange", "+set", "+del", "+ping")

        async def check():
            with guarded_server(tmp_path / "guarded") as safe:
                one = safe.server
                one.ask("ACL", "SETUSER", "edge", "reset", "on", ">right-password", *rights)
                deployment = Deployment(guarded(safe))
                async with deployment.process() as first:
                    first.facts.store(b"key", Known("fact"), deployment.clock.now() + 60, KNOWN)
                    await written(first)
                    told = [await first.facts.learn(b"key", KNOWN, None) for _ in range(3)]
                    kept = first.facts.find(b"key")
                    one.ask("ACL", "SETUSER", "edge", "+client|tracking")
                    return told, kept, await kept_by(first)

        with capture_logs() as logs:
            told, kept, later = run(check())

        assert (told, kept, later) == ([Known("fact")] * 3, None, Known("fact"))
        assert [(line["event"], line.get("code")) for line in logs] == [
            ("redis does not tell what changes", "NOPERM"),
            ("redis tells again what changes", None),
        ]

    def test_without_redis_a_process_keeps_what_it_learns_until_redis_is_back(self, tmp_path):
        async def check():
            with server(tmp_path / "first") as killed:
                deployment = Deployment(single(killed))
                ends = deployment.clock.now() + 60

                async def work():
                    return Learned(Known("found out"), ends)

                async with deployment.process() as first:
                    first.facts.store(b"before", Known("before"), ends, KNOWN)
                    await written(first)
                    await kept_by(first, b"before")
                    killed.kill()
                    await until(lambda: first.facts.find(b"before") is None)
                    while first.facts.find(b"key") is None:
                        await first.facts.learn(b"key", KNOWN, work)
                    with server(tmp_path / "second", port=killed.port) as second:
                        await until(lambda: first.facts.find(b"key") is None)
                        await until(lambda: listeners(second))

        run(check())

    def test_after_a_failover_the_new_master_is_listened_to(self, tmp_path):
        async def check():
            with sentinels(tmp_path / "sentinels") as made:
                deployment = Deployment(behind(made))
                async with deployment.process() as first, deployment.process() as second:
                    made.master.kill()
                    await until(lambda: len(listeners(made.replica)) == 2)
                    for value in ("old", "new"):
                        every(deployment.clock, first, value)
                        await until(lambda: not found(second))
                        while (await kept_by(second, KEYS[0])) != Known(value):
                            await asyncio.sleep(0.01)

        run(check())

    def test_no_connection_is_made_for_a_process_that_keeps_no_copies(self, tmp_path):
        async def check():
            with server(tmp_path / "single") as one:
                async with Deployment(single(one, client_cache={"disabled": True})).process():
                    return listeners(one)

        assert run(check()) == []
