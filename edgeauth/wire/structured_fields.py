"""Structured field values as they are written: strings, octets, parameters, lists of strings.

Source:
    RFC 9651 sections 4.1.1.1 (inner lists), 4.1.1.2 (parameters), 4.1.6 (strings) and
    4.1.8 (byte sequences).
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from typing import Final, TypeAlias

from edgeauth.model.errors import Malformed

Parameters: TypeAlias = Sequence[tuple[str, str | int]]
"""Names and values in the order in which they are written."""

_VISIBLE: Final = re.compile(r"[ -~]*")
_KEY: Final = re.compile(r"[a-z*][a-z0-9_.*-]*")
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
    """Returns `;name=value` for each parameter, in order.

    Raises:
        Malformed: a name is no key, or a value can not be written.
    """
    return "".join(f";{_key(name)}={_bare_item(value)}" for name, value in parameters)


def serialize_inner_list(items: Sequence[str], parameters: Parameters) -> str:
    """Returns a list in parentheses.

    Args:
        items: each written already, with its parameters.
        parameters: those of the list.
    """
    return f"({' '.join(items)}){serialize_parameters(parameters)}"


def _key(name: str) -> str:
    if not is_key(name):
        raise Malformed("the name of a structured parameter is no key")
    return name


def _bare_item(value: str | int) -> str:
    if isinstance(value, str):
        return serialize_string(value)
    if abs(value) > _LARGEST_INTEGER:
        raise Malformed("a structured integer has more than 15 digits")
    return str(value)
