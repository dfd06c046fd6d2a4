"""Where the keys of `match` stand: in it, or in `http` below it."""

from edgeauth.config.conversion.edits import Draft, below
from edgeauth.config.nodes import Mapping

_WRITE_OUT = "write the map out, below its key"


def wrap(draft: Draft, rule: Mapping) -> None:
    """Puts what stands in `match` into `http`."""
    match = rule.entries["match"]
    if not isinstance(match, Mapping) or not draft.first_visit(match):
        return
    if not draft.layout.is_flow(match):
        _wrap_block(draft, rule, match)
    elif _is_spread(draft, match):
        _wrap_lines(draft, match)
    else:
        draft.insert(draft.layout.content_begin(match), f"{{{_http(match)}: ")
        draft.insert(match.end, "}")


def unwrap(draft: Draft, rule: Mapping) -> None:
    """Takes what stands in `http` out of it."""
    match = rule.entries["match"]
    if not isinstance(match, Mapping) or not draft.first_visit(match):
        return
    http = match.entries["http"]
    if not isinstance(http, Mapping) or not draft.layout.is_here(http, match):
        draft.refuse(match.key("http"), "an alias can not be converted here", _WRITE_OUT)
    elif draft.layout.content_begin(http) != http.begin:
        draft.refuse(http, "an anchor or a tag can not be converted here", _WRITE_OUT)
    elif not draft.layout.is_flow(match):
        _unwrap_block(draft, match, http)
    elif _stands_in_lines(draft, match, http):
        _unwrap_lines(draft, match, http)
    else:
        _unwrap_inline(draft, match, http)


def _http(mapping: Mapping) -> str:
    """Returns the new key in the quotes of the others; JSON has some."""
    quote = mapping.key(next(iter(mapping.entries))).style or ""
    return f"{quote}http{quote}"


def _is_spread(draft: Draft, mapping: Mapping) -> bool:
    """Returns whether the brackets of a map stand on other lines than its entries."""
    layout = draft.layout
    opened = layout.ends_line(layout.content_begin(mapping) + 1)
    return opened and layout.begins_line(mapping.end - 1)


def _stands_in_lines(draft: Draft, match: Mapping, http: Mapping) -> bool:
    """Returns whether the lines of `http` and of its last bracket hold nothing else."""
    layout, key = draft.layout, match.key("http")
    behind = layout.text[http.end : layout.line_end(http.end)].strip()
    in_line = layout.begins_line(key.begin) and http.begin < layout.line_end(key.begin)
    return in_line and behind in ("", ",") and _is_spread(draft, http)


def _column(draft: Draft, offset: int) -> int:
    return offset - draft.layout.line_begin(offset)


def _wrap_block(draft: Draft, rule: Mapping, match: Mapping) -> None:
    layout, first = draft.layout, match.key_begins[0]
    # An anchor may stand below the key; what is anchored has no other place than this one.
    is_anchored = match.begin < first
    header = match.begin if is_anchored else rule.key("match").begin
    begin = layout.next_line(header)
    if begin > first or not layout.begins_line(first):
        draft.refuse(match, "this can not be converted where it stands", _WRITE_OUT)
        return
    blanks = _column(draft, first)
    by = 2 if is_anchored else max(1, blanks - _column(draft, header))
    draft.insert(layout.line_end(header), f"{layout.line_break}{' ' * blanks}{_http(match)}:")
    draft.shift(begin, below(layout, layout.content_end(match), blanks), by)


def _wrap_lines(draft: Draft, match: Mapping) -> None:
    layout, opened = draft.layout, draft.layout.content_begin(match)
    closing = layout.line_begin(match.end - 1)
    blanks = layout.indentation(match.key_begins[0])
    by = max(2, len(blanks) - len(layout.indentation(closing)))
    line = f"{layout.line_break}{blanks}"
    draft.insert(layout.line_end(opened), f"{line}{_http(match)}: {{")
    draft.shift(layout.next_line(opened), closing, by)
    draft.insert(layout.line_end(closing - 1), f"{line}}}")


def _unwrap_block(draft: Draft, match: Mapping, http: Mapping) -> None:
    layout, key = draft.layout, match.key("http")
    if not layout.begins_line(key.begin):
        draft.refuse(key, "this can not be converted where it stands", _WRITE_OUT)
        return
    comments = layout.comments(key.begin, layout.line_end(key.begin))
    if layout.is_flow(http):
        _join(draft, key.begin, http.begin)
        return
    blanks = _column(draft, http.key_begins[0])
    begin = layout.next_line(key.begin)
    if comments:
        draft.replace(key.begin, comments[0].begin)
    else:
        draft.delete_line(key.begin)
    end = below(layout, layout.content_end(http), blanks)
    draft.shift(begin, end, _column(draft, key.begin) - blanks)


def _join(draft: Draft, key: int, begin: int) -> None:
    """Takes a key away in front of brackets, which move to the line above if nothing is there."""
    layout = draft.layout
    above = layout.line_begin(key) - 1
    if layout.comments(layout.line_begin(above), begin):
        draft.move_above(layout.comments(key, begin), key)
        draft.replace(key, begin)
    else:
        draft.replace(layout.line_end(above), begin, " ")


def _unwrap_lines(draft: Draft, match: Mapping, http: Mapping) -> None:
    layout, key, closing = draft.layout, match.key_begins[0], http.end - 1
    by = len(layout.indentation(key)) - len(layout.indentation(http.key_begins[0]))
    draft.delete_line(key)
    draft.shift(layout.next_line(http.begin), layout.line_begin(closing), by)
    draft.delete_line(closing)


def _unwrap_inline(draft: Draft, match: Mapping, http: Mapping) -> None:
    layout, key = draft.layout, match.key_begins[0]
    draft.move_above(layout.comments(key, http.begin), key)
    draft.replace(key, http.begin + 1)
    draft.replace(http.end - 1, http.end)
    comma = layout.text.find(",", http.end, match.end)
    if comma >= 0 and not layout.text[http.end : comma].strip():
        draft.replace(comma, comma + 1)
