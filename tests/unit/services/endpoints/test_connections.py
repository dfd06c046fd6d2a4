"""Whom the adapter trusts, what it shows, and where it does not go."""

import asyncio
import socket
import ssl
from contextlib import suppress

import pytest
import trustme
from aiohttp import web

from edgeauth.contract.endpoint_keys import StoredEndpointKeys
from edgeauth.contract.signers import Signers
from edgeauth.model.errors import Reason
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.clock import SystemClock
from edgeauth.services.endpoints.connections import (
    MOST_PER_HOST,
    AddressRefused,
    public_socket,
)
from tests.fakes.driving import run, settle
from tests.fakes.http_servers import FixedResolver, blocking, serving
from tests.unit.services.endpoints.made import adapter, call, settings

CLOCK = SystemClock()


async def peer(_: web.Request) -> web.Response:
    return web.Response()


@pytest.fixture
def authority(tmp_path):
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    made.issue_cert("edge.test").private_key_and_cert_chain_pem.write_to_path(tmp_path / "me.pem")
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    return made


@pytest.fixture
def keys():
    stores = HeldSecrets()
    return StoredEndpointKeys(Signers(CLOCK, stores), stores, CLOCK)


def server_context(authority, client=None, version=ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = version
    authority.issue_cert("localhost").configure_cert(context)
    if client is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        client.configure_trust(context)
    return context


def test_an_authority_of_its_own_is_the_only_one_trusted(tmp_path, authority, keys):
    async def check():
        context = server_context(authority)
        async with serving(peer, context) as there, adapter(keys=keys) as made:
            for trusting in ({}, {"tls": {"ca_file": str(tmp_path / "other.pem")}}):
                fault = await made.fault_of(call(f"{there}/?key=s3cret", **trusting))
                assert fault.reason is Reason.INTERNAL
                assert fault.final
                assert "s3cret" not in fault.detail
            trusting = {"tls": {"trust_store": str(tmp_path / "ca.pem")}}
            assert (await made.send(call(there, **trusting))).status == 200
            # The name has to fit as well.
            fault = await made.fault_of(call(there.replace("localhost", "127.0.0.1"), **trusting))
            assert fault.final

    run(check())


@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"]
)
def test_a_client_certificate_is_shown_where_it_is_configured(tmp_path, authority, keys, version):
    async def check():
        context = server_context(authority, client=authority, version=version)
        tls = {"ca_file": str(tmp_path / "ca.pem")}
        shown = tls | {"key_store": {"path": str(tmp_path / "me.pem")}}
        with blocking(context) as there:
            async with adapter(keys=keys) as made:
                assert (await made.send(call(there, tls=shown))).body == b"edge.test"
                fault = await made.fault_of(call(there, tls=tls, retry={"max_delay": "1ms"}))
                assert fault.reason is Reason.INTERNAL
                assert fault.final
                assert (await made.send(call(there, tls=shown))).body == b"edge.test"

    run(check())


def test_an_older_version_than_configured_is_not_spoken(tmp_path, authority, keys):
    async def check():
        context = server_context(authority, version=ssl.TLSVersion.TLSv1_2)
        tls = {"ca_file": str(tmp_path / "ca.pem")}
        with blocking(context) as there:
            async with adapter(keys=keys) as made:
                fault = await made.fault_of(call(there, tls=tls | {"min_version": "TLS1.3"}))
                assert fault.final
                assert (await made.send(call(there, tls=tls))).status == 200

    run(check())


@pytest.mark.parametrize(
    ("tls", "told"),
    [
        ({"ca_file": "absent.pem"}, "absent.pem: can not be read: No such file"),
        ({"ca_file": "empty.pem"}, "empty.pem: holds no certificates"),
        ({"key_store": {"path": "absent.pem"}}, "absent.pem: can not be read"),
        ({"key_store": {"path": "me.pem"}, "key_id": "x"}, "me.pem: there is no key x"),
        ({"key_store": {"path": "bare.pem"}}, "has no certificate"),
    ],
    ids=["no-authorities", "no-pem", "no-store", "no-key", "no-certificate"],
)
def test_what_tls_needs_is_looked_at_before_the_first_call(
    tmp_path, authority, keys, monkeypatch, tls, told
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.pem").write_text("nothing")
    issued = authority.issue_cert("edge.test")
    issued.private_key_pem.write_to_path(tmp_path / "bare.pem")

    async def check():
        async with adapter(keys=keys) as made:
            with pytest.raises(ValueError, match=told):
                made.endpoints.prepare(settings(tls=tls))

    run(check())


def test_a_renewed_authority_is_read_when_the_configuration_is_read_again(
    tmp_path, authority, keys
):
    async def check():
        context = server_context(authority)
        path = tmp_path / "changing.pem"
        trustme.CA().cert_pem.write_to_path(path)
        trusting = settings(tls={"ca_file": str(path)})
        async with serving(peer, context) as there, adapter(keys=keys) as made:
            made.endpoints.prepare(trusting)
            question = call(there)._replace(settings=trusting)
            assert (await made.fault_of(question)).final
            authority.cert_pem.write_to_path(path)
            assert (await made.fault_of(question)).final
            made.endpoints.prepare(trusting)
            assert (await made.send(question)).status == 200

    run(check())


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1", "fd00:ec2::254"],
)
def test_attack_184_the_address_that_is_connected_to_decides_not_the_name(address):
    async def check():
        async with adapter(resolver=FixedResolver(address)) as made:
            question = call("http://public.test:1/", deny_private_addresses=True, timeout="2s",
                            retry={"max_delay": "1ms"})  # fmt: skip
            fault = await made.fault_of(question)
            assert fault.reason is Reason.INTERNAL
            assert fault.final
            assert address not in fault.detail

    run(check())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "127.1", "0x7f.1", "2130706433", "[::ffff:7f00:1]", "0"]
)
def test_attacks_182_and_183_a_literal_address_is_no_way_around(host):
    async def check():
        async with serving(peer) as there, adapter() as made:
            port = there.rpartition(":")[2]
            question = call(f"http://{host}:{port}/", deny_private_addresses=True, timeout="2s")
            fault = await made.fault_of(question)
            assert fault.reason in (Reason.INTERNAL, Reason.COMMUNICATION)

    run(check())


def test_attack_184_an_open_connection_of_others_is_no_way_around():
    async def check():
        async with serving(peer) as there, adapter() as made:
            assert (await made.send(call(there))).status == 200
            assert (await made.fault_of(call(there, deny_private_addresses=True))).final
            assert (await made.send(call(there))).status == 200

    run(check())


def test_a_socket_is_made_for_a_public_address_only():
    with pytest.raises(AddressRefused):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80)))
    with public_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))) as made:
        assert made.family is socket.AF_INET


@pytest.mark.parametrize(
    "more",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalice", b"HTTP/1.1 200 OK\r\n", b"\0"],
    ids=["whole", "begun", "no-http"],
)
def test_what_nobody_has_asked_for_is_no_answer_to_the_next_question(more):
    async def check():
        said = asyncio.Event()

        async def serve(reader, writer):
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while line := (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1]:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(line))
                    writer.write(line)
                    await writer.drain()
                    if line == b"/first":
                        # Once the connection waits for its next question.
                        await released.wait()
                        writer.write(more)
                        await writer.drain()
                        said.set()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

        released = asyncio.Event()
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        there = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with adapter() as made:
            told = [(await made.send(call(there + "/first"))).body]
            released.set()
            await said.wait()
            await settle()
            told += [(await made.send(call(there + path))).body for path in ("/bob", "/carol")]
        server.close()
        await settle()
        return told

    assert run(check()) == [b"/first", b"/bob", b"/carol"]


def test_attack_211_a_host_that_hangs_takes_no_connections_from_others():
    async def check():
        let_go = asyncio.Event()

        async def hang(_: web.Request) -> web.Response:
            await let_go.wait()
            return web.Response()

        async with serving(hang) as bad, serving(peer) as good, adapter() as made:
            hanging = [asyncio.create_task(made.send(call(bad))) for _ in range(MOST_PER_HOST + 50)]
            await settle()
            assert (await made.send(call(good))).status == 200
            let_go.set()
            assert {answer.status for answer in await asyncio.gather(*hanging)} == {200}

    run(check())
