"""Two trees become one, and everything in it still knows where it was written."""

from edgeauth.config.codes import Code
from edgeauth.config.errors import ConfigurationError, problem_at
from edgeauth.config.nodes import Mapping, Node, Scalar


def put(node: Mapping, key: str, value: Node) -> Mapping:
    """Returns a map with one entry added or replaced; a new key is taken to be at its value."""
    entries = {**node.entries, key: value}
    begins = dict(zip(node.entries, node.key_begins, strict=True))
    if key not in begins or value.source is not node.entries[key].source:
        begins[key] = value.begin
    return Mapping(entries, list(begins.values()), node.source, node.begin, node.end)


def override(base: Mapping, override: Mapping) -> Mapping:
    """Returns a map with the entries of both; where both have a key, the second one's."""
    merged = base
    for key, value in override.entries.items():
        merged = put(merged, key, value)
    return merged


def merge(base: Node, value: Node) -> Node:
    """Returns what a value becomes over another: maps are merged to the bottom, others replaced.

    Raises:
        ConfigurationError: when one is a list or a map and the other is something else.
    """
    if isinstance(base, Mapping) and isinstance(value, Mapping):
        merged = base
        for key, child in value.entries.items():
            known = base.entries.get(key)
            merged = put(merged, key, child if known is None else merge(known, child))
        return merged
    is_empty = isinstance(base, Scalar) and base.value is None
    if type(base) is not type(value) and not is_empty:
        message = "the value is of another kind than here"
        raise ConfigurationError([problem_at(value, message, code=Code.WRONG_TYPE)])
    return value
