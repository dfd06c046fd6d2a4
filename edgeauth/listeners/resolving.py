"""The addresses of upstreams, by name: learned again and again, and never waited for twice.

Names come from rules, never from requests, so there are few of them. Those that are in use are
looked up every half a minute, beside the requests. When that fails what was known before goes on
for ten minutes: a name server that is restarted must not stop the services.

Trust: name servers say what they like. Who is at an address is a question for TLS.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address
from math import inf
from typing import Final, NamedTuple, TypeAlias

_FRESH_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 1.0
"""Between two questions for a name that could not be answered."""
_PATIENCE_SECONDS: Final = 1.0
"""For new addresses when there are old ones."""
_STALE_SECONDS: Final = 600.0
"""For so long addresses are believed that can not be confirmed."""
_UNUSED_SECONDS: Final = 600.0


class Address(NamedTuple):
    """Where to connect to, but for the port."""

    family: int
    host: str
    """An address; of a unix socket its path."""
    scope: int = 0
    """Of link-local addresses of IPv6."""

    def at(self, port: int) -> str | tuple[str, int] | tuple[str, int, int, int]:
        """Returns what sockets take."""
        if self.family == socket.AF_UNIX:
            return self.host
        if self.family == socket.AF_INET6:
            return (self.host, port, 0, self.scope)
        return (self.host, port)


LookUp: TypeAlias = Callable[[str], Awaitable[tuple[Address, ...]]]
"""Returns the addresses of a name; raises OSError or UnicodeError when there are none."""


async def system_look_up(host: str) -> tuple[Address, ...]:
    """Returns the addresses of a name as the system orders them (RFC 6724)."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    listed: dict[Address, None] = {}
    for family, _, _, _, address in found:
        if family == socket.AF_INET:
            listed[Address(family, str(address[0]))] = None
        elif len(address) == 4:
            listed[Address(family, str(address[0]).partition("%")[0], address[3])] = None
    return tuple(listed)


class _Name:
    """What is known of a name; times are monotonic seconds."""

    __slots__ = ("addresses", "asked", "learned", "task", "used")

    def __init__(self) -> None:
        self.addresses: tuple[Address, ...] = ()
        self.learned = -inf
        self.asked = -inf
        self.used = 0.0
        self.task: asyncio.Task[None] | None = None


class Names:
    """The addresses of the names that upstreams have.

    Args:
        look_up: asks for addresses; the system unless given.
        now: monotonic seconds.
    """

    def __init__(
        self, look_up: LookUp = system_look_up, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._look_up = look_up
        self._now = now
        self._known: dict[str, _Name] = {}

    async def addresses(self, host: str) -> tuple[Address, ...]:
        """Returns the addresses of a name; waits only when none are known, or only old ones.

        Raises:
            OSError: there are none.
        """
        literal = _literal(host)
        if literal is not None:
            return (literal,)
        name = self._known.setdefault(host, _Name())
        name.used = self._now()
        self._refresh(host, name)
        if name.task is not None and name.used - name.learned > 2 * _FRESH_SECONDS:
            await asyncio.wait((name.task,), timeout=_PATIENCE_SECONDS if name.addresses else None)
        if not name.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        return name.addresses

    def holds(self, host: str, address: Address) -> bool:
        """Returns whether an address is still one of a name, as far as is known."""
        name = self._known.get(host)
        return name is None or address in name.addresses

    def refresh(self, hosts: Iterable[str]) -> None:
        """Has names looked up that are in use and were not for a while; forgets unused ones."""
        now = self._now()
        for host in hosts:
            name = self._known.get(host)
            if name is not None:
                name.used = now
                self._refresh(host, name)
        for host, name in tuple(self._known.items()):
            if name.task is None and now - name.used > _UNUSED_SECONDS:
                del self._known[host]

    def close(self) -> None:
        """Gives up what is being asked."""
        for name in self._known.values():
            if name.task is not None:
                name.task.cancel()

    def _refresh(self, host: str, name: _Name) -> None:
        confirmed = name.learned == name.asked
        pause = _FRESH_SECONDS if confirmed else _RETRY_SECONDS
        if name.task is None and self._now() - name.asked >= pause:
            self._ask(host, name)

    def _ask(self, host: str, name: _Name) -> None:
        name.task = asyncio.get_running_loop().create_task(self._learn(host, name))

    async def _learn(self, host: str, name: _Name) -> None:
        try:
            found = await self._look_up(host)
        except (OSError, UnicodeError):
            found = ()
        finally:
            name.task = None
            name.asked = self._now()
        if found:
            name.addresses, name.learned = found, name.asked
        elif name.asked - name.learned > _STALE_SECONDS:
            name.addresses = ()


@lru_cache(maxsize=1024)
def _literal(host: str) -> Address | None:
    """Returns the address that a host is already; None for a name."""
    if host.startswith("/"):
        return Address(socket.AF_UNIX, host)
    try:
        version = ip_address(host).version
    except ValueError:
        return None
    return Address(socket.AF_INET if version == 4 else socket.AF_INET6, host)
