"""Which media type a client would rather have (RFC 9110 section 12.5.1).

Trust: the field is the client's. Its length and its entries are limited, and one that is not
well-formed accepts nothing.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

MAX_OCTETS: Final = 2048
"""Browsers send less than 300."""
MAX_RANGES: Final = 32

_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# RFC 9110 section 12.4.2: at most three digits.
_WEIGHT: Final = r"[ \t]*;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)"
_RANGE: Final = re.compile(rf"({_NAME})/({_NAME})(?:{_WEIGHT})?").fullmatch


class _Range(NamedTuple):
    kind: str
    subtype: str
    weight: float
    place: int


def negotiate(accept: bytes | None, offered: Sequence[str]) -> str | None:
    """Returns the offered media type that suits a client best, or None when none does.

    The highest weight wins; among equals the one that the client names first, and among those
    that one range covers the one that is offered first. Ranges with parameters other than `q` are
    for other media types than ours and cover none.

    Args:
        accept: the value of the field; None when there is none, which accepts everything.
        offered: media types without parameters in lower case, the preferred one first.

    Source:
        RFC 9110 section 12.5.1.
    """
    if accept is None:
        return offered[0]
    ranges = _ranges(accept)
    best, chosen = (0.0, 0), None
    for media_type in offered:
        covering = _closest(media_type, ranges)
        if covering is None or covering.weight == 0:
            continue
        rank = (covering.weight, -covering.place)
        if chosen is None or rank > best:
            best, chosen = rank, media_type
    return chosen


def _ranges(accept: bytes) -> list[_Range]:
    """Returns the ranges of a field; none when any of it is not well-formed."""
    # Quotes belong to parameters that no media type of ours has; they may hold a comma.
    if len(accept) > MAX_OCTETS or accept.count(b",") >= MAX_RANGES or b'"' in accept:
        return []
    found: list[_Range] = []
    for place, part in enumerate(accept.decode("latin-1").split(",")):
        text = part.strip(" \t")
        match = _RANGE(text)
        if match is not None:
            kind, subtype, weight = match[1].lower(), match[2].lower(), match[3]
            found.append(_Range(kind, subtype, 1.0 if weight is None else float(weight), place))
        elif text and ";" not in text:
            # Empty elements are passed over (RFC 9110 section 5.6.1.2), as are other parameters.
            return []
    return found


def _closest(media_type: str, ranges: Sequence[_Range]) -> _Range | None:
    """Returns the most specific range that covers a media type."""
    kind, _, subtype = media_type.partition("/")
    for wanted in ((kind, subtype), (kind, "*"), ("*", "*")):
        for each in ranges:
            if (each.kind, each.subtype) == wanted:
                return each
    return None
