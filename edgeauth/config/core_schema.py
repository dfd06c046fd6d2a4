"""Plain scalars as YAML 1.2 reads them: `on` is a word, `010` is ten, a date is a text.

Source: YAML 1.2.2 section 10.3.2 (tag resolution of the core schema).
"""

from re import compile as pattern

_INTEGER = pattern(r"[-+]?[0-9]+").fullmatch
_OCTAL = pattern(r"0o[0-7]+").fullmatch
_HEXADECIMAL = pattern(r"0x[0-9a-fA-F]+").fullmatch
_FLOAT = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?").fullmatch
_NOT_FINITE = pattern(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)").fullmatch

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_BEGINS = frozenset("0123456789.+-")
SPECIAL_BEGINS = _NUMBER_BEGINS | {word[:1] for word in (*_WORDS, "<<")}
"""How texts begin that may be more than texts; most do not. The empty text is one."""
_LONGEST_NUMBER = 100
"""Characters. Python converts digits in quadratic time, and nobody configures such a number."""


def resolve(text: str) -> str | int | float | bool | None:
    """Returns the value of a scalar that was written without quotes and without a tag.

    Raises:
        ValueError: for infinity, not-a-number, and numbers too long or too large to be meant.
            The text says what to do and does not repeat the value.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_BEGINS:
        return text
    return _number(text)


def _number(text: str) -> str | int | float:
    read: str | int | float
    if _INTEGER(text):
        _check_length(text)
        return int(text)
    if _FLOAT(text):
        _check_length(text)
        read = float(text)
        if read in (float("inf"), float("-inf")):
            raise ValueError("this number is too large")
        return read
    if _OCTAL(text) or _HEXADECIMAL(text):
        _check_length(text)
        return int(text, 0)
    if _NOT_FINITE(text):
        raise ValueError("infinity and not-a-number are not accepted; text belongs in quotes")
    return text


def _check_length(text: str) -> None:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("this number is too long; text belongs in quotes")
