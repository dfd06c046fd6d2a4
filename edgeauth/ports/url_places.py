"""Rendered URLs: what the configuration wrote is their structure, all else stays in its place.

A value fills a segment of the path, the name or the value of a parameter, or a part of the
fragment. What ends such a place, or is read as another character there (`%2F`, `+`), is no part
of a value unless `urlenc` or `urlquery` has escaped it. Texts of the configuration, those among a
step's `values` included, may hold what they like.
Trust: values come from requests, claims and answers.

Source:
    RFC 3986 sections 2.1, 3.3 to 3.5 and 5.2.4; WHATWG URL, application/x-www-form-urlencoded.
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from edgeauth.expressions.templates import Template
from edgeauth.expressions.templates.pieces import Escaped, Written, flattened
from edgeauth.model.errors import Fault, Reason

VISIBLE_URL: Final = re.compile(r"[!#-;=?-\[\]_a-z~]+")
"""Characters that a URL may hold: visible ASCII but for those that need to be escaped."""

_DOT_SEGMENT: Final = re.compile(r"(?:/|%2f|%5c)(?:\.|%2e){1,2}(?=/|%2f|%5c|;|\Z)", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"https?://[^/?#@\\{\s]+(?=[/?#]|\Z)|/(?![/\\])")


class _Place(Enum):
    """Where in a URL a text stands; the values are the words of messages."""

    PATH = "path"
    NAME = "name of a parameter"
    VALUE = "query"
    FRAGMENT = "fragment"


_ENDS: Final[Mapping[_Place, frozenset[str]]] = {
    _Place.PATH: frozenset("/?#%;\\"),
    _Place.NAME: frozenset("&;#%+?="),
    _Place.VALUE: frozenset("&;#%+?"),
    _Place.FRAGMENT: frozenset("&;#%+?"),
}
"""What a value may not hold, by the place that it stands in."""


def render_url(url: Template, scope: Mapping[str, object]) -> str:
    """Returns the URL for one request.

    Args:
        url: scheme and authority are literal.
        scope: the variables of the template. `Values` whose texts know their pieces may bring
            structure, such as several segments of the path; other values may not.

    Raises:
        Fault: INTERNAL, when a value leaves its place, the path gets a dot segment, or the URL
            holds anything but visible ASCII.
    """
    if url.constant is not None:
        return url.constant
    return _assembled(url.pieces(scope))


def render_location(template: Template, scope: Mapping[str, object]) -> str:
    """Returns a `Location` for one request: an absolute URL, or an absolute path on this host.

    Returns:
        What the template renders, which may be nothing.

    Raises:
        Fault: INTERNAL, when the configuration does not say to which host it leads, and all that
            `render_url` raises.
    """
    pieces = [piece for piece in flattened(template.pieces(scope)) if piece]
    if not pieces:
        return ""
    if _ORIGIN.match(_beginning(pieces)) is None:
        raise Fault(Reason.INTERNAL, "the configuration does not say to which host this leads")
    return _assembled(pieces)


def is_location(text: str) -> bool:
    """Returns whether a text that no request changes may be a `Location`."""
    return _ORIGIN.match(text) is not None and VISIBLE_URL.fullmatch(text) is not None


def _beginning(pieces: Iterable[str]) -> str:
    """Returns what the configuration wrote before the first value; `{` stands for that."""
    written: list[str] = []
    for piece in pieces:
        if not isinstance(piece, Written):
            return "".join(written) + "{"
        written.append(piece)
    return "".join(written)


def _assembled(pieces: Iterable[str]) -> str:
    assembly = _Assembly()
    for piece in flattened(pieces):
        if isinstance(piece, Written):
            assembly.write(piece)
        else:
            assembly.fill(piece)
    return assembly.finish()


class _Assembly:
    """A URL that grows, and the place at which it does."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.place = _Place.PATH
        self.last = ""
        self.empty = False
        """Whether nothing but empty values stands in the segment of the path."""

    def write(self, text: Written) -> None:
        """Adds structure."""
        if not text:
            return
        if self.empty and text[0] in "/?#":
            raise _empty_segment()
        self._add(text)
        rest: str = text
        if self.place is _Place.PATH and "?" in rest.partition("#")[0]:
            self.place, rest = _Place.NAME, rest.partition("?")[2]
        if "#" in rest:
            self.place = _Place.FRAGMENT
        if self.place in (_Place.NAME, _Place.VALUE):
            _, begins, parameter = rest.rpartition("&")
            named = "=" in parameter or (not begins and self.place is _Place.VALUE)
            self.place = _Place.VALUE if named else _Place.NAME

    def fill(self, value: str) -> None:
        """Adds a value."""
        in_path = self.place is _Place.PATH
        if isinstance(value, Escaped):
            # Only in a query is a plus sign a blank.
            value = value.replace("+", "%20") if in_path else value
        elif not _ENDS[self.place].isdisjoint(value):
            raise Fault(
                Reason.INTERNAL,
                f"a value leaves its place in the {self.place.value} of a URL; urlenc keeps it",
            )
        if value:
            self._add(value)
        else:
            self.empty = in_path and self.last == "/"

    def finish(self) -> str:
        """Returns the URL."""
        text = "".join(self.parts)
        if self.empty:
            raise _empty_segment()
        if VISIBLE_URL.fullmatch(text) is None:
            raise Fault(Reason.INTERNAL, "a rendered URL holds more than visible ASCII")
        path = text.partition("#")[0].partition("?")[0]
        if _DOT_SEGMENT.search(path, 0 if path[0] == "/" else path.index("//") + 2):
            raise Fault(Reason.INTERNAL, "the path of a rendered URL holds a dot segment")
        return text

    def _add(self, text: str) -> None:
        self.parts.append(text)
        self.last = text[-1]
        self.empty = False


def _empty_segment() -> Fault:
    return Fault(Reason.INTERNAL, "an empty value stands for a segment of the path of a URL")
