"""JSON, read strictly and written canonically (RFC 8259).

Trust: hostile. Two readers of one document must not see two different documents, so everything
that parsers disagree on is refused: duplicate names, NaN, numbers beyond a double, lone
surrogates, byte order marks, text after the value.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Final, cast

import msgspec

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json

MAX_DEPTH: Final = 64
"""Levels of arrays and objects that a document may have."""
MAX_VALUES: Final = 100_000
"""Values that a document may have, or what looks like one: nobody else is served meanwhile."""


def loads(data: bytes | str) -> Json:
    """Returns the one value that the document can only have.

    Integers keep every digit: what compares or prints identifiers needs them. Other numbers are
    doubles, and integers where they are whole, so that `1e6` and `1.0` are written `1000000` and
    `1` again. What expressions are to see goes through `as_doubles`.

    Raises:
        Malformed: the text is no JSON, is no UTF-8, repeats a name within an object, is nested
            deeper than `MAX_DEPTH`, has more than `MAX_VALUES` values, or a number that no double
            comes near.

    Source:
        RFC 8259 sections 4 (names should be unique; here they must be) and 6; RFC 7493.
    """
    try:
        octets = data.encode() if isinstance(data, str) else data
    except UnicodeEncodeError:
        raise Malformed("is no well-formed JSON") from None
    opened = octets.count(b"[") + octets.count(b"{")
    if opened + octets.count(b",") > MAX_VALUES:
        raise Malformed(f"has more than {MAX_VALUES} values")
    try:
        value = cast("Json", _DECODER.decode(octets))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Malformed("is no well-formed JSON") from None
    if opened > MAX_DEPTH:
        _check_depth(value, MAX_DEPTH)
    if _may_repeat_names(octets, value):
        _check_names(octets)
    return value


def as_doubles(value: Json) -> Json:
    """Returns the value with every number as a double, which is what expressions know of JSON.

    An integer beyond 2**53 is the nearest double from here on; an identity is read before.

    Args:
        value: what `loads` returned.

    Raises:
        Malformed: an integer is larger than any double.

    Source:
        The reference decodes JSON with Go's encoding/json into values of no particular type.
    """
    kind = type(value)
    if kind is str or kind is float:
        return value
    if kind is int:
        try:
            return float(cast("int", value))
        except OverflowError:
            raise Malformed("has a number that is too large") from None
    if isinstance(value, dict):
        return {name: as_doubles(member) for name, member in value.items()}
    return [as_doubles(item) for item in value] if isinstance(value, list) else value


def dumps(value: Json) -> bytes:
    """Returns the value in its one canonical form: names sorted, no blanks, UTF-8.

    A double that is whole is written with a point; `loads` returns none below 1e21. Numbers that
    JSON does not know (NaN, the infinities) become null.

    Raises:
        TypeError: something in it is no JSON value.
        UnicodeEncodeError: a string holds a lone surrogate.
    """
    return _ENCODER.encode(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _number(text: str) -> float:
    """Returns a number that has a fraction or an exponent, as an integer where it is whole.

    Those from 1e21 on stay doubles, as a few characters must not become a text of hundreds.
    """
    number = float(text)
    if not isfinite(number):
        raise ValueError("no double comes near")
    if not number.is_integer() or abs(number) >= _LARGE:
        return number
    return int(Decimal(repr(number)))


_LARGE: Final = 1e21
_DECODER: Final = msgspec.json.Decoder(float_hook=_number)
_ENCODER: Final = msgspec.json.Encoder(order="sorted", enc_hook=_plain)


def _may_repeat_names(octets: bytes, value: Json) -> bool:
    """Returns False only if no object repeats a name.

    The decoder keeps the last of equal names and tells nobody. But every name is followed by a
    colon, so a name that got lost is a colon that got lost: written again, the value has fewer
    than the document. An escaped colon could make up for one, hence the second look at those.
    This costs a microsecond for a token's claims; a decoder with a hook costs six.
    """
    return octets.count(b":") != _ENCODER.encode(value).count(b":") or b"\\u003" in octets


def _check_names(octets: bytes) -> None:
    json.loads(octets, object_pairs_hook=_unique)  # noqa: TID251  (this is the strict reader)


def _unique(pairs: list[tuple[str, Json]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise Malformed("repeats a name within an object")


def _check_depth(value: Json, left: int) -> None:
    # The decoder makes dicts and lists; asking for anything more general takes ten times as long.
    if isinstance(value, dict):
        items: Iterable[Json] = value.values()
    elif isinstance(value, list):
        items = value
    else:
        return
    if left == 0:
        raise Malformed(f"is nested deeper than {MAX_DEPTH} levels")
    for item in items:
        _check_depth(item, left - 1)
