"""Go's ways to write a float64: the verbs e, f, g, b and x, and JSON.

Source: the documented behaviour of strconv.FormatFloat and encoding/json.
"""

import math
from typing import NamedTuple

from edgeauth.expressions.errors import EvaluationError


class Decimal(NamedTuple):
    """The shortest digits that read back as the number: 0.`digits` times 10**`point`."""

    digits: str
    point: int


def shortest(number: float) -> Decimal:
    """Returns the shortest decimal of the magnitude of a finite number."""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    point = len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    stripped = stripped.rstrip("0")
    return Decimal(stripped, point) if stripped else Decimal("0", 1)


def format_float(number: float, verb: str = "g", precision: int = -1) -> str:
    """Returns the number as Go writes it, with `-` where negative and no `+`.

    Args:
        number: any float; infinities are `+Inf` and `-Inf`, not-a-number is `NaN`.
        verb: one of e, E, f, g, G, b, x, X.
        precision: as in Go; -1 means as many digits as are needed to read the number back.
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    return sign + _magnitude(abs(number), verb, precision)


def json_float(number: float) -> str:
    """Returns the number as Go's encoding/json writes it.

    Raises:
        EvaluationError: JSON has no infinity and no not-a-number.
    """
    if not math.isfinite(number):
        raise EvaluationError("a number that JSON can not hold")
    magnitude = abs(number)
    if magnitude != 0 and (magnitude < 1e-6 or magnitude >= 1e21):
        text = format_float(number, "e")
        return text[:-2] + text[-1] if text[-4:-1] == "e-0" else text
    return format_float(number, "f")


def _magnitude(number: float, verb: str, precision: int) -> str:
    if verb == "b":
        mantissa, exponent = math.frexp(number)
        return f"{int(mantissa * 2**53)}p{max(exponent - 53, -1074):+d}"
    if verb in "xX":
        text = _hexadecimal(number, precision)
        return text.upper() if verb == "X" else text
    if precision < 0:
        text = _shortest_text(shortest(number), verb.lower())
    elif verb in "fF":
        text = f"{number:.{precision}f}"
    elif verb in "gG":
        text = f"{number:.{precision or 1}g}"
    else:
        text = f"{number:.{precision}e}"
    return text.upper() if verb in "EG" else text


def _shortest_text(decimal: Decimal, verb: str) -> str:
    digits, point = decimal
    exponent = point - 1 if digits != "0" else 0
    if verb == "e" or (verb == "g" and not -4 <= exponent < 6):
        return _scientific(digits, exponent)
    if point <= 0:
        return "0." + "0" * -point + digits
    if len(digits) <= point:
        return digits + "0" * (point - len(digits))
    return digits[:point] + "." + digits[point:]


def _scientific(digits: str, exponent: int) -> str:
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{exponent:+03d}"


def _hexadecimal(number: float, precision: int) -> str:
    if number == 0:
        return "0x0" + ("." + "0" * precision if precision > 0 else "") + "p+00"
    mantissa, exponent = math.frexp(number)
    scaled, exponent = int(mantissa * 2**53), exponent - 1
    if 0 <= precision < 13:
        scaled = _rounded(scaled, 52 - 4 * precision)
        if scaled >= 2**53:
            scaled, exponent = scaled >> 1, exponent + 1
    fraction = f"{scaled - 2**52:013x}"
    fraction = fraction.rstrip("0") if precision < 0 else fraction[:precision].ljust(precision, "0")
    return f"0x1{'.' if fraction else ''}{fraction}p{exponent:+03d}"


def _rounded(number: int, bits: int) -> int:
    """Clears the lowest bits, to the nearest, ties to even."""
    low = number & ((1 << bits) - 1)
    high = number >> bits
    half = 1 << (bits - 1)
    if low > half or (low == half and high & 1):
        high += 1
    return high << bits
