"""Sockets that listen: opened here, or handed over by whoever started the process.

Handed over they stay open when processes come and go, so no client is ever refused: that is how
systemd starts a service for its sockets, and how a successor takes over from a running edgeauth.

Source:
    sd_listen_fds(3): `LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`; the first descriptor is 3.
"""

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

BACKLOG: Final = 2048
_FIRST_DESCRIPTOR: Final = 3


@dataclass(frozen=True, slots=True)
class Place:
    """An address to listen on.

    Attributes:
        name: the section of the configuration, e.g. `serve`.
        host: address or name; empty for all interfaces.
        port: the port; 0 for any free one.
    """

    name: str
    host: str
    port: int


def open_sockets(place: Place, groups: int = 1) -> list[list[socket.socket]]:
    """Returns sockets that listen at a place: a list for each group of processes.

    A place may be several addresses. Several groups share each of them, and the kernel spreads
    connections over them.

    Args:
        place: where.
        groups: how many lists.

    Raises:
        OSError: the place can not be listened on; the text names it.
    """
    opened: list[list[socket.socket]] = []
    try:
        port = place.port
        for number in range(groups):
            # The first of them asks for the place alone, so that nobody shares it by accident.
            found = _open(place.host, port, shared=groups > 1, alone=number == 0)
            opened.append(found)
            port = found[0].getsockname()[1]
    except OSError as error:
        for each in (one for group in opened for one in group):
            each.close()
        at = f"{place.host or '*'}:{place.port}"
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        text = f"{place.name}: can not listen on {at}: {reason}"
        raise OSError(error.errno, text) from None
    return opened


def _open(host: str, port: int, *, shared: bool, alone: bool) -> list[socket.socket]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    opened: list[socket.socket] = []
    try:
        for family, kind, protocol, _, named in dict.fromkeys(found):
            # The second family of a wildcard takes the same port as the first.
            taken = opened[0].getsockname()[1] if opened else named[1]
            address = (named[0], taken, *named[2:])
            if shared and alone:
                _bound(family, kind, protocol, address, shared=False).close()
            opened.append(_bound(family, kind, protocol, address, shared=shared))
    except OSError:
        for each in opened:
            each.close()
        raise
    for each in opened:
        each.listen(BACKLOG)
    return opened


def _bound(
    family: int, kind: int, protocol: int, address: tuple[object, ...], *, shared: bool
) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def inherited_sockets(environment: MutableMapping[str, str]) -> dict[str, list[socket.socket]]:
    """Returns the sockets that were handed over, by the name of their place.

    Sockets without a name, or with one that systemd gives (the unit's), are those of `serve`.

    Args:
        environment: the variables that tell of them are taken out.
    """
    told = [environment.pop(f"LISTEN_{name}", "") for name in ("PID", "FDS", "FDNAMES")]
    if told[0] != str(os.getpid()) or not told[1].isdecimal():
        return {}
    names = told[2].split(":")
    found: dict[str, list[socket.socket]] = {}
    for number in range(int(told[1])):
        descriptor = _FIRST_DESCRIPTOR + number
        name = names[number] if number < len(names) else ""
        with suppress(OSError):
            os.set_inheritable(descriptor, False)  # noqa: FBT003  (its only form)
            made = socket.socket(fileno=descriptor)
            place = name if name in ("management", "metrics") else "serve"
            found.setdefault(place, []).append(made)
    return found


def dealt(sockets: list[socket.socket], workers: int) -> list[list[socket.socket]]:
    """Returns the sockets of each worker: every socket has one, every worker has one."""
    shares: list[list[socket.socket]] = [sockets[number::workers] for number in range(workers)]
    return [share or [sockets[number % len(sockets)]] for number, share in enumerate(shares)]
