"""The line that a problem shows, without the secrets that stand in it.

Trust: lines come from files that anybody may have written and go to terminals and logs: secrets
are masked, control characters replaced, long lines cut.
"""

from difflib import get_close_matches
from functools import lru_cache
from re import IGNORECASE, compile as pattern
from typing import NamedTuple

from edgeauth.config.nodes import Mapping, Node, Scalar, Sequence, Source, children

MASK = "***"
_WIDTH = 160
"""Characters of a line that are shown."""

_SENSITIVE = (
    r"[\w.-]*(?:pass?w\w*|pwd|passphrase|secret|token|private_?key|api_?key|authorization|cookie)"
)
_SECRET_WORDS = ("password", "passphrase", "secret", "client_secret", "private_key", "api_key")
_is_sensitive = pattern(_SENSITIVE, IGNORECASE).fullmatch
_SENSITIVE_ON_LINE = pattern(rf"(?:^|[\s{{,\"'])({_SENSITIVE})[\"']?\s*:(?=\s|$)", IGNORECASE)
_VALUE_ON_LINE = pattern(r"(?:^|[\s{,\"'])(value)[\"']?\s*:(?=\s|$)", IGNORECASE)
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
    spans += [match.span() for match in _USER_INFORMATION.finditer(text)]
    shown, caret = _masked(text, sorted(spans), column - 1)
    return _cut(_UNPRINTABLE.sub(lambda found: "→" if found[0] == "\t" else "�", shown), caret)


def _masked(text: str, spans: list[tuple[int, int]], caret: int) -> tuple[str, int]:
    """Puts the mask in place of each span and moves the caret along."""
    shown, done, moved = "", 0, caret
    for begin, end in spans:
        if begin < done:  # overlaps the one before, which came first and is as secret
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
    if not source.complete:
        return _by_looks(source, line, text)
    begin = source.line_begin(line)
    end = begin + len(text)
    spans: list[tuple[int, int]] = []
    pending: list[Node] = list(source.roots)
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in seen or node.begin > end or node.end < begin:
            continue
        seen.add(id(node))
        for key, child in children(node):
            if isinstance(node, Mapping) and _holds_secret(node, str(key), child):
                spans.extend(_between(child, begin, end))
            pending.append(child)
    return spans


def _holds_secret(parent: Mapping, key: str, child: Node) -> bool:
    if _sounds_secret(key):
        return not isinstance(child, Mapping)
    # The `config` of an `api_key` strategy: `in`, `name` and the key itself as `value`.
    return key == "value" and "type" not in parent.entries


@lru_cache(maxsize=256)
def _sounds_secret(key: str) -> bool:
    """Tells keys of secrets, misspelt ones too: those are shown as unknown keys."""
    if _is_sensitive(key):
        return True
    return len(key) < 30 and bool(get_close_matches(key.lower(), _SECRET_WORDS, 1, 0.75))


def _between(node: Node, begin: int, end: int) -> list[tuple[int, int]]:
    if isinstance(node, Sequence):
        return [span for item in node.items for span in _between(item, begin, end)]
    if not isinstance(node, Scalar) or node.begin >= end or node.end <= begin:
        return []
    return [(max(node.begin - begin, 0), min(node.end, end) - begin)]


def _by_looks(source: Source, line: int, text: str) -> list[tuple[int, int]]:
    """Masks everything after a key that sounds secret, and lines that continue such a value."""
    found = _SENSITIVE_ON_LINE.search(text)
    if found is None and "api_key" in source.text:
        found = _VALUE_ON_LINE.search(text)
    if found is not None:
        begin = found.end() + 1
        return [(begin, len(text))] if begin < len(text) else []
    indentation = limit = _indentation(text)
    for above in range(line - 1, 0, -1):
        candidate = source.line(above)
        if candidate.strip() and _indentation(candidate) < limit:
            limit = _indentation(candidate)
            if _SENSITIVE_ON_LINE.search(candidate):
                return [(indentation, len(text))]
    return []


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
