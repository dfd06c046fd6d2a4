"""Octets in Redis, for as long as Redis is there.

Once it does not answer it is left alone: requests go on without it at once, while it is tried
again in the background, after half a second at first and every five seconds at last.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

import structlog

from edgeauth.config.models.cache import RedisTimeout
from edgeauth.services.redis.announcements import Server
from edgeauth.services.redis.lanes import Command, Lane, RefusedError, UnavailableError

MAX_OCTETS: Final = 1_048_576
"""Octets of one entry; a larger one is neither written nor read."""
_PROBE: Final[Command] = ("GETRANGE", b"edgeauth:probe", 0, 0)
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 5.0
_LAST_WRITES: Final = 1.0
"""Seconds that the end of the process waits for what is still to be written."""

_LOG = structlog.get_logger(__name__)


class Client(Protocol):
    """Connections to Redis."""

    async def run(self, commands: Sequence[Command]) -> Sequence[object]:
        """Returns the replies to commands; a `RefusedError` for what was not carried out.

        Raises:
            UnavailableError: there is no connection, or it broke.
        """
        ...

    async def servers(self) -> frozenset[Server]:
        """Returns the servers that entries are read from at present.

        Raises:
            UnavailableError: nobody can tell.
        """
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...


class RedisStore:
    """Reads and writes octets by name.

    Args:
        connect: makes a client; it connects when it is used first.
        timeout: how long Redis is waited for.
        delay: seconds that commands wait for others.
    """

    def __init__(self, connect: Callable[[], Client], timeout: RedisTimeout, delay: float) -> None:
        self._connect = connect
        self._timeout = timeout
        self._client = connect()
        self._there = asyncio.Event()
        self._seeking: asyncio.Task[None] | None = None
        self._questions = Lane(lambda batch: self._run(batch, timeout.read), delay, timeout.read)
        self._writes = Lane(lambda batch: self._run(batch, timeout.write), delay, timeout.write)

    @property
    def is_there(self) -> bool:
        """Returns whether Redis has answered last time."""
        return self._there.is_set()

    async def found(self) -> None:
        """Waits until Redis is there."""
        await self._there.wait()

    async def probe(self) -> None:
        """Finds out whether Redis is there.

        Raises:
            UnavailableError: it does not answer.
            RefusedError: it does not carry out what we ask for.
        """
        _ = await self._questions.ask(_PROBE)

    async def servers(self) -> frozenset[Server]:
        """Returns the servers that entries are read from at present.

        Raises:
            UnavailableError: nobody can tell.
        """
        return await self._client.servers()

    async def start(self) -> None:
        """Connects, or begins to try it again and again."""
        if await self._answers():
            self._there.set()
        else:
            self._lose()

    async def read(self, name: bytes) -> bytes:
        """Returns the octets under a name; empty when there are none.

        Never more than `MAX_OCTETS` and one, whatever somebody has put there.

        Raises:
            UnavailableError: Redis does not answer.
            RefusedError: Redis does not carry it out.
        """
        reply = await self._questions.ask(("GETRANGE", name, 0, MAX_OCTETS))
        return reply if isinstance(reply, bytes) else b""

    async def claim(self, name: bytes, milliseconds: int) -> bool:
        """Returns True only if the name was free, and is taken from now on.

        Raises:
            UnavailableError: Redis does not answer; perhaps the name is taken now.
            RefusedError: Redis does not carry it out.
        """
        command = ("SET", name, b"1", b"NX", b"PX", milliseconds)
        return await self._questions.ask(command) in (True, b"OK")

    def write(self, name: bytes, octets: bytes, milliseconds: int) -> "asyncio.Future[object]":
        """Returns the reply to come to octets that are to be kept for a while."""
        return self._writes.send(("SET", name, octets, b"PX", milliseconds))

    def delete(self, name: bytes) -> None:
        """Has the octets under a name deleted."""
        _ = self._writes.send(("DEL", name))

    async def close(self) -> None:
        """Closes the connections once everything is written, or after a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WRITES):
                await self._writes.drain()
        if self._seeking is not None:
            self._seeking.cancel()
            with suppress(asyncio.CancelledError):
                await self._seeking
        self._there.clear()
        await self._client.close()

    async def _run(self, commands: Sequence[Command], patience: float) -> Sequence[object]:
        if not self._there.is_set():
            raise UnavailableError
        try:
            async with asyncio.timeout(patience):
                return await self._client.run(commands)
        except (TimeoutError, UnavailableError):
            self._lose()
            raise UnavailableError from None

    def _lose(self) -> None:
        self._there.clear()
        if self._seeking is None:
            _LOG.warning("redis does not answer", effect="facts are not shared")
            self._seeking = asyncio.create_task(self._seek())

    async def _seek(self) -> None:
        pause = _FIRST_PAUSE
        try:
            while True:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                # Another client looks anew where nodes and masters are.
                await self._client.close()
                self._client = self._connect()
                if await self._answers():
                    break
        finally:
            self._seeking = None
        self._there.set()
        _LOG.info("redis answers again")

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(self._timeout.connect):
                (reply,) = await self._client.run([_PROBE])
        except (TimeoutError, UnavailableError):
            return False
        if isinstance(reply, RefusedError):
            _LOG.warning("redis refuses", code=str(reply))
            return False
        return True
