"""What a message says its content is (RFC 9110 section 8.3).

Trust: hostile. A field that can be read in two ways says nothing.
"""

import re
from typing import Final, NamedTuple

_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE: Final = re.compile(rf"({_NAME}/{_NAME})[ \t]*(?=;|\Z)")
_PARAMETER: Final = re.compile(
    rf';[ \t]*(?:({_NAME})=(?:({_NAME})|"([^"\\]{{0,200}})")[ \t]*)?(?=;|\Z)'
)
_LONGEST: Final = 1000


class ContentType(NamedTuple):
    """A media type and how its text is encoded."""

    media_type: str
    """Lower-cased, without parameters, e.g. `application/json`; empty when there is none."""
    charset: str = ""
    """Lower-cased; empty when it is not given."""

    @property
    def is_json(self) -> bool:
        """Returns whether it is JSON or a format that is written in JSON."""
        return "json" in self.media_type

    @property
    def is_yaml(self) -> bool:
        """Returns whether it is YAML."""
        return "yaml" in self.media_type

    @property
    def is_form(self) -> bool:
        """Returns whether it is what browsers send of a form without files."""
        return "x-www-form-urlencoded" in self.media_type


NO_TYPE: Final = ContentType("")


def parse_content_type(field: bytes) -> ContentType:
    """Returns what a Content-Type field says; nothing where it is malformed or contradicts itself.

    Source:
        RFC 9110 section 8.3.1: types, parameter names and charsets are compared without regard
        to case. Escapes within quotes are not read: no charset needs them.
    """
    text = field.decode("latin-1")
    found = _TYPE.match(text)
    if found is None or len(text) > _LONGEST:
        return NO_TYPE
    charsets: list[str] = []
    place = found.end()
    while place < len(text):
        parameter = _PARAMETER.match(text, place)
        if parameter is None:
            return NO_TYPE
        if (parameter[1] or "").lower() == "charset":
            charsets.append((parameter[2] or parameter[3] or "").lower())
        place = parameter.end()
    if len(charsets) > 1:
        return NO_TYPE
    return ContentType(found[1].lower(), *charsets)
