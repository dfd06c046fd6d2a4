"""Facts that were expensive to learn, and how they are kept for later requests and other processes.

Mechanisms look into the memory of the process first, which never waits. What is not there is
learned: asked for once, however many requests need it at the same time, and kept.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from edgeauth.model.errors import Malformed

F = TypeVar("F")
Shape = TypeVar("Shape")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FactKind(Generic[F]):
    """Facts of one kind that other processes may be told.

    Attributes:
        name: with a version at its end, such as `content.1`. It changes with the meaning of what
            is written, so that different releases do not read each other's facts.
        fact: the class of the facts.
        write: returns a fact as octets; raises `Malformed` when it can not be written.
        read: returns the fact that octets stand for; raises `Malformed` when they stand for none.
    """

    name: str
    fact: type[F]
    write: Callable[[F], bytes]
    read: Callable[[bytes], F]


def fact_kind(
    name: str,
    fact: type[F],
    shape: type[Shape],
    to_shape: Callable[[F], Shape],
    of_shape: Callable[[Shape], F],
) -> FactKind[F]:
    """Returns a kind of facts that are written in MessagePack, which can hold nothing but data.

    Args:
        name: of the kind.
        fact: the class of the facts.
        shape: a named tuple of plain values; what does not fit it exactly is not read.
        to_shape: takes a fact apart.
        of_shape: puts it together; raises ValueError for what is no fact.
    """
    decoder = msgspec.msgpack.Decoder(shape)

    def write(known: F) -> bytes:
        try:
            return msgspec.msgpack.encode(to_shape(known))
        except (OverflowError, ValueError, RecursionError):
            # An integer of more than 64 bits, half a character: rare, and kept in the process.
            raise Malformed("the fact can not be written") from None

    def read(octets: bytes) -> F:
        try:
            return of_shape(decoder.decode(octets))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            raise Malformed("the fact can not be read") from None

    return FactKind(name, fact, write, read)


class Learned(NamedTuple, Generic[T]):
    """What was found out, and how long that is a fact."""

    outcome: T
    expires_at: float | None
    """Seconds since the epoch; None for what is not to be remembered, such as a refusal."""


class FactCache(Protocol):
    """Facts by a key that covers all that influenced them.

    A verdict is never kept: assertions run again on every hit. Nothing that goes wrong with a
    cache is told to who asks it: the fact is unknown then.
    """

    def find(self, key: bytes) -> object | None:
        """Returns the fact if this process has it, or None when it is unknown or too old."""
        ...

    def peek(self, key: bytes) -> object | None:
        """Returns the same as `find` without counting it; for those who look a second time."""
        ...

    async def fetch(self, key: bytes, kind: FactKind[F]) -> F | None:
        """Returns the fact if another process has left it, or None. May wait for a moment."""
        ...

    def store(
        self, key: bytes, fact: object, expires_at: float, kind: FactKind[F] | None = None
    ) -> None:
        """Keeps a fact until `expires_at` (seconds since the epoch) at the longest.

        What is over already takes the place of what was known: then nothing is.

        Args:
            key: covers all that influenced the fact, in every process the same.
            fact: is not changed any more.
            expires_at: never prolonged.
            kind: None keeps the fact in this process.
        """
        ...

    async def learn(
        self,
        key: bytes,
        kind: FactKind[F] | None,
        work: Callable[[], Coroutine[None, None, Learned[T]]],
    ) -> T:
        """Returns what the work finds out about a fact that `find` has not found.

        Another process is asked first, if it may know. Whoever asks for the same key at the same
        time waits for the same work, and nobody who goes away ends it. A fault is not remembered.

        Args:
            key: covers all that influences the outcome; the same one always stands for the same
                kind of fact.
            kind: of facts that other processes may be told; None keeps the fact in this process.
            work: finds the fact out; begun only if nobody knows it.

        Raises:
            Fault: the work could not tell.
        """
        ...


@dataclass(slots=True)
class CacheCounters:
    """What one cache was asked for since the start of the process.

    Attributes:
        hits: facts that were there.
        misses: facts that were not.
        errors: questions that had no answer, or one that could not be believed.
        stored: facts that were kept.
        store_errors: facts that could not be kept.
        invalidated: facts that were given up, because they have changed elsewhere or could have.
    """

    hits: int = 0
    misses: int = 0
    errors: int = 0
    stored: int = 0
    store_errors: int = 0
    invalidated: int = 0
