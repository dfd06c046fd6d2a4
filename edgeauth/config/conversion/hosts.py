"""Hosts of both dialects: maps with a type and a value, or texts."""

from edgeauth.config.conversion.edits import Draft
from edgeauth.config.nodes import Mapping, Scalar, Sequence


def hosts_to_texts(draft: Draft, match: Mapping) -> None:
    """Writes hosts as 1beta1 does."""
    for item in _items(draft, match):
        if not isinstance(item, Mapping) or not draft.first_visit(item):
            continue
        kind, value = item.entries["type"], item.entries["value"]
        if isinstance(kind, Scalar) and kind.text in ("glob", "regex"):
            hint = "list the hosts, or say *.shop.test for everything below one"
            draft.refuse(kind, f"1beta1 has no hosts of type {kind.text}", hint)
        elif isinstance(value, Scalar):
            layout = draft.layout
            begin, end = layout.content_begin(item), layout.content_end(item)
            draft.move_above(layout.comments(begin, end), begin)
            draft.replace(begin, end, _written(draft, value))


def texts_to_hosts(draft: Draft, match: Mapping) -> None:
    """Writes hosts as 1alpha4 does."""
    for item in _items(draft, match):
        if isinstance(item, Scalar) and draft.first_visit(item):
            kind = "wildcard" if item.text.startswith("*") else "exact"
            quote = match.key("hosts").style or ""
            words = [f"{quote}{word}{quote}" for word in ("type", kind, "value")]
            text = "{{{}: {}, {}: {}}}".format(*words, _written(draft, item))
            draft.replace(draft.layout.content_begin(item), draft.layout.content_end(item), text)


def _items(draft: Draft, match: Mapping) -> list[Mapping | Sequence | Scalar]:
    hosts = match.entries.get("hosts")
    if not isinstance(hosts, Sequence) or not draft.first_visit(hosts):
        return []
    return hosts.items


def _written(draft: Draft, value: Scalar) -> str:
    """Returns a text in its quotes, without its anchor, on one line."""
    written = draft.layout.text[draft.layout.content_begin(value) : value.end]
    if value.style in ("|", ">") or "\n" in written:
        return f'"{value.text}"'  # a host has nothing to escape
    return written
