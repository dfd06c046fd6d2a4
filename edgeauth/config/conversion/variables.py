"""Variables of the environment that stand for what has to be converted.

The environment may say anything at all in the place of a reference, a whole list of rules too. What
it will say is not known here.
"""

from collections.abc import Iterator

from edgeauth.config.dialects import Dialect, is_document
from edgeauth.config.nodes import Mapping, Node, Scalar, Sequence, children


def unknown_parts(root: Mapping, dialect: Dialect) -> Iterator[Scalar]:
    """Yields the references in the place of something that differs between dialects.

    Args:
        root: a document in which nothing else is wrong.
        dialect: the one that it is in.
    """
    version = root.entries["apiVersion" if is_document(root) else "version"]
    if isinstance(version, Scalar) and dialect.version not in version.text:
        yield version
    path = ("spec", "rules") if is_document(root) else ("rules",)
    for rule in _items(root, *path):
        yield from _scalar(rule)
        for step in _items(rule, "execute"):
            yield from _scalar(step)
        match = _below(rule, "match")
        matcher = _below(match, "http") if dialect.version == "1beta1" else match
        yield from _scalar(matcher)
        for part in _items(matcher, "paths" if dialect.version == "1beta1" else "routes"):
            yield from _scalar(part)
        if dialect.version == "1alpha4":
            for host in _items(matcher, "hosts"):
                yield from _scalar(host)
                yield from _reference(_below(host, "type"))


def references(node: Node, seen: set[int]) -> Iterator[Scalar]:
    """Yields the values below a node that hold a reference, each once.

    Args:
        node: where to begin.
        seen: the collections that have been looked at; aliases lead to them again.
    """
    if isinstance(node, Scalar):
        yield from _reference(node)
    elif id(node) not in seen:
        seen.add(id(node))
        for _, child in children(node):
            yield from references(child, seen)


def _items(node: Node | None, *path: str) -> list[Node]:
    """Returns the entries of a list, or the scalar in its place."""
    for name in path:
        node = _below(node, name)
    if isinstance(node, Sequence):
        return node.items
    return [node] if isinstance(node, Scalar) else []


def _below(node: Node | None, name: str) -> Node | None:
    """Returns an entry of a map, or the scalar in the place of the map."""
    return node.entries.get(name) if isinstance(node, Mapping) else node


def _scalar(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node


def _reference(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar) and "${" in node.text:
        yield node
