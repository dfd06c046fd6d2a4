"""Files of authorities that change while connections are opened."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
import trustme
from structlog.testing import capture_logs

from edgeauth.config.models.client_tls import ClientTls
from edgeauth.providers.trust_reload import TrustReloader
from edgeauth.services.client_tls import ClientContexts
from tests.fakes.driving import run
from tests.fakes.endpoint_keys import FakeEndpointKeys


@pytest.fixture
def file(tmp_path):
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path / "ca.pem"


@asynccontextmanager
async def reloading(contexts: ClientContexts):
    reloader = TrustReloader(contexts, 0.001)
    task = asyncio.create_task(reloader.run())
    yield reloader
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_wrong_files_are_told_and_change_nothing(file):
    async def check():
        contexts, tls = ClientContexts(FakeEndpointKeys()), ClientTls(ca_file=str(file))
        before = contexts.context(tls)
        with capture_logs() as lines:
            async with reloading(contexts) as reloader:
                file.write_text("nonsense")
                reloader.ask()
                while not lines:
                    await asyncio.sleep(0)
        assert lines[0]["event"] == "trust not renewed"
        assert "ca.pem: holds no certificates" in lines[0]["error"]
        assert contexts.context(tls) is before

    run(check())


def test_a_file_that_changes_counts_also_when_rules_have_brought_it_later(file):
    async def check():
        contexts, tls = ClientContexts(FakeEndpointKeys()), ClientTls(ca_file=str(file))
        async with reloading(contexts) as reloader:
            before = contexts.context(tls)
            while file not in reloader._watches:
                await asyncio.sleep(0)
            file.write_bytes(trustme.CA().cert_pem.bytes())
            while contexts.context(tls) is before:
                await asyncio.sleep(0)

    run(check())


def test_whoever_asks_has_everything_read_anew(file):
    async def check():
        contexts, tls = ClientContexts(FakeEndpointKeys()), ClientTls(ca_file=str(file))
        before, system = contexts.context(tls), contexts.context(None)
        async with reloading(contexts) as reloader:
            reloader.ask()
            while contexts.context(tls) is before:
                await asyncio.sleep(0)
        assert contexts.context(None) is not system

    run(check())
