"""Circuit breakers and limits of concurrency: what keeps one bad endpoint from being everybody's.

A circuit is closed at first. As many failures in a row as configured open it; then calls fail at
once, without a connection. After `open_for` seconds one call is let through, and what becomes of
it closes the circuit or opens it anew.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.call_terms import CallTerms, CircuitBreaker


class HeldBack(Fault):
    """Raised in the place of a call that is not made."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.COMMUNICATION, detail)


class Passage:
    """What became of a call."""

    failed: bool | None = None
    """None when nobody can tell: the one who asked has gone away."""


class Gate:
    """Lets calls of one endpoint through.

    Args:
        settings: the limits.
        monotonic: seconds that only ever grow.
    """

    def __init__(self, settings: CallTerms, monotonic: Callable[[], float]) -> None:
        self._limit = settings.concurrency
        self._under_way = 0
        breaker = settings.circuit_breaker
        self._circuit = None if breaker is None else Circuit(breaker, monotonic)

    @contextmanager
    def passage(self, place: str) -> Iterator[Passage]:
        """Lets one call through; a fault counts as a failure, else the caller says what it was.

        Args:
            place: what errors call the endpoint.

        Raises:
            HeldBack: there are too many calls, or the circuit is open.
        """
        if self._limit is not None and self._under_way >= self._limit:
            raise HeldBack(f"too many calls to {place} are under way")
        is_trial = self._circuit is not None and self._circuit.admit(place)
        passage = Passage()
        self._under_way += 1
        try:
            yield passage
        except Fault:
            passage.failed = True
            raise
        finally:
            self._under_way -= 1
            if self._circuit is not None:
                self._circuit.note(failed=passage.failed, is_trial=is_trial)


class Circuit:
    """Counts failures.

    Args:
        settings: how many, and what then.
        monotonic: seconds that only ever grow.
    """

    def __init__(self, settings: CircuitBreaker, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._failures = 0
        self._open_until = 0.0
        self._is_trying = False

    def admit(self, place: str) -> bool:
        """Returns whether the call is the one that tries an open circuit.

        Raises:
            HeldBack: the call is not to be made.
        """
        if self._failures < self._settings.failures:
            return False
        if self._is_trying or self._monotonic() < self._open_until:
            raise HeldBack(f"{place} failed too often and is left alone")
        self._is_trying = True
        return True

    def note(self, *, failed: bool | None, is_trial: bool) -> None:
        """Counts what became of a call.

        Args:
            failed: None says nothing about the endpoint.
            is_trial: what `admit` returned.
        """
        if is_trial:
            self._is_trying = False
        if failed is False:
            self._failures = 0
        elif failed:
            self._failures += 1
            if self._failures >= self._settings.failures:
                self._open_until = self._monotonic() + self._settings.open_for
