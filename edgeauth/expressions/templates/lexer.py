"""Splits a template into text and the tokens of its actions.

Source: the lexical rules of Go's text/template. Linear in the length of the text.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from edgeauth.expressions.errors import ExpressionError

_BLANKS: Final = " \t\r\n"
_TOKEN: Final = re.compile(
    r"""(?P<end>[ \t\r\n]-\}\}|\}\})
    |(?P<space>[ \t\r\n]+?(?=[ \t\r\n]-\}\}|[^ \t\r\n]|\Z))
    |(?P<string>"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)
    |(?P<character>'(?:[^'\\\n]|\\[^\n])*')
    |(?P<declare>:=)|(?P<assign>=)|(?P<pipe>\|)|(?P<comma>,)|(?P<open>\()|(?P<close>\))
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]+)?
       |(?:[0-9][0-9_oObB]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)i?)
    |(?P<variable>\$\w*)
    |(?P<field>\.[^\W\d]\w*)
    |(?P<dot>\.)
    |(?P<word>[^\W\d]\w*)""",
    re.VERBOSE,
)
_ACTION: Final = r"""\{\{[^"'`{}]*(?:
    (?:"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`|'(?:[^'\\\n]|\\[^\n])*')[^"'`{}]*)*\}\}"""
"""An action or a comment; comments may hold quotes and braces as well, which these do not."""
_actions: Final = re.compile(_ACTION, re.VERBOSE).findall
_is_simple: Final = re.compile(rf"[^{{]*(?:(?:\{{(?!\{{)|{_ACTION})[^{{]*)*", re.VERBOSE).fullmatch
_MUST_END: Final = frozenset({"number", "variable", "field", "dot", "word"})
_TERMINATOR: Final = re.compile(r"[ \t\r\n.,|:=()]|\}\}|\Z")


class Token(NamedTuple):
    """A token: its kind (the group names of the lexer, or `text`), its text, where it begins.

    An action is the tokens from `begin` to `end`.
    """

    kind: str
    text: str
    offset: int


def tokenize(text: str) -> list[Token]:
    """Returns the tokens of a template, with the trim markers applied to its texts.

    Raises:
        ExpressionError: an unclosed action, comment or string, or a character that has no place.
    """
    tokens: list[Token] = []
    position = 0
    trim = False
    while (start := text.find("{{", position)) >= 0:
        left_trim = text[start + 2 : start + 3] == "-" and text[start + 3 : start + 4] in _BLANKS
        left_trim = left_trim and start + 3 < len(text)
        _add_text(tokens, text, position, start, (trim, left_trim))
        inside = start + (4 if left_trim else 2)
        if text.startswith("/*", inside):
            position, trim = _skip_comment(text, start, inside)
            continue
        tokens.append(Token("begin", "{{", start))
        tokens.extend(_action(text, start, inside))
        position = tokens[-1].offset + len(tokens[-1].text)
        trim = tokens[-1].text != "}}"
    _add_text(tokens, text, position, len(text), (trim, False))
    return tokens


def outline(text: str) -> str:
    """Returns a template with the same actions and other texts between them.

    Templates with equal outlines have the same syntax tree, but for those texts.
    """
    if "/*" in text or _is_simple(text) is None:
        return text
    return f"-{'-'.join(_actions(text))}-"


def _add_text(
    tokens: list[Token], text: str, start: int, end: int, trims: tuple[bool, bool]
) -> None:
    content = text[start:end]
    if trims[0]:
        content = content.lstrip(_BLANKS)
    if trims[1]:
        content = content.rstrip(_BLANKS)
    if content:
        tokens.append(Token("text", content, start))


def _skip_comment(text: str, start: int, inside: int) -> tuple[int, bool]:
    end = text.find("*/", inside + 2)
    if end < 0:
        raise ExpressionError("unclosed comment", start, "a comment ends with */}}")
    if text.startswith("}}", end + 2):
        return end + 4, False
    if text[end + 2 : end + 3] in _BLANKS and text.startswith("-}}", end + 3):
        return end + 6, True
    raise ExpressionError("comment ends before closing delimiter", end, "a comment stands alone")


def _action(text: str, start: int, position: int) -> Iterator[Token]:
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, start, position)
        kind = match.lastgroup or ""
        token = Token(kind, match.group(), position)
        position = match.end()
        if kind in _MUST_END and not _ends(kind, text, position):
            problem = "bad number syntax" if kind == "number" else "bad character"
            raise ExpressionError(problem, position)
        yield token
        if kind == "end":
            return


def _ends(kind: str, text: str, position: int) -> bool:
    if kind == "number":
        following = text[position : position + 1]
        return not (following.isalnum() or following == "_")
    return _TERMINATOR.match(text, position) is not None


def _unreadable(text: str, start: int, position: int) -> ExpressionError:
    if position >= len(text):
        return ExpressionError("unclosed action", start, "an action ends with }}")
    character = text[position]
    if character in "\"'`":
        return ExpressionError("unterminated string", position)
    return ExpressionError("unexpected character in action", position)
