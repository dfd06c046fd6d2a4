"""Listens to every server that facts are read from, so that copies of them may be kept.

A break of one connection ends all copies at once; they come back when all servers are listened to
again. A server that says nothing for a while counts as one that is gone, and a connection to one
that facts are not read from any more, after a failover for example, is given up.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Final

import structlog

from edgeauth.services.redis.announcements import Announcements, Server, announcements_of
from edgeauth.services.redis.clients import Access
from edgeauth.services.redis.copies import Copies
from edgeauth.services.redis.lanes import RefusedError, UnavailableError
from edgeauth.services.redis.sealing import NAMES_OF_FACTS
from edgeauth.services.redis.store import RedisStore

_PULSE: Final = 2.0
"""Seconds after which servers are asked for a sign of life, and which ones they are."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0

_LOG = structlog.get_logger(__name__)


class Tracking:
    """Has copies kept while all changes are told.

    Args:
        store: knows the servers.
        access: how they let us in.
        copies: what ends.
        patience: seconds that a connection may take, or a sign of life.
    """

    def __init__(self, store: RedisStore, access: Access, copies: Copies, patience: float) -> None:
        self._store = store
        self._access = access
        self._copies = copies
        self._patience = patience
        self._complained = False
        self._work: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listens, or begins to try it again and again."""
        tried = asyncio.Event()
        self._work = asyncio.create_task(self._run(tried))
        if self._store.is_there:
            await tried.wait()

    async def close(self) -> None:
        """Ends the connections, and all copies."""
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work
        self._copies.end()

    async def _run(self, tried: asyncio.Event) -> None:
        pause = _FIRST_PAUSE
        while True:
            await self._store.found()
            # What was kept while Redis was away may have been changed by others.
            self._copies.end()
            async with AsyncExitStack() as connections:
                try:
                    servers, told = await self._connect(connections)
                except (UnavailableError, RefusedError) as problem:
                    await self._complain(problem)
                else:
                    pause = _FIRST_PAUSE
                    self._begin()
                    tried.set()
                    await self._listen(servers, told)
            tried.set()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _connect(
        self, connections: AsyncExitStack
    ) -> tuple[frozenset[Server], Sequence[Announcements]]:
        """Returns the servers, and a connection to each that tells what changes.

        Raises:
            UnavailableError: one of them is not there.
            RefusedError: one of them does not tell us.
        """
        servers = await self._servers()
        opened = [self._announcements(server, connections) for server in servers]
        told = await asyncio.gather(*opened, return_exceptions=True)
        for each in told:
            if isinstance(each, BaseException):
                raise each
        return servers, [each for each in told if isinstance(each, Announcements)]

    async def _servers(self) -> frozenset[Server]:
        with _in_time():
            async with asyncio.timeout(self._patience):
                return await self._store.servers()

    async def _announcements(self, server: Server, connections: AsyncExitStack) -> Announcements:
        tls, logins = self._access.tls, self._access.logins
        with _in_time():
            async with asyncio.timeout(self._patience):
                made = await announcements_of(server, None if tls is None else tls())
                connections.push_async_callback(made.close)
                await made.begin(None if logins is None else await logins.current(), NAMES_OF_FACTS)
        return made

    def _begin(self) -> None:
        self._copies.begin()
        if self._complained:
            self._complained = False
            _LOG.info("redis tells again what changes")

    async def _complain(self, problem: UnavailableError | RefusedError) -> None:
        """Says once that copies are not kept, unless Redis is not there at all."""
        with suppress(RefusedError):
            try:
                await self._store.probe()
            except UnavailableError:
                return
        if not self._complained:
            self._complained = True
            _LOG.warning(
                "redis does not tell what changes",
                code=str(problem) or "unavailable",
                effect="facts are asked of redis each time",
            )

    async def _listen(self, servers: frozenset[Server], told: Sequence[Announcements]) -> None:
        """Hears what changes until one of the servers is gone, or is another one."""
        try:
            async with asyncio.TaskGroup() as group:
                for each in told:
                    group.create_task(self._hear(each))
                group.create_task(self._keep_up(servers, told))
        except* UnavailableError:
            pass

    async def _hear(self, announcements: Announcements) -> None:
        try:
            while True:
                with _in_time():
                    async with asyncio.timeout(_PULSE + self._patience):
                        await announcements.hear(self._copies.drop, self._copies.drop_all)
        finally:
            # At once, before the others have ended.
            self._copies.end()

    async def _keep_up(self, servers: frozenset[Server], told: Sequence[Announcements]) -> None:
        """Looks for signs of life, and whether facts are still read from the same servers."""
        try:
            while True:
                await asyncio.sleep(_PULSE)
                for each in told:
                    each.ping()
                if await self._servers() != servers:
                    raise UnavailableError
        finally:
            self._copies.end()


@contextmanager
def _in_time() -> Iterator[None]:
    """Takes what lasts too long for what is not there.

    Raises:
        UnavailableError: it has lasted too long.
    """
    try:
        yield
    except TimeoutError:
        raise UnavailableError from None
