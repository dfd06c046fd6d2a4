"""Turns the text of a condition into tokens.

Source:
    CEL language definition, section "Syntax": lexical grammar. Every alternative of the pattern
    consumes what it looks at or fails for good, so that lexing takes linear time.
"""

import re
from typing import Final, NamedTuple

from edgeauth.expressions.errors import ExpressionError


class Token(NamedTuple):
    """A word of the language.

    Attributes:
        kind: `name`, `escaped`, `int`, `double`, `raw`, `quoted` or `end`; for an operator
            and for `true`, `false`, `null` and `in` the text itself.
        text: as it was written.
        offset: of its first character.
    """

    kind: str
    text: str
    offset: int


_RAW: Final = r"""(?:[rR][bB]?|[bB][rR])(?:
    \"{3}(?s:.*?)\"{3} | '{3}(?s:.*?)'{3} | \"(?!\"\")[^\"\r\n]*\" | '(?!'')[^'\r\n]*' )"""
_QUOTED: Final = r"""[bB]?(?:
    \"{3}(?s:[^\\]|\\.)*?\"{3} | '{3}(?s:[^\\]|\\.)*?'{3}
  | \"(?!\"\")[^\"\\\r\n]*(?:\\[^\r\n][^\"\\\r\n]*)*\"
  | '(?!'')[^'\\\r\n]*(?:\\[^\r\n][^'\\\r\n]*)*' )"""
_DOUBLE: Final = r"[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+"
_TOKEN: Final = re.compile(
    rf"""[\t\n\f\r\ ]*(?:
      (?P<comment>//[^\n]*)
    | (?P<raw>{_RAW})
    | (?P<quoted>{_QUOTED})
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<double>{_DOUBLE})
    | (?P<int>0[xX][0-9a-fA-F]+[uU]?|[0-9]+[uU]?)
    | (?P<operator>&&|\|\||[=!<>]=|[-+*/%!<>?:.,()\[\]{{}}])
    | (?P<escaped>`[A-Za-z0-9_./\- ]+`)
    | (?P<end>\Z)
    | (?P<unknown>.))""",
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS: Final = frozenset({"true", "false", "null", "in"})

_PLAIN: Final = r"""(?<![rRbB])(?:"(?!"")[^"\\\r\n]*"|'(?!'')[^'\\\r\n]*')"""
"""A string without prefix and escapes: what stands between its quotes is its value."""
_ANY_PLAIN: Final = '"-"'
_replace_plain: Final = re.compile(_PLAIN).sub
_is_simple: Final = re.compile(rf"""[^"'`/]*(?:(?:/(?!/)|{_PLAIN})[^"'`/]*)*""").fullmatch
"""Neither other strings nor escaped names nor comments, all of which may hold quotes."""


def read_tokens(text: str) -> list[Token]:
    """Returns the tokens of a text, blanks and comments left out, with an `end` behind them.

    Raises:
        ExpressionError: at the first character that begins no token.
    """
    tokens: list[Token] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind == "comment":
            continue
        word, offset = found[kind], found.start(kind)
        if kind == "unknown":
            raise _unknown(text, offset)
        if kind == "operator" or (kind == "name" and word in _KEYWORDS):
            kind = word
        tokens.append(Token(kind, word, offset))
        if kind == "end":
            break
    return tokens


def outline(text: str) -> str:
    """Returns a text with the same tokens, but for what stands in plain strings.

    Texts with equal outlines have the same syntax tree, but for the values of those strings.
    """
    return _replace_plain(_ANY_PLAIN, text) if _is_simple(text) else text


def _unknown(text: str, position: int) -> ExpressionError:
    character = text[position]
    if character in "\"'" or text[position + 1 : position + 2] in ("'", '"'):
        return ExpressionError("unterminated string", position)
    hints = {"&": 'did you mean "&&"?', "|": 'did you mean "||"?', "=": 'did you mean "=="?'}
    return ExpressionError("unexpected character", position, hints.get(character, ""))
