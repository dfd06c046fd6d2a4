"""Peers that reset connections at once, and neighbours that notice descriptors closed twice."""

import asyncio
import gc
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

_AT_ONCE = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing resets."""


def reset(connection: socket.socket) -> None:
    """Ends a connection in the rudest way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    connection.close()


class ResetBeforeHandshake(ssl.SSLContext):
    """For one side, with a peer that resets each connection just before its handshake begins.

    Args:
        side: `ssl.PROTOCOL_TLS_CLIENT` or `ssl.PROTOCOL_TLS_SERVER`.
    """

    peers: list[socket.socket]
    """The other ends; where one listens, it accepts one that it resets."""

    def __new__(cls, side: int, *peers: socket.socket) -> Self:
        made = super().__new__(cls, side)
        made.peers = list(peers)
        return made

    def wrap_bio(self, *given, **more) -> ssl.SSLObject:
        for each in self.peers:
            listens = each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            reset(each.accept()[0] if listens else each)
        return super().wrap_bio(*given, **more)


@asynccontextmanager
async def neighbours() -> AsyncIterator[None]:
    """Opens files in every turn of the loop: each number that becomes free is taken at once.

    In the end all of them have to be open.
    """
    opened: list[int] = []

    def open_files(count: int) -> None:
        opened.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(count))

    async def keep_opening() -> None:
        for _ in range(100):  # there are not any number of them
            open_files(4)
            await asyncio.sleep(0)

    open_files(32)  # the lowest numbers are given first
    opening = asyncio.create_task(keep_opening())
    try:
        yield
        gc.collect()
        await asyncio.sleep(0)
    finally:
        opening.cancel()
        closed_by_others = [each for each in opened if not _close(each)]
    assert closed_by_others == []


def _close(descriptor: int) -> bool:
    try:
        os.close(descriptor)
    except OSError:
        return False
    return True
