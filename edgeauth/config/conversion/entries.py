"""Takes entries out of maps."""

from edgeauth.config.conversion.edits import Draft
from edgeauth.config.nodes import Mapping


def remove_entry(draft: Draft, mapping: Mapping, name: str) -> None:
    """Takes an entry away; comments behind it stay.

    Args:
        draft: the conversion.
        mapping: its entries are written in it, none of them is an alias.
        name: the key.
    """
    layout, key = draft.layout, mapping.key(name)
    end = layout.content_end(mapping.entries[name])
    comma = _comma(draft, mapping, end)
    after = end if comma is None else comma + 1
    following = _next_begin(mapping, name)
    comments = layout.comments(key.begin, layout.line_end(after))
    alone = layout.ends_line(after) or comments
    if layout.begins_line(key.begin) and alone:
        if following is None and layout.is_flow(mapping):
            _remove_comma_before(draft, mapping, name)
        if len(comments) == 1 and comments[0].begin > end:
            draft.replace(key.begin, comments[0].begin)
            return
        draft.move_above(comments, key.begin)
        draft.replace(layout.line_begin(key.begin), layout.next_line(after))
    elif following is not None:
        draft.move_above(layout.comments(key.begin, following), key.begin)
        draft.replace(key.begin, following)
    else:
        begin = _previous_end(draft, mapping, name)
        draft.move_above(layout.comments(begin, end), key.begin)
        draft.replace(begin, end)


def _next_begin(mapping: Mapping, name: str) -> int | None:
    index = list(mapping.entries).index(name) + 1
    return mapping.key_begins[index] if index < len(mapping.key_begins) else None


def _previous_end(draft: Draft, mapping: Mapping, name: str) -> int:
    """Returns where the entry before ends, or where the first one begins."""
    names = list(mapping.entries)
    index = names.index(name)
    if index == 0:
        return mapping.key_begins[0]
    return draft.layout.content_end(mapping.entries[names[index - 1]])


def _comma(draft: Draft, mapping: Mapping, end: int) -> int | None:
    """Returns the offset of the comma behind a value, if there is one in its line."""
    layout = draft.layout
    if not layout.is_flow(mapping):
        return None
    found = layout.text.find(",", end, layout.line_end(end))
    return found if found >= 0 and not layout.text[end:found].strip() else None


def _remove_comma_before(draft: Draft, mapping: Mapping, name: str) -> None:
    """Takes the comma in front of the last entry away: JSON has none behind the last."""
    begin = _previous_end(draft, mapping, name)
    comma = draft.layout.text.find(",", begin, mapping.key(name).begin)
    if comma >= 0 and not draft.layout.text[begin:comma].strip():
        draft.replace(comma, comma + 1)
