"""TLS of a listener while it serves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edgeauth.config.models.secret_management import PemSource
from edgeauth.config.models.tls import Tls
from edgeauth.contract.keystore import KeyStoreError
from edgeauth.listeners.tls import TlsError
from edgeauth.listeners.tls_renewal import ServerTls, SourceWatch, TlsRenewal, files_of
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.listener_status import ListenerStatus
from tests.fakes.certificates import pem
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run
from tests.fakes.handshakes import DAY, NOW, Authority, shake_hands

LOOK = 0.001


class FakeWatch:
    """Says that a file has changed when it is told to."""

    def __init__(self) -> None:
        self.told = False
        self.looks = 0

    def changed(self) -> bool:
        self.looks += 1
        told, self.told = self.told, False
        return told


class Served:
    """The TLS of a listener, and all that it depends on."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.shop = self.authority.issue("shop.test", file="tls.pem", end=NOW + 30 * DAY)
        self.clock = FakeClock(NOW.timestamp())
        self.watch = FakeWatch()
        settings = Tls.model_validate({"key_store": {"path": str(self.shop.path)}})
        self.tls = ServerTls(settings, self.clock, ListenerStatus("serve"), HeldSecrets())
        self.status = self.tls.status

    def shown(self) -> set[str]:
        return shake_hands(self.tls.current(), self.authority.client()).shown

    @asynccontextmanager
    async def renewing(self) -> AsyncIterator[TlsRenewal]:
        renewal = TlsRenewal(self.tls, [FakeWatch(), self.watch], self.clock, LOOK)
        task = asyncio.get_running_loop().create_task(renewal.run())
        try:
            yield renewal
        finally:
            task.cancel()


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(LOOK)


def test_attack_153_what_is_wrong_leaves_what_was_in_force(served: Served) -> None:
    served.shop.path.write_text("nothing")
    before = served.tls.current()

    with pytest.raises(TlsError, match="there is no private key"):
        served.tls.renew()

    assert served.tls.current() is before
    assert (served.status.renewals, served.status.failures) == (0, 1)


def test_a_new_certificate_is_shown_as_soon_as_it_is_there(served: Served) -> None:
    async def scenario() -> None:
        async with served.renewing():
            served.authority.issue("new.test", file="tls.pem")
            served.watch.told = True
            await until(lambda: served.status.renewals == 1)

    run(scenario())
    assert served.shown() == {"new.test"}
    assert [each.dns_names for each in served.status.certificates] == ["new.test"]


def test_a_wrong_file_is_told_and_the_next_good_one_is_taken(served: Served) -> None:
    async def scenario() -> None:
        async with served.renewing() as renewal:
            served.shop.path.write_text("nothing")
            renewal.ask()
            await until(lambda: served.status.failures == 1)
            assert served.shown() == {"shop.test"}
            served.authority.issue("new.test", file="tls.pem")
            renewal.ask()
            await until(lambda: served.status.renewals == 1)

    with capture_logs() as logs:
        run(scenario())
    assert served.shown() == {"new.test"}
    (error,) = [each for each in logs if each["log_level"] == "error"]
    assert error["event"] == "TLS not renewed"
    assert error["error"] == f"{served.shop.path}: there is no private key"


def test_every_hour_tickets_get_another_key(served: Served) -> None:
    client = served.authority.client()
    begun = shake_hands(served.tls.current(), client)

    async def scenario() -> None:
        async with served.renewing():
            served.clock.advance(3600)
            await until(lambda: served.status.renewals == 1)

    run(scenario())
    again = shake_hands(served.tls.current(), client, session=begun.client.session)
    assert not again.server.session_reused


@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(0, [], id="in time"),
        pytest.param(10, [("warning", "certificate ends soon", 19)], id="soon"),
        pytest.param(25, [("error", "certificate ends soon", 4)], id="very soon"),
        pytest.param(31, [("error", "certificate has ended", -2)], id="over"),
    ],
)
def test_the_end_of_a_certificate_is_told_once_a_day(
    served: Served, days: int, told: list[tuple[str, str, int]]
) -> None:
    async def scenario() -> None:
        served.clock.advance(days * DAY.total_seconds() + 1)
        async with served.renewing():
            await until(lambda: served.watch.looks == 3)

    with capture_logs() as logs:
        run(scenario())
    assert [(each["log_level"], each["event"], each["days"]) for each in logs] == told


def test_the_files_are_known_so_that_they_can_be_watched(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    shop, blog, crl = authority.issue("shop.test"), authority.issue("blog.test"), authority.revoke()
    settings = Tls.model_validate(
        {
            "key_store": {"path": str(shop.path)},
            "certificates": [{"key_store": {"path": str(blog.path)}}],
            "client_certificates": {"trust_store": str(authority.path), "crl_file": str(crl)},
        }
    )

    assert files_of(settings) == (shop.path, blog.path, authority.path, crl)


# Keys from secret sources.


def sources(**paths: Path) -> HeldSecrets:
    held = HeldSecrets()
    for name, path in paths.items():
        settings = {"type": "pem", "config": {"path": str(path)}}
        held.add(name, PemSource.model_validate(settings), {})
    return held


def from_source(held: HeldSecrets, **settings: object) -> ServerTls:
    tls = Tls.model_validate({"secret": {"source": "listeners"}, **settings})
    return ServerTls(tls, FakeClock(NOW.timestamp()), ListenerStatus("serve"), held)


@pytest.mark.parametrize(
    ("settings", "told", "path"),
    [
        ({"secret": {"source": "nobody"}}, 'no secret source "nobody"', ("secret",)),
        ({"secret": {"source": "roots"}}, "holds no keys", ("secret",)),
        ({"secret": {"source": "bare"}}, "has no certificate", ("secret",)),
        ({"secret": {"source": "listeners", "selector": "a"}}, "no key a", ("secret",)),
        (
            {"certificates": [{"secret": {"source": "nobody"}}]},
            'no secret source "nobody"',
            ("certificates", 0, "secret"),
        ),
    ],
    ids=["unknown-source", "certificates-alone", "no-certificate", "unknown-key", "further"],
)
def test_attack_153_a_source_without_a_key_to_show_stops_the_start(
    tmp_path: Path, settings: dict[str, object], told: str, path: tuple[str | int, ...]
) -> None:
    authority = Authority(tmp_path)
    shop = authority.issue("shop.test")
    bare = tmp_path / "bare.pem"
    bare.write_bytes(pem(shop.key))
    held = sources(listeners=shop.path, roots=authority.path, bare=bare)

    with pytest.raises(TlsError, match=told) as caught:
        from_source(held, **settings)

    assert caught.value.path == path


def test_a_key_of_a_source_is_shown_and_another_one_as_soon_as_the_source_has_it(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    path = authority.issue("old.test", file="tls.pem").path
    held = sources(listeners=path)
    tls = from_source(held)
    (source,) = tls.sources
    watch = SourceWatch(source)

    def shown() -> set[str]:
        return shake_hands(tls.current(), authority.client()).shown

    assert shown() == {"old.test"}
    assert not watch.changed()
    path.write_bytes(pem(authority.key))
    with pytest.raises(KeyStoreError, match="has no certificate"):
        source.reload()
    ended = authority.issue("ended.test", begin=NOW - 9 * DAY, end=NOW - DAY, file="tls.pem")
    with pytest.raises(KeyStoreError, match="has expired"):
        source.reload()
    assert ended.path == path
    assert (watch.changed(), shown()) == (False, {"old.test"})

    authority.issue("new.test", file="tls.pem")
    source.reload()

    assert watch.changed()
    tls.renew()
    assert shown() == {"new.test"}
    assert not watch.changed()
