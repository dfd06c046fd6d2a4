"""From the location of an error in a model to its place in the tree."""

from typing import NamedTuple, TypeAlias

from edgeauth.config.nodes import Mapping, Node, Scalar, Sequence
from edgeauth.config.spelling import quoted

Path: TypeAlias = tuple[str | int, ...]


class Place(NamedTuple):
    """Where an error is, once its location has been followed through the tree.

    Attributes:
        path: the parts of the location that lead somewhere.
        labels: the others: branches of unions, and the key that is missing.
        node: what stands there.
        key: the key of the node; None for the root and for entries of a list.
    """

    path: Path
    labels: Path
    node: Node
    key: Scalar | None

    @property
    def shown(self) -> Node:
        """What to point at: the value, or its key when the value is empty."""
        return self.key if self.key is not None and self.node.begin == self.node.end else self.node

    @property
    def subject(self) -> str:
        """How a message calls the place: `"port"`, `entry 2 of "hosts"`."""
        words = ""
        for part in reversed(self.path):
            if isinstance(part, str):
                return words + quoted(part)
            words += f"entry {part + 1} of "
        return words + "the document"


def follow(node: Node, location: Path) -> Place:
    """Returns the place that a location leads to, as far as the tree goes."""
    path: list[str | int] = []
    labels: list[str | int] = []
    key: Scalar | None = None
    for part in location:
        if isinstance(node, Mapping) and isinstance(part, str) and part in node.entries:
            key, node = node.key(part), node.entries[part]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            key, node = None, node.items[part]
        else:
            labels.append(part)
            continue
        path.append(part)
    return Place(tuple(path), tuple(labels), node, key)
