"""Servers that reset connections before TLS has begun."""

import asyncio
import socket
import ssl

import pytest

from edgeauth.config.models.cache import SingleRedisSettings
from edgeauth.services.event_loop import Loop
from edgeauth.services.redis.announcements import Server, announcements_of
from edgeauth.services.redis.clients import Access, client_of
from edgeauth.services.redis.lanes import UnavailableError
from tests.fakes.driving import settle
from tests.fakes.resets import ResetBeforeHandshake, neighbours


async def run_a_command(server: Server, context: ssl.SSLContext) -> None:
    settings = SingleRedisSettings.model_validate(
        {"address": f"{server.host}:{server.port}", "encryption_key": "a" * 32}
    )
    client = client_of(settings, Access(lambda: context))
    try:
        await client.run([(b"PING",)])
    finally:
        await client.close()


@pytest.mark.parametrize("begin", [run_a_command, announcements_of])
@pytest.mark.parametrize("new_loop", [Loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def test_a_server_that_resets_before_the_handshake_closes_nothing_of_others(new_loop, begin):
    async def check(listening: socket.socket) -> None:
        context = ResetBeforeHandshake(ssl.PROTOCOL_TLS_CLIENT, listening)
        for _ in range(3):
            async with neighbours():
                with pytest.raises(UnavailableError) as kept:
                    await begin(Server(*listening.getsockname()), context)
                await settle()
                del kept

    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        asyncio.Runner(loop_factory=new_loop) as runner,
    ):
        runner.run(check(listening))
