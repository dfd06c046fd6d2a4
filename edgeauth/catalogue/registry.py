"""The mechanism types that a catalogue may name."""

from collections.abc import Iterable

from edgeauth.config.specification import Specification
from edgeauth.ports.declare import Kind, MechanismType


class Registry:
    """Mechanism types by kind and name.

    Args:
        types: every type once.

    Raises:
        ValueError: two types of one kind have the same name.
    """

    def __init__(self, types: "Iterable[MechanismType[Specification]]") -> None:
        self._types: dict[Kind, dict[str, MechanismType[Specification]]] = {
            kind: {} for kind in Kind
        }
        for each in types:
            known = self._types[each.kind]
            if each.name in known:
                raise ValueError(f"the {each.kind.value} type {each.name} is registered twice")
            known[each.name] = each

    def find(self, kind: Kind, name: str) -> "MechanismType[Specification] | None":
        """Returns the type of that name, or None."""
        return self._types[kind].get(name)

    def names(self, kind: Kind) -> list[str]:
        """Returns the names of all types of a kind."""
        return sorted(self._types[kind])

    def types(self, kind: Kind) -> "list[MechanismType[Specification]]":
        """Returns all types of a kind, in the order of their names."""
        return [self._types[kind][name] for name in self.names(kind)]
