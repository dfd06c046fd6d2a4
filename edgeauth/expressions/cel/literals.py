"""Reads the values of literals: numbers, and strings with their escapes."""

import re
from typing import Final

from edgeauth.expressions.cel.lexer import Token
from edgeauth.expressions.cel.values import INT_MAX, INT_MIN, UINT_MAX, UInt
from edgeauth.expressions.errors import ExpressionError

_SIMPLE: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "?": "?",
    '"': '"',
    "'": "'",
    "`": "`",
}
_ESCAPE: Final = re.compile(
    r"\\(?:[xX](?P<hex>[0-9a-fA-F]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})"
    r"|(?P<octal>[0-3][0-7]{2})|(?P<simple>.))",
    re.DOTALL,
)


def integer(token: Token, *, negative: bool = False) -> int:
    """Returns the value of an `int` token, a `UInt` when it ends in `u`.

    Args:
        token: decimal or hexadecimal.
        negative: a minus stands before it. The smallest int has no positive counterpart.

    Raises:
        ExpressionError: the number does not fit 64 bits.
    """
    text = token.text
    unsigned = text[-1] in "uU"
    digits = text[:-1] if unsigned else text
    # Longer ones overflow anyway, and Python refuses to read very long ones.
    value = int(digits, 0 if digits[:2] in ("0x", "0X") else 10) if len(digits) <= 400 else 2**64
    value = -value if negative else value
    if unsigned:
        if not 0 <= value <= UINT_MAX:
            raise ExpressionError("this number does not fit an unsigned 64-bit int", token.offset)
        return UInt(value)
    if not INT_MIN <= value <= INT_MAX:
        raise ExpressionError("this number does not fit a 64-bit int", token.offset)
    return value


def string(token: Token) -> str | bytes:
    """Returns the value of a `raw` or `quoted` token.

    Raises:
        ExpressionError: at an escape that does not exist or names no character.
    """
    text = token.text
    start = min(at for at in (text.find('"'), text.find("'")) if at >= 0)
    binary = "b" in text[:start].lower()
    width = 3 if text[start : start + 3] in ('"""', "'''") else 1
    body = text[start + width : -width]
    if token.kind == "raw" or "\\" not in body:
        return body.encode("utf-8", "surrogatepass") if binary else body
    offset = token.offset + start + width
    return _octets(body, offset) if binary else _characters(body, offset)


def _characters(body: str, offset: int) -> str:
    def replace(match: re.Match[str]) -> str:
        number = match["hex"] or match["short"] or match["long"]
        if number is None and match["octal"] is None:
            return _simple(match, offset)
        code = int(match["octal"], 8) if number is None else int(number, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise ExpressionError("this escape names no character", offset + match.start())
        return chr(code)

    return _ESCAPE.sub(replace, body)


def _octets(body: str, offset: int) -> bytes:
    parts: list[bytes] = []
    position = 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[position : match.start()].encode("utf-8", "surrogatepass"))
        if match["short"] or match["long"]:
            raise ExpressionError(
                "bytes have no Unicode escapes", offset + match.start(), 'use "\\x.."'
            )
        if match["hex"]:
            parts.append(bytes((int(match["hex"], 16),)))
        elif match["octal"]:
            parts.append(bytes((int(match["octal"], 8),)))
        else:
            parts.append(_simple(match, offset).encode())
        position = match.end()
    parts.append(body[position:].encode("utf-8", "surrogatepass"))
    return b"".join(parts)


def _simple(match: re.Match[str], offset: int) -> str:
    known = _SIMPLE.get(match["simple"])
    if known is None:
        raise ExpressionError(
            "unknown escape in a string", offset + match.start(), 'a backslash is written "\\\\"'
        )
    return known
