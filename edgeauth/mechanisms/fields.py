"""Rendered texts as values of header fields."""

from typing import Final

from edgeauth.model.errors import Fault, Reason

_CONTROLS: Final = bytes(octet for octet in range(0x20) if octet != 0x09) + b"\x7f"
"""What no value may hold (RFC 9110 section 5.5): line breaks and NUL make two fields of one, and
the rest is what strict servers refuse."""


def header_value(text: str) -> bytes:
    """Returns the text as the value of a field, without the blanks around it.

    Raises:
        Fault: INTERNAL, when it holds a control character or half a character.
    """
    try:
        value = text.strip(" \t").encode("utf-8")
    except UnicodeEncodeError:
        raise Fault(Reason.INTERNAL, "the value of a header field is no text") from None
    if value.translate(None, _CONTROLS) != value:
        raise Fault(Reason.INTERNAL, "the value of a header field holds a control character")
    return value
