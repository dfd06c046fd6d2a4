"""The line that a problem shows, without the secrets that stand in it.

Trust: lines come from files that anybody may have written and go to terminals and logs: secrets
are masked, control characters replaced, long lines cut.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice, takewhile
from re import IGNORECASE, compile as pattern
from typing import NamedTuple

from edgeauth.config.nodes import Mapping, Node, Scalar, Source, children

MASK = "***"
_WIDTH = 160
"""Characters of a line that are shown."""

_LONGEST_KEY = 200
_LONGEST_LINE = 2000
"""Characters that are searched for secrets, which takes quadratic time; what is longer is one."""

# Letters in any order too: a misspelt key is what is shown most.
_SENSITIVE = (
    r"[\w.-]*(?:p[as]{1,3}[word]{2,5}[dt]?|pwd|passphrase|s[ecrt]{4,6}|token"
    r"|pepper|private_?key|api_?key|encryption_?key|authorization|cookie)"
)
_PLACES = ("path", "watch", "variables")
_is_sensitive = pattern(_SENSITIVE, IGNORECASE).fullmatch
# With an equals sign, too: what is no YAML at all may be TOML, or a file of variables.
_SENSITIVE_ON_LINE = pattern(
    rf"(?:^|[\s{{,\"'])({_SENSITIVE})[\"']?\s*(?::(?:\s|$)|=\s*)", IGNORECASE
)
_VALUE_ON_LINE = pattern(r"(?:^|[\s{,\"'])(value)[\"']?\s*:(?:\s|$)", IGNORECASE)
_USER_INFORMATION = pattern(r"(?<=://)[^/@\s\"']*(?=@)")
_UNPRINTABLE = pattern(r"[^\S ]|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Excerpt(NamedTuple):
    """A line to show, and where in it the caret stands (characters, from 0)."""

    line: str
    caret: int


def excerpt(source: Source, line: int, column: int) -> Excerpt:
    """Returns the line of a problem, fit to be shown; an empty one when nothing may be shown.

    Args:
        source: where the problem is.
        line: counted from 1.
        column: counted from 1.
    """
    if not source.quotable:
        return Excerpt("", 0)
    text = source.line(line)
    spans = _secret_spans(source, line, text)
    cut = max(0, column - 1 - _LONGEST_LINE)
    near = text[cut : column - 1 + _LONGEST_LINE]
    spans = [(max(begin - cut, 0), min(end - cut, len(near))) for begin, end in spans]
    spans += [match.span() for match in _USER_INFORMATION.finditer(near)]
    shown, caret = _masked(near, sorted(spans), column - 1 - cut)
    return _cut(_UNPRINTABLE.sub(lambda found: "→" if found[0] == "\t" else "�", shown), caret)


def _masked(text: str, spans: list[tuple[int, int]], caret: int) -> tuple[str, int]:
    """Puts the mask in place of each span and moves the caret along."""
    shown, done, moved = "", 0, caret
    for begin, end in spans:
        if begin < done or begin >= end:  # far away, or in the one before
            continue
        shown += text[done:begin] + MASK
        if caret >= end:
            moved += begin + len(MASK) - end
        elif caret > begin:
            moved += begin - caret
        done = end
    return shown + text[done:], moved


def _cut(text: str, caret: int) -> Excerpt:
    if len(text) <= _WIDTH:
        return Excerpt(text, caret)
    begin = max(0, min(caret - _WIDTH // 2, len(text) - _WIDTH))
    shown = ("…" if begin else "") + text[begin : begin + _WIDTH]
    return Excerpt(shown, caret - begin + (1 if begin else 0))


def _secret_spans(source: Source, line: int, text: str) -> list[tuple[int, int]]:
    """Finds the secrets of a line: from the tree, or by their looks where no tree was made."""
    # A document that is one text is no YAML to whoever wrote it.
    if not source.complete or any(isinstance(root, Scalar) for root in source.roots):
        return _by_looks(source, line, text)
    if source.secrets is None:
        source.secrets = sorted(set(_secrets(source.roots)))
    begin = source.line_begin(line)
    end = begin + len(text)
    first = bisect_right(source.secrets, begin, key=lambda span: span[1])
    return [
        (max(secret_begin, begin) - begin, min(secret_end, end) - begin)
        for secret_begin, secret_end in takewhile(
            lambda span: span[0] < end, islice(source.secrets, first, None)
        )
    ]


def _secrets(roots: list[Node]) -> Iterator[tuple[int, int]]:
    """Yields where the secrets of a text stand; they do not overlap."""
    pending = list(roots)
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar) or id(node) in seen:
            continue
        seen.add(id(node))
        for key, child in children(node):
            if isinstance(node, Mapping) and _holds_secret(node, str(key), child):
                yield from _spans(child)
            if key == "secret_management":
                yield from _in_sources(child)
            pending.append(child)


def _holds_secret(parent: Mapping, key: str, child: Node) -> bool:
    if len(key) > _LONGEST_KEY or _is_sensitive(key):
        return not isinstance(child, Mapping)
    # The `config` of an `api_key` strategy: `in`, `name` and the key itself as `value`.
    return key == "value" and "type" not in parent.entries


def _in_sources(sources: Node) -> Iterator[tuple[int, int]]:
    """Yields every value in the settings of secret sources, whatever their types, but places."""
    for _, source in children(sources):
        config = source.entries.get("config") if isinstance(source, Mapping) else None
        for key, child in children(config) if config is not None else ():
            if key not in _PLACES:
                yield from _spans(child)


def _spans(node: Node) -> Iterator[tuple[int, int]]:
    if not isinstance(node, Scalar):
        for _, item in children(node):
            yield from _spans(item)
    elif node.begin < node.end:
        yield node.begin, node.end


def _by_looks(source: Source, line: int, text: str) -> list[tuple[int, int]]:
    """Masks everything after a key that sounds secret, and lines that continue such a value."""
    if len(text) > _LONGEST_LINE:
        return [(0, len(text))]
    found = _SENSITIVE_ON_LINE.search(text)
    if found is None and "api_key" in source.text:
        found = _VALUE_ON_LINE.search(text)
    if found is not None:
        begin = found.end()
        return [(begin, len(text))] if begin < len(text) else []
    indentation = limit = _indentation(text)
    for above in range(line - 1, 0, -1):
        candidate = source.line(above)
        if candidate.strip() and _indentation(candidate) < limit:
            limit = _indentation(candidate)
            if _SENSITIVE_ON_LINE.search(candidate[:_LONGEST_LINE]):
                return [(indentation, len(text))]
    return []


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
