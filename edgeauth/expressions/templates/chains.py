"""Closures that read a chain of members, from the scope or from another value."""

from collections.abc import Callable, Mapping
from operator import itemgetter

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.map_keys import key_reader
from edgeauth.expressions.templates.frame import Expression, Frame, Run, ScopeReader
from edgeauth.expressions.templates.members import Path, look_up
from edgeauth.expressions.templates.values import Instance
from edgeauth.expressions.types import ObjectType


def ending(value: Expression) -> Expression:
    """Wraps what a chain ends with when that is an object."""
    kind = value.type
    if not isinstance(kind, ObjectType):
        return value
    run, reader = value.run, value.reader
    wrapped_reader: ScopeReader | None = None
    if reader is not None:
        plain = reader
        wrapped_reader = lambda scope: Instance(kind, plain(scope))  # noqa: E731
    return value._replace(run=lambda frame: Instance(kind, run(frame)), reader=wrapped_reader)


def root_reader(name: str, path: Path) -> ScopeReader:
    """Returns what reads a chain from the scope; short chains get closures of their own."""
    inner = _declared_reader(name, path.reads)
    return key_reader(inner, path.names, look_up) if path.names else inner


def _declared_reader(name: str, reads: tuple[Callable[..., object], ...]) -> ScopeReader:
    if not reads:
        return itemgetter(name)
    first = reads[0]
    if len(reads) == 1:
        return lambda scope: first(scope[name])
    if len(reads) == 2:
        second = reads[1]
        return lambda scope: second(first(scope[name]))

    def read(scope: Mapping[str, object]) -> object:
        value = scope[name]
        for step in reads:
            value = step(value)
        return value

    return read


def chain_run(origin: Expression, path: Path) -> Run:
    """Returns what reads a chain from the value of an expression."""
    run, nil_fails = origin.run, origin.nil_fails
    reads, names = path.reads, path.names
    if isinstance(origin.type, ObjectType):

        def read(frame: Frame) -> object:
            instance = run(frame)
            if not isinstance(instance, Instance):
                raise EvaluationError("nil has no members")
            value = instance.object
            for step in reads:
                value = step(value)
            return look_up(value, names)

        return read

    def search(frame: Frame) -> object:
        value = run(frame)
        if value is None and not nil_fails:
            return None
        return look_up(value, names)

    return search
