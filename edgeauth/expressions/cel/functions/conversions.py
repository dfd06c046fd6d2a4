"""Conversions between types: `int("7")`, `string(1.5)`, `timestamp("2030-01-01T00:00:00Z")`.

Source:
    CEL language definition, section "List of Standard Definitions", type conversions.
"""

import math
import re
from typing import Final

from edgeauth.expressions.cel.functions.overload import Implementation, Overload
from edgeauth.expressions.cel.instants import Duration, Timestamp
from edgeauth.expressions.cel.operators import checked_int, checked_uint
from edgeauth.expressions.cel.values import INT_MAX, INT_MIN, UINT_MAX, UInt
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
)

_SECOND: Final = 1_000_000_000
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}")
_UNSIGNED: Final = re.compile(r"[0-9]{1,40}")
_DOUBLE: Final = re.compile(
    r"[+-]?(?:(?:[0-9]{1,400}\.?[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,6})?"
    r"|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])"
)
_BOOLEANS: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("0", "f", "F", "false", "False", "FALSE"), False),
}


def _same(value: object) -> object:
    return value


def _int_from_double(value: float) -> int:
    # A double can not hold 2^63 - 1: the next one below 2^63 is the largest that fits.
    if math.isfinite(value) and INT_MIN < value < INT_MAX:
        return int(value)
    raise EvaluationError("int: out of range")


def _uint_from_double(value: float) -> UInt:
    if math.isfinite(value) and 0 <= value < UINT_MAX:
        return UInt(value)
    raise EvaluationError("uint: out of range")


def _int_from_string(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise EvaluationError("int: not a number")
    return checked_int(int(text))


def _uint_from_string(text: str) -> UInt:
    if _UNSIGNED.fullmatch(text) is None:
        raise EvaluationError("uint: not a number")
    return checked_uint(int(text))


def _double_from_string(text: str) -> float:
    if _DOUBLE.fullmatch(text) is None:
        raise EvaluationError("double: not a number")
    return float(text)


def _bool_from_string(text: str) -> bool:
    value = _BOOLEANS.get(text)
    if value is None:
        raise EvaluationError("bool: not a boolean")
    return value


def _string_from_bytes(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeError:
        raise EvaluationError("string: not UTF-8") from None


def _bytes_from_string(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeError:
        raise EvaluationError("bytes: no valid Unicode") from None


def _string_from_bool(value: bool) -> str:  # noqa: FBT001  (a value of the language)
    return "true" if value else "false"


def string_from_double(value: float) -> str:
    """Returns the shortest text that reads back the same, with an exponent from 1e+06 on.

    Source:
        Go, strconv.FormatFloat with format `g` and precision -1: what the reference prints.
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    mantissa, _, exponent = f"{value:.17e}".partition("e")
    for precision in range(17):
        shorter = f"{value:.{precision}e}"
        if float(shorter) == value:
            mantissa, _, exponent = shorter.partition("e")
            break
    power = int(exponent)
    if power < -4 or power >= 6:
        return f"{mantissa}e{'-' if power < 0 else '+'}{abs(power):02}"
    digits = len(mantissa.lstrip("-").replace(".", ""))
    return f"{value:.{max(digits - 1 - power, 0)}f}"


def _row(target: Type, source: Type, call: Implementation, text: str) -> Overload:
    name = target.name.rpartition(".")[2].lower()
    return Overload(name, (source,), target, call, text, converts=True)


LIBRARY: Final = (
    _row(INT, INT, _same, "The same int."),
    _row(INT, UINT, lambda value: checked_int(int(value)), "The same number."),
    _row(INT, DOUBLE, _int_from_double, "The number without its fraction."),
    _row(INT, STRING, _int_from_string, "The number that a decimal text names."),
    _row(INT, TIMESTAMP, lambda value: value.nanoseconds // _SECOND, "Seconds since the epoch."),
    _row(UINT, UINT, _same, "The same uint."),
    _row(UINT, INT, checked_uint, "The same number."),
    _row(UINT, DOUBLE, _uint_from_double, "The number without its fraction."),
    _row(UINT, STRING, _uint_from_string, "The number that a decimal text names."),
    _row(DOUBLE, DOUBLE, _same, "The same double."),
    _row(DOUBLE, INT, float, "The nearest double."),
    _row(DOUBLE, UINT, float, "The nearest double."),
    _row(DOUBLE, STRING, _double_from_string, "The number that a text names."),
    _row(STRING, STRING, _same, "The same text."),
    _row(STRING, INT, str, "The number in decimal."),
    _row(STRING, UINT, lambda value: str(int(value)), "The number in decimal."),
    _row(STRING, DOUBLE, string_from_double, "The shortest text that reads back the same."),
    _row(STRING, BOOL, _string_from_bool, "`true` or `false`."),
    _row(STRING, BYTES, _string_from_bytes, "The text that UTF-8 octets stand for."),
    _row(STRING, TIMESTAMP, Timestamp.text, "RFC 3339, in UTC."),
    _row(STRING, DURATION, Duration.text, "Seconds, e.g. `1.5s`."),
    _row(BYTES, BYTES, _same, "The same octets."),
    _row(BYTES, STRING, _bytes_from_string, "The text in UTF-8."),
    _row(BOOL, BOOL, _same, "The same boolean."),
    _row(BOOL, STRING, _bool_from_string, "What `true`, `t`, `1`, `false`, `f`, `0` say."),
    _row(TIMESTAMP, TIMESTAMP, _same, "The same point in time."),
    _row(TIMESTAMP, STRING, Timestamp.parse, "The point in time that an RFC 3339 text names."),
    _row(
        TIMESTAMP, INT, lambda value: Timestamp(value * _SECOND), "So many seconds after the epoch."
    ),
    _row(DURATION, DURATION, _same, "The same span."),
    _row(DURATION, STRING, Duration.parse, "The span that a text such as `1h30m` names."),
)
