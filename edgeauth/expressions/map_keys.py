"""Keys of maps within maps: what conditions and templates ask most of claims and answers."""

from collections.abc import Callable
from typing import TypeVar

S = TypeVar("S")
"""What a program reads its variables from."""


def key_reader(
    origin: Callable[[S], object],
    names: tuple[str, ...],
    look_up: Callable[[object, tuple[str, ...]], object],
) -> Callable[[S], object]:
    """Returns the closure of `origin.a.b`, where `a` and what follows are keys of maps.

    Args:
        origin: gives the outermost map.
        names: of the keys.
        look_up: begins anew, with the outermost map, where there is no map or no such key.
    """

    def read(scope: S) -> object:
        outermost = found = origin(scope)
        try:
            for name in names:
                found = found[name]  # type: ignore[index]  # whatever is no map is looked up
        except (KeyError, TypeError):
            return look_up(outermost, names)
        return found

    return read
