"""Facts in Redis: every kind of it, several processes, hostile entries, servers that die."""

import asyncio
import gc
import hmac
import signal
import socket
import ssl
import struct
import threading
import time
import warnings
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import ClassVar

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from edgeauth.config.models.secret_management import InlineSource
from edgeauth.mechanisms.authenticators import webhook
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import Principal
from edgeauth.ports.facts import FactKind, Learned
from tests.fakes.cache_contract import KNOWN, CacheContract, Known
from tests.fakes.clock import FakeClock
from tests.fakes.content import FakeContent
from tests.fakes.driving import run
from tests.fakes.redis_servers import (
    NEEDS_REDIS,
    PASSWORD,
    Guard,
    cluster,
    guarded_server,
    sentinels,
    server,
)
from tests.fakes.requests import matched
from tests.fakes.services import World
from tests.integration.redis_caches import (
    Deployment,
    behind,
    clustered,
    counters_of,
    fail,
    guarded,
    identified,
    kept_by,
    single,
    until,
    written,
)

pytestmark = NEEDS_REDIS


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("redis")


@pytest.fixture(scope="module")
def one(place):
    with server(place / "single") as made:
        yield made


@pytest.fixture(scope="module")
def safe(place):
    with guarded_server(place / "guarded") as made:
        yield made


@pytest.fixture(scope="module")
def watched(place):
    with sentinels(place / "sentinels") as made:
        yield made


@pytest.fixture(scope="module")
def nodes(place):
    with cluster(place / "cluster") as made:
        yield made


@pytest.fixture(scope="module")
def settings(request, one, safe, watched, nodes):
    """Returns the `cache` section for a backend."""
    return {
        "redis": single(one),
        "redis-without-client-cache": single(one, client_cache={"disabled": True}),
        "redis-with-flush-delay": single(one, max_flush_delay="1ms"),
        "redis-tls-acl": guarded(safe),
        "redis-sentinel": behind(watched),
        "redis-cluster": clustered(nodes),
    }


BACKENDS = ["redis", "redis-tls-acl", "redis-sentinel", "redis-cluster", "redis-with-flush-delay"]


@pytest.mark.parametrize("backend", BACKENDS)
class TestContract(CacheContract):
    @pytest.fixture(autouse=True)
    def _deployment(self, settings, backend):
        self.settings = settings[backend]

    @asynccontextmanager
    async def opened(self, clock):
        async with Deployment(self.settings, clock).process() as caching:
            yield caching.facts


@pytest.mark.parametrize("backend", BACKENDS)
class TestSeveralProcesses:
    def test_what_one_has_learned_the_other_knows(self, settings, backend):
        async def check():
            deployment = Deployment(settings[backend])
            async with deployment.process() as first, deployment.process() as second:
                for number in range(50):
                    key = b"%d" % number
                    first.facts.store(key, Known(number), deployment.clock.now() + 60, KNOWN)
                await written(first, 50)
                found = [await second.facts.learn(b"%d" % n, KNOWN, fail) for n in range(50)]
                counters = replace(counters_of(second))
                await kept_by(second, b"7")
                return found, counters

        found, counters = run(check())

        assert found == [Known(number) for number in range(50)]
        assert (counters.hits, counters.misses, counters.errors) == (50, 0, 0)

    def test_replays_are_noticed_by_all(self, settings, backend):
        async def check():
            deployment = Deployment(settings[backend])
            ends = deployment.clock.now() + 60
            async with deployment.process() as first, deployment.process() as second:
                uses = [each.replays.first_use(b"proof", ends) for each in (first, second) * 25]
                other = await first.replays.first_use(b"other", ends)
                return await asyncio.gather(*uses), other

        used, other = run(check())

        assert sorted(used) == [False] * 49 + [True]
        assert other is True


class TestAnotherKey:
    """Attack 150: what was used once stays used while the key of entries changes."""

    FORMER, NEXT = "a" * 32, "b" * 32

    @pytest.mark.parametrize(
        ("one_has", "other_has"),
        [
            pytest.param("former", "both", id="first-step"),
            pytest.param("both", "former", id="first-step-the-other-way-round"),
            pytest.param("both", "next", id="second-step"),
            pytest.param("next", "both", id="second-step-the-other-way-round"),
        ],
    )
    def test_processes_that_are_one_step_apart_know_what_was_used(
        self, settings, one_has, other_has
    ):
        async def check():
            deployment = Deployment(settings["redis"])
            held = {
                "former": self.FORMER,
                "both": f"{self.NEXT}\n{self.FORMER}\n",
                "next": self.NEXT,
            }
            source = InlineSource.model_validate({"type": "inline", "config": held})
            deployment.secrets.add("redis", source, {})
            ends = deployment.clock.now() + 60

            def process(selector):
                reference = {"source": "redis", "selector": selector}
                return deployment.process(encryption_key=None, encryption_key_from=reference)

            async with process(one_has) as first, process(other_has) as second:
                proof = f"{one_has} {other_has}".encode()
                return [
                    await each.replays.first_use(proof, ends) for each in (first, second, first)
                ]

        assert run(check()) == [True, False, False]


class TestWhatIsShared:
    def shared(self, settings, fact, left=60.0, wait=0.0, kind=KNOWN, second=None):
        """Returns what a second process fetches after one has stored it, and its counters."""

        async def check():
            deployment = Deployment(settings)
            async with deployment.process() as first:
                first.facts.store(b"key", fact, deployment.clock.now() + left, kind)
                await until(
                    lambda: counters_of(first).stored + counters_of(first).store_errors or not kind
                )
                local = first.facts.find(b"key")
            deployment.clock.advance(wait)
            async with (second or deployment).process() as other:
                return await other.facts.fetch(b"key", KNOWN), counters_of(other), local

        return run(check())

    def test_an_end_is_the_same_in_all_processes(self, settings):
        assert self.shared(settings["redis"], Known("fact"), 60, 59.9)[0] == Known("fact")
        assert self.shared(settings["redis"], Known("fact"), 60, 60)[0] is None

    def test_what_has_no_kind_stays_in_the_process(self, settings):
        assert self.shared(settings["redis"], Known("fact"), kind=None)[0] is None

    def test_attack_158_another_key_shares_nothing(self, settings):
        other = Deployment(settings["redis"])

        assert self.shared(settings["redis"], Known("fact"), second=other)[0] is None

    @pytest.mark.parametrize(
        "value", [2**70, "\ud800", "x" * 1_048_576], ids=["integer", "surrogate", "too-long"]
    )
    def test_what_can_not_be_written_stays_in_the_process(self, settings, value):
        found, counters, local = self.shared(settings["redis"], Known(value))

        assert (found, counters.misses, local) == (None, 1, Known(value))

    def test_large_facts_are_shared(self, settings):
        fact = Known("x" * 1_000_000)

        assert self.shared(settings["redis"], fact)[0] == fact

    def test_what_was_withdrawn_is_gone_for_all(self, one, settings):
        async def check():
            deployment = Deployment(settings["redis"])
            async with deployment.process() as first, deployment.process() as second:
                first.facts.store(b"key", Known("fact"), deployment.clock.now() + 60, KNOWN)
                first.facts.store(b"key", Known("fact"), 0.0, KNOWN)
                await written(first)
                await first.close()
                return await second.facts.fetch(b"key", KNOWN), first.facts.find(b"key")

        assert run(check()) == (None, None)

    def test_a_process_asks_again_after_the_time_of_its_own_copy(self, settings):
        async def check():
            deployment = Deployment(settings["redis"])
            async with deployment.process(client_cache={"ttl": "5s"}) as first:
                first.facts.store(b"key", Known("fact"), deployment.clock.now() + 60, KNOWN)
                await written(first)
                await kept_by(first)
                deployment.clock.advance(4.9)
                kept = first.facts.find(b"key")
                deployment.clock.advance(0.1)
                return kept, first.facts.find(b"key"), await first.facts.learn(b"key", KNOWN, fail)

        assert run(check()) == (Known("fact"), None, Known("fact"))

    def test_without_a_copy_of_its_own_a_process_asks_each_time(self, settings):
        async def check():
            deployment = Deployment(settings["redis-without-client-cache"])
            async with deployment.process() as first:
                first.facts.store(b"key", Known("fact"), deployment.clock.now() + 60, KNOWN)
                await written(first)
                told = [await first.facts.learn(b"key", KNOWN, fail) for _ in range(3)]
                return told, first.facts.find(b"key"), counters_of(first).hits

        assert run(check()) == ([Known("fact")] * 3, None, 3)

    def test_attack_162_redis_is_told_neither_keys_nor_facts(self, one, settings):
        async def check():
            deployment = Deployment(settings["redis"])
            async with deployment.process() as first:
                fact = Known({"token": "very secret"})
                first.facts.store(b"key of the fact", fact, deployment.clock.now() + 60, KNOWN)
                await first.replays.first_use(b"key of a proof", deployment.clock.now() + 60)
                await written(first)

        one.ask("FLUSHALL")
        run(check())
        with one.client() as client:
            entries = {name: client.get(name) for name in client.keys("*")}
            ends = {name.split(b":")[1]: client.pttl(name) for name in entries}

        assert sorted(name.split(b":")[:2] for name in entries) == [
            [b"edgeauth", b"facts"],
            [b"edgeauth", b"replay.1"],
        ]
        text = repr(entries)
        assert not any(word in text for word in ("secret", "token", "key of"))
        assert 50_000 < ends[b"facts"] <= 61_001
        assert 110_000 < ends[b"replay.1"] <= 120_001, "longer, for those whose clock is slow"


def _flipped(entry):
    return entry[:-1] + bytes([entry[-1] ^ 1])


HOSTILE = {
    "empty": lambda _: b"",
    "garbage": lambda _: b"\x00" * 100,
    "cut-off": lambda entry: entry[:20],
    "wrong-mac": _flipped,
    "longer": lambda entry: entry + b"x",
    "other-version": lambda entry: b"\x02" + entry[1:],
    "pickle": lambda _: b"cos\nsystem\n(S'true'\ntR.",
    "fact-without-seal": lambda _: b"\x91\xa4fact" + b"\x00" * 60,
    "huge": lambda entry: entry + b"x" * 3_000_000,
}


class TestHostileEntries:
    """Attack 162: whoever writes to Redis makes no facts."""

    def told(self, one, settings, spoil):
        """Returns what a process learns while an entry is spoiled, and afterwards."""

        async def check():
            deployment = Deployment(settings["redis"])
            ends = deployment.clock.now() + 60

            async def work():
                return Learned(Known("found out"), ends)

            async with deployment.process() as first, deployment.process() as second:
                one.ask("FLUSHALL")
                first.facts.store(b"key", Known("stored"), ends, KNOWN)
                first.facts.store(b"another key", Known("another"), ends, KNOWN)
                await written(first, 2)
                with one.client() as client, capture_logs() as logs:
                    spoil(client)
                    told = await second.facts.learn(b"key", KNOWN, work)
                    await until(
                        lambda: counters_of(second).stored + counters_of(second).store_errors
                    )
                async with deployment.process() as third:
                    later = await third.facts.fetch(b"key", KNOWN)
                return told, later, counters_of(second), logs

        return run(check())

    @pytest.mark.parametrize("how", HOSTILE, ids=str)
    def test_what_is_not_ours_is_not_believed_and_replaced(self, one, settings, how):
        def spoil(client):
            for name in client.keys("*"):
                client.set(name, HOSTILE[how](client.get(name)), keepttl=True)

        told, later, counters, logs = self.told(one, settings, spoil)

        assert (told, later) == (Known("found out"), Known("found out"))
        assert counters.hits == 0
        if how != "empty":
            assert counters.errors == 1
            assert [line["log_level"] for line in logs] == ["warning"]

    def test_an_entry_counts_in_its_own_place_only(self, one, settings):
        def spoil(client):
            first, second = client.keys("*")
            both = client.get(first), client.get(second)
            client.set(first, both[1])
            client.set(second, both[0])

        told, _, counters, _ = self.told(one, settings, spoil)

        assert (told, counters.errors) == (Known("found out"), 1)

    def test_something_else_in_its_place_is_no_entry(self, one, settings):
        def spoil(client):
            for name in client.keys("*"):
                client.delete(name)
                client.rpush(name, "element")

        told, later, counters, _ = self.told(one, settings, spoil)

        assert (told, later, counters.errors) == (Known("found out"), Known("found out"), 1)

    def test_a_longer_life_in_redis_makes_no_fact_live_longer(self, one, settings):
        async def check():
            deployment = Deployment(settings["redis"])
            async with deployment.process() as first, deployment.process() as second:
                one.ask("FLUSHALL")
                first.facts.store(b"key", Known("stored"), deployment.clock.now() + 60, KNOWN)
                await written(first)
                with one.client() as client:
                    for name in client.keys("*"):
                        client.persist(name)
                deployment.clock.advance(61)
                return await second.facts.fetch(b"key", KNOWN)

        assert run(check()) is None

    def test_a_fact_of_another_release_is_unknown(self, settings):
        newer: FactKind[Known] = FactKind("known.2", Known, KNOWN.write, KNOWN.read)

        async def check():
            deployment = Deployment(settings["redis"])
            async with deployment.process() as first:
                first.facts.store(b"key", Known("stored"), deployment.clock.now() + 60, KNOWN)
                await written(first)
                return await first.facts.fetch(b"key", newer)

        assert run(check()) is None


async def learned(caching, clock, key=b"key"):
    """Returns what is learned, and the seconds that took."""

    async def work():
        return Learned(Known("found out"), clock.now() + 60)

    began = time.monotonic()
    told = await caching.facts.learn(key, KNOWN, work)
    return told, time.monotonic() - began


def shared_again(deployment, caching, other):
    """Waits until one process finds what the other has stored anew."""

    async def check():
        number = 0
        while True:
            number += 1
            key = b"again %d" % number
            await learned(caching, deployment.clock, key)
            if await other.facts.fetch(key, KNOWN) == Known("found out"):
                return
            await asyncio.sleep(0.02)

    return check()


class TestServersThatFail:
    """Whatever Redis does, requests go on; and facts are shared again once it is back."""

    def test_a_server_that_is_killed_and_comes_back(self, tmp_path):
        async def check():
            with server(tmp_path / "first") as killed, capture_logs() as logs:
                deployment = Deployment(single(killed))
                async with deployment.process() as first, deployment.process() as second:
                    first.facts.store(b"key", Known("stored"), deployment.clock.now() + 60, KNOWN)
                    await written(first)
                    killed.kill()
                    told = [
                        await learned(second, deployment.clock, b"%d" % number)
                        for number in range(100)
                    ]
                    with pytest.raises(Fault) as fault:
                        await second.replays.first_use(b"proof", deployment.clock.now() + 60)
                    with server(tmp_path / "second", port=killed.port):
                        await shared_again(deployment, first, second)
                    return told, fault.value.reason, logs

        told, reason, logs = run(check())

        assert {outcome for outcome, _ in told} == {Known("found out")}
        assert sum(seconds for _, seconds in told) < 5, "those after the first do not wait"
        assert reason is Reason.COMMUNICATION
        # Both processes may notice it, and a slow machine once more.
        events = [line["event"] for line in logs]
        assert (events[0], events[-1]) == ("redis does not answer", "redis answers again")
        assert set(events) == {events[0], events[-1]}

    def test_attack_150_a_server_that_has_forgotten_everything_is_not_the_only_one_to_know(
        self, tmp_path
    ):
        async def check():
            with server(tmp_path / "first") as killed:
                deployment = Deployment(single(killed))
                ends = deployment.clock.now() + 60
                async with deployment.process() as first, deployment.process() as second:
                    assert await first.replays.first_use(b"proof", ends)
                    killed.kill()
                    with pytest.raises(Fault):
                        await first.replays.first_use(b"another", ends)
                    with server(tmp_path / "second", port=killed.port):
                        await shared_again(deployment, first, second)
                        return [
                            await first.replays.first_use(proof, ends)
                            for proof in (b"proof", b"another", b"another")
                        ]

        # What nobody could tell of is not lost: a webhook is delivered again.
        assert run(check()) == [False, True, False]

    def test_a_server_that_hangs_costs_one_wait(self, tmp_path):
        async def check():
            with server(tmp_path / "single") as hanging:
                deployment = Deployment(single(hanging, timeout={"read": "200ms"}))
                async with deployment.process() as first, deployment.process() as second:
                    hanging.process.send_signal(signal.SIGSTOP)
                    began = time.monotonic()
                    told = [
                        await learned(second, deployment.clock, b"%d" % number)
                        for number in range(100)
                    ]
                    taken = time.monotonic() - began
                    with pytest.raises(Fault):
                        await second.replays.first_use(b"proof", deployment.clock.now() + 60)
                    hanging.process.send_signal(signal.SIGCONT)
                    await shared_again(deployment, first, second)
                    return told, taken

        told, taken = run(check())

        assert {outcome for outcome, _ in told} == {Known("found out")}
        assert taken < 5

    def test_a_server_that_was_never_there_is_found_later(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]

        async def check():
            deployment = Deployment(
                {
                    "type": "redis",
                    "config": {"address": f"127.0.0.1:{port}", "tls": {"disabled": True}},
                }
            )
            async with deployment.process() as first, deployment.process() as second:
                assert (await learned(first, deployment.clock))[0] == Known("found out")
                with server(tmp_path / "single", port=port):
                    await shared_again(deployment, first, second)

        run(check())

    def test_a_master_that_is_killed_is_replaced_by_its_replica(self, tmp_path):
        async def check():
            with sentinels(tmp_path / "sentinels") as made:
                deployment = Deployment(behind(made))
                async with deployment.process() as first, deployment.process() as second:
                    await shared_again(deployment, first, second)
                    ends = deployment.clock.now() + 60
                    assert await first.replays.first_use(b"proof", ends)
                    names = set(made.master.ask("KEYS", "*"))
                    made.replica.wait_until(lambda one: names <= set(one.ask("KEYS", "*")))
                    made.master.kill()
                    assert (await learned(first, deployment.clock))[0] == Known("found out")
                    await shared_again(deployment, first, second)
                    return [
                        await each.replays.first_use(b"proof", ends) for each in (first, second)
                    ]

        assert run(check()) == [False, False]

    def test_a_cluster_that_lacks_a_node_costs_nobody_a_request(self, tmp_path):
        async def check():
            with cluster(tmp_path / "cluster", "--cluster-require-full-coverage", "no") as made:
                deployment = Deployment(clustered(made))
                async with deployment.process() as first:
                    made[2].kill()
                    return [
                        (await learned(first, deployment.clock, b"%d" % number))[0]
                        for number in range(100)
                    ]

        assert run(check()) == [Known("found out")] * 100

    def test_a_server_that_falls_silent_after_the_handshake_leaves_nothing_open(self, guard):
        """The transport of a connection that is given up would outlive the loop: a warning."""
        context = guard.context()

        def serve(listener, held):
            with suppress(OSError):
                while True:
                    held.append(context.wrap_socket(listener.accept()[0], server_side=True))

        async def check(port):
            settings = {
                "type": "redis",
                "config": {
                    "address": f"127.0.0.1:{port}",
                    "tls": {"ca_file": str(guard.authority)},
                    "credentials": {"password": PASSWORD},
                    "timeout": {"connect": "300ms"},
                },
            }
            async with Deployment(settings).process():
                pass

        held: list[ssl.SSLSocket] = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=serve, args=(listener, held), daemon=True)
            thread.start()
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                run(check(listener.getsockname()[1]))
                gc.collect()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
        for each in held:
            each.close()

        assert held, "a connection got beyond the handshake"
        assert [str(each.message) for each in warned] == []

    @pytest.mark.parametrize(
        "answer",
        [
            b"$1048577\r\n",
            b"*1000000000\r\n",
            b"*1\r\n" * 100_000,
            b"$99999999999999999999\r\n",
            b"-" + b"x" * 100_000,
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"\x15\x03\x01" + struct.pack(">H", 2) + b"\x02\x16",
            b"",
        ],
        ids=[
            "cut-off",
            "long-list",
            "deep-list",
            "nonsense-length",
            "long-error",
            "http",
            "tls",
            "hangs-up",
        ],
    )
    def test_a_server_that_is_none_costs_nobody_a_request(self, answer):
        async def lie(reader, writer):
            while await reader.read(65_536):
                writer.write(answer)
                await writer.drain()
                if not answer:
                    break
            writer.close()

        async def check():
            liar = await asyncio.start_server(lie, "127.0.0.1", 0)
            port = liar.sockets[0].getsockname()[1]
            settings = {
                "type": "redis",
                "config": {
                    "address": f"127.0.0.1:{port}",
                    "tls": {"disabled": True},
                    "timeout": {"connect": "200ms", "read": "200ms"},
                },
            }
            deployment = Deployment(settings)
            async with liar, deployment.process() as first:
                told = await learned(first, deployment.clock)
                with pytest.raises(Fault):
                    await first.replays.first_use(b"proof", deployment.clock.now() + 60)
            return told[0]

        assert run(check()) == Known("found out")


@pytest.fixture(scope="module")
def guard(place):
    return Guard(place / "guard")


@pytest.fixture(scope="module")
def watched_settings(place, guard):
    with sentinels(place / "guarded-sentinels", guard) as made:
        password = {"sentinel_credentials": {"password": PASSWORD}}
        yield behind(made, **identified(guard), **password)


@pytest.fixture(scope="module")
def cluster_settings(place, guard):
    with cluster(place / "guarded-cluster", guard=guard) as made:
        yield clustered(made, **identified(guard))


class TestGuardedDeployments:
    """Sentinels and clusters that speak TLS, want certificates, and know users."""

    @pytest.fixture(params=["watched_settings", "cluster_settings"])
    def settings(self, request):
        return request.getfixturevalue(request.param)

    def test_facts_and_replays_are_shared(self, settings):
        async def check():
            deployment = Deployment(settings)
            ends = deployment.clock.now() + 60
            async with deployment.process() as first, deployment.process() as second:
                for number in range(20):
                    first.facts.store(b"%d" % number, Known(number), ends, KNOWN)
                await written(first, 20)
                found = [await second.facts.learn(b"%d" % n, KNOWN, fail) for n in range(20)]
                used = [await each.replays.first_use(b"proof", ends) for each in (first, second)]
                return found, used

        assert run(check()) == ([Known(number) for number in range(20)], [True, False])


class TestMechanismsThatRememberUses:
    """Deliveries of webhooks and signed requests: once for all processes, and never without."""

    CONFIG: ClassVar = {
        "signature": {"type": "github"},
        "secrets": [{"value": "sixteen or more octets"}],
    }

    def asked(self, caching, clock, content):
        """Returns the outcome of a signed delivery."""
        world = World(clock=clock, cache=caching.facts, replays=caching.replays)
        code = hmac.digest(b"sixteen or more octets", content, "sha256").hex()
        headers = {"X-Hub-Signature-256": f"sha256={code}"}
        seen = structs.replace(
            matched(method="POST", headers=headers), content=FakeContent(content)
        )
        return world.build(webhook.TYPE, self.CONFIG, "hook").authenticate(seen)

    def test_attack_194_a_delivery_passes_in_one_process_and_in_none_without_redis(self, tmp_path):
        async def check():
            with server(tmp_path / "single") as made:
                deployment = Deployment(single(made))
                clock = deployment.clock
                async with deployment.process() as first, deployment.process() as second:
                    one = await self.asked(first, clock, b"one")
                    again = await self.asked(second, clock, b"one")
                    made.kill()
                    with pytest.raises(Fault) as fault:
                        await self.asked(second, clock, b"two")
                    return one, again, fault.value.reason

        one, again, reason = run(check())

        assert isinstance(one, Principal)
        assert again.detail == "the delivery was here before"
        assert reason is Reason.COMMUNICATION


class TestWhoIsLetIn:
    def reached(self, settings):
        """Returns whether facts come into Redis, and what is logged."""

        async def check():
            deployment = Deployment(settings, FakeClock())
            async with deployment.process() as first:
                await learned(first, deployment.clock)
                counters = counters_of(first)
                await until(lambda: counters.stored + counters.store_errors)
                return bool(counters.stored)

        with capture_logs() as logs:
            return run(check()), repr(logs)

    @pytest.mark.parametrize(
        "more",
        [
            {"credentials": None},
            {"credentials": {"username": "edge", "password": "wrong-password"}},
            {"credentials": {"username": "nobody", "password": "right-password"}},
            {"credentials": {"password": "right-password"}},
            {"tls": {}},
            {"tls": {"disabled": True}},
            {"db": 3},
        ],
        ids=["none", "wrong", "unknown", "default", "untrusted", "no-tls", "may-not-select"],
    )
    def test_nobody_is_let_in_who_should_not_be(self, safe, more):
        reached, logs = self.reached(guarded(safe, **more))

        assert not reached
        assert "redis does not answer" in logs
        assert "password" not in logs

    @pytest.mark.parametrize("version", ["TLS1.2", "TLS1.3"])
    def test_a_user_with_the_few_rights_that_are_needed_is_let_in(self, safe, version):
        tls = {"ca_file": str(safe.authority), "min_version": version}

        assert self.reached(guarded(safe, tls=tls))[0]

    def test_credentials_that_are_exchanged_in_their_file_are_used(self, safe, tmp_path):
        file = tmp_path / "credentials.yaml"
        file.write_text("username: changing\npassword: first-password\n")
        rights = ("~edgeauth:*", "+getrange", "+set", "+del", "+ping", "+client|tracking")
        safe.server.ask("ACL", "SETUSER", "changing", "on", ">first-password", *rights)

        async def check():
            deployment = Deployment(guarded(safe, credentials={"path": str(file)}))
            async with deployment.process() as first, deployment.process() as second:
                await shared_again(deployment, first, second)
                file.write_text("username: changing\n")
                safe.server.ask("ACL", "SETUSER", "changing", "resetpass", ">second-password")
                safe.server.ask("CLIENT", "KILL", "USER", "changing")
                assert (await learned(first, deployment.clock))[0] == Known("found out")
                file.write_text("username: changing\npassword: second-password\n")
                await shared_again(deployment, first, second)

        with capture_logs() as logs:
            run(check())
        assert "first-password" not in repr(logs)
        assert "second-password" not in repr(logs)
