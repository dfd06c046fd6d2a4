"""The first of several addresses that takes a connection.

Source:
    RFC 8305 section 5 (Happy Eyeballs), with one attempt after the other, each with a head start.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Final, TypeAlias

from edgeauth.listeners.resolving import Address

HEAD_START: Final = 0.25
"""Seconds that an attempt has before the next one is begun beside it (RFC 8305 section 8)."""

Attempt: TypeAlias = Callable[[Address], Coroutine[None, None, socket.socket]]


async def connected(address: Address, port: int) -> socket.socket:
    """Returns a socket that is connected.

    Raises:
        OSError: it can not be.
    """
    made = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)  # noqa: FBT003  (its only form)
        await asyncio.get_running_loop().sock_connect(made, address.at(port))
    except BaseException:
        made.close()
        raise
    return made


async def first_of(
    addresses: Sequence[Address], attempt: Attempt, head_start: float = HEAD_START
) -> tuple[Address, socket.socket]:
    """Returns the first socket that is connected, and to which address.

    Args:
        addresses: in the order in which they are tried.
        attempt: connects to one.
        head_start: seconds that each has before the next one is tried beside it; one that fails
            makes room at once.

    Raises:
        OSError: all attempts have failed; this is the last of them.
    """
    if len(addresses) == 1:
        return addresses[0], await attempt(addresses[0])
    loop = asyncio.get_running_loop()
    waiting = deque(addresses)
    under_way: dict[asyncio.Task[socket.socket], Address] = {}
    failure: BaseException = OSError("there is no address")
    try:
        while waiting or under_way:
            if waiting:
                address = waiting.popleft()
                under_way[loop.create_task(attempt(address))] = address
            done, _ = await asyncio.wait(
                under_way,
                timeout=head_start if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                address, error = under_way.pop(task), task.exception()
                if error is None:
                    return address, task.result()
                failure = error
        raise failure
    finally:
        _give_up(under_way)


def _give_up(attempts: Iterable[asyncio.Task[socket.socket]]) -> None:
    """Ends attempts, and closes what they connect all the same; waits for nobody."""
    for task in attempts:
        task.add_done_callback(_close)
        task.cancel()


def _close(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
