"""Go's literals: strings, characters and numbers."""

import re
from typing import Final

from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.templates.values import INT64_MAX, INT64_MIN

_SIMPLE: Final = {
    "a": 7,
    "b": 8,
    "f": 12,
    "n": 10,
    "r": 13,
    "t": 9,
    "v": 11,
    "\\": 92,
}
_ESCAPE: Final = re.compile(
    r"\\(?:([abfnrtv\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))"
)
_INTEGER: Final = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*"
    r"|[1-9](?:_?[0-9])*)"
)
_FLOAT: Final = re.compile(
    r"[+-]?(?:(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)"
    r"(?:[eE][+-]?[0-9](?:_?[0-9])*)?)"
)
_HEX_FLOAT: Final = re.compile(r"[+-]?0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][+-]?[0-9]+")


def parse_string(text: str, offset: int) -> str:
    """Returns what a quoted string stands for; `text` includes its quotes.

    Raises:
        ExpressionError: an escape that Go does not have, or bytes that are not UTF-8.
    """
    if text[0] == "`":
        return text[1:-1].replace("\r", "")
    return _unescape(text[1:-1], text[0], offset + 1)


def parse_character(text: str, offset: int) -> int:
    """Returns the code point of a character literal such as `'a'`.

    Raises:
        ExpressionError: not exactly one character.
    """
    content = text[1:-1]
    escape = _ESCAPE.fullmatch(content)
    if escape is not None and (escape[2] or escape[3]):
        return int(escape[2], 8) if escape[2] else int(escape[3], 16)
    value = _unescape(content, "'", offset + 1)
    if len(value) != 1:
        raise ExpressionError("malformed character constant", offset, "one character in quotes")
    return ord(value)


def parse_number(text: str, offset: int) -> int | float:
    """Returns the number that a literal stands for.

    Raises:
        ExpressionError: it is malformed, complex, or does not fit an int64 or a float64.
    """
    if _INTEGER.fullmatch(text):
        return _integer(text, offset)
    if _HEX_FLOAT.fullmatch(text):
        return _float(text, offset)
    if _FLOAT.fullmatch(text) and any(mark in text for mark in ".eE"):
        return _float(text, offset)
    if text.endswith("i"):
        raise ExpressionError("complex numbers are not supported", offset)
    raise ExpressionError("malformed number", offset)


def read_integer(text: str) -> int | None:
    """Returns an integer in any of Go's notations; None when it is none, or absurdly long."""
    if len(text) > 80 or not _INTEGER.fullmatch(text):
        return None
    digits = text.lstrip("+-").replace("_", "")
    octal = len(digits) > 1 and digits.isdigit() and digits[0] == "0"
    number = int(digits, 8 if octal else 0)
    return -number if text[0] == "-" else number


def _integer(text: str, offset: int) -> int:
    number = read_integer(text)
    if number is None or not INT64_MIN <= number <= INT64_MAX:
        raise ExpressionError("integer overflow", offset, "integers have 64 bits")
    return number


def _float(text: str, offset: int) -> float:
    try:
        number = float.fromhex(text) if "p" in text.lower() else float(text)
    except (ValueError, OverflowError):
        raise ExpressionError("malformed number", offset) from None
    if number in (float("inf"), float("-inf")):
        raise ExpressionError("number out of range", offset)
    return number


def _unescape(content: str, quote: str, offset: int) -> str:
    if "\\" not in content:
        return content
    octets = bytearray()
    position = 0
    while (mark := content.find("\\", position)) >= 0:
        octets += content[position:mark].encode("utf-8", "surrogatepass")
        escape = _ESCAPE.match(content, mark)
        if escape is None or escape[1] in ({"'", '"'} - {quote}):
            raise ExpressionError("unknown escape sequence", offset + mark)
        octets += _escaped(escape, offset + mark)
        position = escape.end()
    octets += content[position:].encode("utf-8", "surrogatepass")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise ExpressionError("the string is not UTF-8 text", offset) from None


def _escaped(escape: re.Match[str], offset: int) -> bytes:
    simple, octal, byte, short, long = escape.groups()
    if simple:
        return bytes([_SIMPLE.get(simple, ord(simple))])
    if octal or byte:
        number = int(octal, 8) if octal else int(byte, 16)
        if number > 255:
            raise ExpressionError("octal escape over 255", offset)
        return bytes([number])
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ExpressionError("escape is not a character", offset)
    return chr(code).encode()
