"""Which of several things a server has for the name that a client asks for.

Trust: the name is the client's (SNI); it is compared and nothing else.

Source:
    RFC 6066 section 3 (host names are ASCII: internationalized ones come as A-labels);
    RFC 6125 section 6.4.3 (a wildcard is the whole first label, and stands for one label).
"""

from collections.abc import Iterable
from typing import Final, Generic, TypeVar

_LONGEST: Final = 254
"""Octets of a host name with a dot at its end (RFC 1035 section 2.3.4)."""

Thing = TypeVar("Thing")


class ServerNames(Generic[Thing]):
    """Things by the names that they are for; a name belongs to the first that claims it.

    Args:
        default: for clients that ask for no name, or for an unknown one.
    """

    def __init__(self, default: Thing) -> None:
        self.default = default
        self._exact: dict[str, Thing] = {}
        self._wildcards: dict[str, Thing] = {}

    def add(self, names: Iterable[str], thing: Thing) -> bool:
        """Claims names, and returns whether one of them was still to be had.

        Args:
            names: host names as certificates hold them; `*.` may begin them.
            thing: what they are for.
        """
        claimed = False
        for name in names:
            normal = normal_name(name)
            where, key = self._exact, normal
            if normal.startswith("*."):
                where, key = self._wildcards, normal[2:]
            if key and "*" not in key and key not in where:
                where[key] = thing
                claimed = True
        return claimed

    def find(self, name: str | None) -> Thing:
        """Returns what is for a name: claimed as it stands, or by a wildcard, or the default."""
        if name is None or len(name) > _LONGEST:
            return self.default
        normal = normal_name(name)
        found = self._exact.get(normal)
        if found is None:
            label, _, rest = normal.partition(".")
            found = self._wildcards.get(rest) if label else None
        return self.default if found is None else found


def normal_name(name: str) -> str:
    """Returns a name in small letters, without one dot at its end."""
    return name.lower().removesuffix(".")
