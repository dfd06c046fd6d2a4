"""Which address of a name is tried first: one that has not failed just now, each in its turn.

Source:
    RFC 8305 section 4: addresses of both families take turns, so that a network that one of them
    does not get through costs one attempt.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Final

from edgeauth.listeners.resolving import Address

_FAILED_SECONDS: Final = 10.0
_MOST_FAILED: Final = 4096


class Candidates:
    """Orders addresses.

    Args:
        now: monotonic seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._turn = 0
        self._failed_until: dict[tuple[Address, int], float] = {}

    def failed(self, address: Address, port: int) -> None:
        """Has an address tried last for ten seconds."""
        if len(self._failed_until) >= _MOST_FAILED:
            self._failed_until.clear()
        self._failed_until[address, port] = self._now() + _FAILED_SECONDS

    def order(self, addresses: Sequence[Address], port: int) -> list[Address]:
        """Returns all addresses in the order in which they are to be tried.

        Those that have failed come last, so that somebody is tried when all have.
        """
        if len(addresses) < 2:
            return list(addresses)
        self._turn += 1
        turns = list(self._taking_turns(addresses))
        return sorted(turns, key=lambda each: self._has_failed(each, port))

    def _taking_turns(self, addresses: Sequence[Address]) -> Iterator[Address]:
        first = addresses[0].family
        families = (
            [each for each in addresses if each.family == first],
            [each for each in addresses if each.family != first],
        )
        rotated = (_rotated(family, self._turn) for family in families)
        return (each for each in chain.from_iterable(zip_longest(*rotated)) if each is not None)

    def _has_failed(self, address: Address, port: int) -> bool:
        until = self._failed_until.get((address, port))
        if until is None:
            return False
        if until > self._now():
            return True
        del self._failed_until[address, port]
        return False


def _rotated(addresses: list[Address], turn: int) -> list[Address]:
    start = turn % len(addresses) if addresses else 0
    return addresses[start:] + addresses[:start]
