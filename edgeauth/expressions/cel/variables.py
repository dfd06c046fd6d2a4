"""Compiles the variables that macros bind to something else than one element."""

from typing import Literal

from edgeauth.expressions.cel.code import Frame, Run
from edgeauth.expressions.errors import EvaluationError


class _Delayed:
    """A value that is computed when it is read first; a failure is remembered as well."""

    __slots__ = ("_failure", "_run", "_value")

    def __init__(self, run: Run) -> None:
        self._run: Run | None = run
        self._value: object = None
        self._failure = ""

    def read(self, frame: Frame) -> object:
        run, self._run = self._run, None
        if run is not None:
            try:
                self._value = run(frame)
            except EvaluationError as error:
                self._failure = str(error)
                raise
        if self._failure:
            raise EvaluationError(self._failure)
        return self._value


def bound(place: str, value: Run, body: Run) -> Run:
    """Returns the closure of `cel.bind`: `body` with a variable at `place`."""

    def run(frame: Frame) -> object:
        frame[place] = _Delayed(value)
        return body(frame)

    return run


def part(place: str, which: Literal["first", "second", "delayed"]) -> Run:
    """Returns the closure that reads a variable: one of the pair at a place, or what is delayed."""
    if which == "delayed":
        return lambda frame: frame[place].read(frame)  # type: ignore[attr-defined]  # `bound` did
    index = 0 if which == "first" else 1
    return lambda frame: frame[place][index]  # type: ignore[index]  # a pair
