"""Path expressions of rules: `/shops/:shop/orders/**`.

Trust: rule files may come from people who may write rules but nothing else; linear in the text.
"""

from collections.abc import Iterator
from enum import Enum
from re import compile as pattern
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from edgeauth.config.findings import bad_expression

MAX_PATH = 2048
"""Characters of an expression."""

_NAME = pattern(r"[A-Za-z0-9_][A-Za-z0-9_.-]*").fullmatch
_USUAL = pattern(r"(?=/)(?:/:?[A-Za-z0-9_]+)*(?:/\*\*|/)?").fullmatch
_ORDINARY = pattern(r"[A-Za-z0-9_-]+").fullmatch
# For editors: what a regular expression can say of it.
_SHAPE = r"^/([A-Za-z0-9._~!$&'()+,;=:@%\\-][A-Za-z0-9._~!$&'()*+,;=:@%-]*/)*[^/?#\s]*$"
# RFC 3986 section 3.3: pchar; the braces and the like would have to be percent-encoded.
_FOREIGN = pattern(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@%-]")


class Kind(Enum):
    """What a segment stands for."""

    STATIC = "static"
    SINGLE = "single wildcard"
    FREE = "free wildcard"


class Segment(NamedTuple):
    """A part of a path expression between two slashes.

    Attributes:
        kind: what it matches.
        text: what a static segment compares with, or the name of a wildcard; an unnamed
            wildcard has none.
    """

    kind: Kind
    text: str


def parse_path(expression: str) -> tuple[Segment, ...]:
    """Returns the segments of a path expression; `/` is one empty static segment.

    Raises:
        PydanticCustomError: points at the character that is wrong.

    Source:
        heimdall 0.17, path expressions. Departures: what no request can match is refused,
        because it is a slip.
    """
    if not expression.startswith("/"):
        raise bad_expression('a path begins with "/"', 0)
    segments: list[Segment] = []
    parts = expression[1:].split("/")
    names: set[str] = set()
    at = 1
    for index, part in enumerate(parts):
        segment = _segment(part, at)
        is_last = index == len(parts) - 1
        if segment.kind is Kind.FREE and not is_last:
            raise bad_expression("a free wildcard can only be the last segment", at)
        if segment.kind is Kind.STATIC:
            _check_static(part, segment.text, at, is_last=is_last)
        elif segment.text in names:
            raise bad_expression(f'the wildcard "{segment.text}" stands here twice', at)
        elif segment.text:
            names.add(segment.text)
        segments.append(segment)
        at += len(part) + 1
    return tuple(segments)


def split_path(expression: str) -> Iterator[Segment]:
    """Yields the segments of an expression that is well-formed."""
    for part in expression[1:].split("/"):
        begin = part[:1]
        if begin == ":":
            yield Segment(Kind.SINGLE, _name(part))
        elif begin == "*":
            yield Segment(Kind.FREE, _name(part))
        else:
            yield Segment(Kind.STATIC, _literal(part))


def wildcard_names(expression: str) -> list[str]:
    """Returns the names of the wildcards of an expression that is well-formed."""
    wildcards = [_name(part) for part in expression.split("/") if part[:1] in (":", "*")]
    return [name for name in wildcards if name]


def _name(wildcard: str) -> str:
    """Returns the name of a wildcard; `:*` and `**` have none."""
    return "" if wildcard[1:] == "*" else wildcard[1:]


def _literal(part: str) -> str:
    """Returns what a part is compared with: a leading backslash says that it is no wildcard."""
    return part[1:] if part[:1] == "\\" else part


def _segment(part: str, at: int) -> Segment:
    if part[:1] == ":":
        return _wildcard(Kind.SINGLE, part, at, '":name" or ":*" stands for one segment')
    if part[:1] == "*":
        return _wildcard(Kind.FREE, part, at, '"*name" or "**" stands for the rest of the path')
    return Segment(Kind.STATIC, _literal(part))


def _wildcard(kind: Kind, part: str, at: int, hint: str) -> Segment:
    if part[1:] != "*" and not _NAME(part[1:]):
        raise bad_expression("a wildcard needs a name", at, hint)
    return Segment(kind, _name(part))


def _check_static(part: str, text: str, at: int, *, is_last: bool) -> None:
    if _ORDINARY(text):
        return
    if not text and not is_last:
        raise bad_expression("empty segment: requests are compared without doubled slashes", at)
    if text in (".", ".."):
        raise bad_expression("dot segment: requests are compared without them", at)
    foreign = _FOREIGN.search(text)
    if foreign is not None:
        place = at + len(part) - len(text) + foreign.start()
        hint = "a query is no part of the path" if foreign[0] == "?" else "percent-encode it"
        raise bad_expression(f'"{foreign[0]}" can not stand in a path', place, hint)


def _checked(expression: str) -> str:
    # Most expressions are of this kind, and there are ten thousands of them.
    if not _USUAL(expression) or expression.count(":") > 1:
        parse_path(expression)
    return expression


PathExpression: TypeAlias = Annotated[
    str,
    Field(min_length=1, max_length=MAX_PATH),
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "maxLength": MAX_PATH, "pattern": _SHAPE}),
]
"""A text that `parse_path` accepts."""
