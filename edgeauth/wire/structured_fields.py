"""Structured field values as they are written: items, parameters, lists and dictionaries.

What was parsed is written in one way only, whatever blanks it came with.

Source:
    RFC 8941, which RFC 9421 builds on, section 4.1. RFC 9651 adds dates and display strings; no
    field that is written or read here has them.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from edgeauth.model.errors import Malformed


class Token(NamedTuple):
    """A word that stands there without quotes (section 3.3.4)."""

    text: str


BareItem: TypeAlias = str | int | Decimal | bool | bytes | Token
"""A string, an integer, a decimal, a boolean, octets or a token."""

Parameters: TypeAlias = Sequence[tuple[str, BareItem]]
"""Names and values in the order in which they are written."""


class Item(NamedTuple):
    """A value with its parameters (section 3.3)."""

    value: BareItem
    parameters: Parameters = ()


class InnerList(NamedTuple):
    """Items in parentheses, and parameters of all of them (section 3.1.1)."""

    items: tuple[Item, ...]
    parameters: Parameters = ()


Member: TypeAlias = Item | InnerList
"""What a list or a dictionary holds."""

_VISIBLE: Final = re.compile(r"[ -~]*")
_KEY: Final = re.compile(r"[a-z*][a-z0-9_.*-]*")
_TOKEN: Final = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~A-Za-z0-9:/-]*")
_LARGEST_INTEGER: Final = 999_999_999_999_999


def is_key(text: str) -> bool:
    """Returns whether a text may name a member of a dictionary or a parameter (section 3.1.2)."""
    return _KEY.fullmatch(text) is not None


def serialize_string(text: str) -> str:
    """Returns a text in quotes.

    Raises:
        Malformed: it holds anything but printable ASCII.
    """
    if _VISIBLE.fullmatch(text) is None:
        raise Malformed("a structured string holds something else than printable ASCII")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def serialize_octets(octets: bytes) -> str:
    """Returns octets in base64 between colons."""
    return f":{b64encode(octets).decode('ascii')}:"


def serialize_parameters(parameters: Parameters) -> str:
    """Returns `;name=value` for each parameter in order, and `;name` for one that is true.

    Raises:
        Malformed: a name is no key, or a value can not be written.
    """
    return "".join(f";{_named(name, value)}" for name, value in parameters)


def serialize_inner_list(items: Sequence[str], parameters: Parameters) -> str:
    """Returns a list in parentheses.

    Args:
        items: each written already, with its parameters.
        parameters: those of the list.
    """
    return f"({' '.join(items)}){serialize_parameters(parameters)}"


def serialize_member(member: Member) -> str:
    """Returns an item or a list in parentheses, with its parameters.

    Raises:
        Malformed: a value can not be written.
    """
    if isinstance(member, InnerList):
        items = [serialize_member(item) for item in member.items]
        return serialize_inner_list(items, member.parameters)
    return _bare_item(member.value) + serialize_parameters(member.parameters)


def serialize_list(members: Sequence[Member]) -> str:
    """Returns a list (section 4.1.1).

    Raises:
        Malformed: a value can not be written.
    """
    return ", ".join(serialize_member(member) for member in members)


def serialize_dictionary(members: Mapping[str, Member]) -> str:
    """Returns a dictionary (section 4.1.2); a member that is true has no value.

    Raises:
        Malformed: a name is no key, or a value can not be written.
    """
    return ", ".join(
        _key(name) + serialize_parameters(member.parameters)
        if isinstance(member, Item) and member.value is True
        else f"{_key(name)}={serialize_member(member)}"
        for name, member in members.items()
    )


def _named(name: str, value: BareItem) -> str:
    return _key(name) if value is True else f"{_key(name)}={_bare_item(value)}"


def _key(name: str) -> str:
    if not is_key(name):
        raise Malformed("the name of a structured parameter is no key")
    return name


def _bare_item(value: BareItem) -> str:
    if isinstance(value, str):
        return serialize_string(value)
    if isinstance(value, bytes):
        return serialize_octets(value)
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, Token):
        if _TOKEN.fullmatch(value.text) is None:
            raise Malformed("a structured token is none")
        return value.text
    if isinstance(value, Decimal):
        return _decimal(value)
    if abs(value) > _LARGEST_INTEGER:
        raise Malformed("a structured integer has more than 15 digits")
    return str(value)


def _decimal(value: Decimal) -> str:
    whole, _, fraction = f"{value:.3f}".partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"
