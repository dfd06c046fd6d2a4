"""Looks up elements of lists, maps and optional values."""

from collections.abc import Mapping
from typing import Final

from edgeauth.expressions.cel.values import INT_MAX, INT_MIN, NONE, Optional, UInt, to_key
from edgeauth.expressions.errors import EvaluationError

_NUMBERS: Final = frozenset({int, UInt, float})
_KEYS: Final = frozenset({bool, int, UInt, float, str, bytes, type(None)})


def at(container: object, index: object) -> object:
    """Returns `container[index]`; of an optional container it is optional.

    Raises:
        EvaluationError: there is no such element or key.
    """
    if isinstance(container, list | tuple):
        place = _whole(index)
        if 0 <= place < len(container):
            return container[place]
        raise EvaluationError("[]: index out of range")
    if isinstance(container, Mapping):
        if type(index) in _KEYS and (key := to_key(index)) in container:
            return container[key]
        raise EvaluationError("[]: no such key")
    if isinstance(container, Optional):
        return maybe_at(container, index)
    raise EvaluationError("[]: not a list or map")


def maybe_at(container: object, index: object) -> Optional:
    """Returns `container[?index]`; the container may be optional itself.

    Raises:
        EvaluationError: the container has no elements, or the index can not be one of a list.
    """
    if isinstance(container, Optional):
        if not container.content:
            return NONE
        (container,) = container.content
    if isinstance(container, list | tuple):
        place = _whole(index)
        return Optional((container[place],)) if 0 <= place < len(container) else NONE
    if isinstance(container, Mapping):
        if type(index) in _KEYS and (key := to_key(index)) in container:
            return Optional((container[key],))
        return NONE
    raise EvaluationError("[?]: not a list or map")


def maybe_field(container: object, field: str) -> Optional:
    """Returns `container.?field`; the container may be optional itself.

    Raises:
        EvaluationError: the container is no map.
    """
    if isinstance(container, Optional):
        if not container.content:
            return NONE
        (container,) = container.content
    if isinstance(container, Mapping):
        return Optional((container[field],)) if field in container else NONE
    raise EvaluationError(f'"{field}" is asked of what is no map')


def _whole(number: object) -> int:
    if type(number) is float:
        if not INT_MIN <= number <= INT_MAX:
            return -1
        if number != int(number):
            raise EvaluationError("[]: not an index")
    elif type(number) not in _NUMBERS:
        raise EvaluationError("[]: not an index")
    return int(number)  # type: ignore[call-overload, no-any-return]  # a number
