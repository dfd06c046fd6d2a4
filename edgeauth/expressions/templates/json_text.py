"""JSON exactly as Go's encoding/json writes it.

Keys are sorted; `<`, `>` and `&` are escaped so that the text may stand in HTML; U+2028 and
U+2029 are escaped always; numbers are float64 unless the template made them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.floats import json_float
from edgeauth.expressions.templates.format import Writer
from edgeauth.expressions.templates.values import Instance

_SPECIAL: Final = re.compile('[\x00-\x1f"\\\\\u2028\u2029\ud800-\udfff]')
_SPECIAL_HTML: Final = re.compile('[\x00-\x1f"\\\\\u2028\u2029\ud800-\udfff<>&]')
_SHORT: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def json_string(text: str, *, escape_html: bool = True) -> str:
    """Returns a JSON string with its quotes."""
    return f'"{(_SPECIAL_HTML if escape_html else _SPECIAL).sub(_escaped, text)}"'


def json_text(value: object, *, indent: str = "", escape_html: bool = True) -> str:
    """Returns the JSON text of a value.

    Args:
        value: what to write.
        indent: what one level is indented with; empty means all in one line.
        escape_html: whether `<`, `>` and `&` are written as escapes.

    Raises:
        EvaluationError: an object, a number that JSON does not have, too long or too deep.
    """
    if type(value) is str:
        return json_string(value, escape_html=escape_html)
    writer = _JsonWriter(indent, escape_html=escape_html)
    writer.value(value, 0)
    return "".join(writer.parts)


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


class _JsonWriter(Writer):
    """Writes JSON into the parts of a bounded writer."""

    def __init__(self, indent: str, *, escape_html: bool) -> None:
        super().__init__()
        self.indent = indent
        self.escape_html = escape_html

    def value(self, value: object, depth: int) -> None:
        self.visit(depth)
        if value is None or isinstance(value, (str, int, float, Instance)):
            self.add(self._scalar(value))
        elif isinstance(value, Mapping):
            pairs = [(f"{self._string(key)}:", value[key]) for key in sorted(value)]
            self._members("{}", pairs, depth)
        elif isinstance(value, Sequence):
            self._members("[]", [("", element) for element in value], depth)
        else:
            self.add(self._scalar(value))

    def _members(self, brackets: str, members: list[tuple[str, object]], depth: int) -> None:
        self.add(brackets[0])
        for position, (prefix, member) in enumerate(members):
            self.add("," if position else "")
            self._line(depth + 1)
            self.add(f"{prefix} " if prefix and self.indent else prefix)
            self.value(member, depth + 1)
        if members:
            self._line(depth)
        self.add(brackets[1])

    def _line(self, depth: int) -> None:
        if self.indent:
            self.add("\n" + self.indent * depth)

    def _string(self, text: object) -> str:
        if not isinstance(text, str):
            raise EvaluationError("a key that is not a string")
        return json_string(text, escape_html=self.escape_html)

    def _scalar(self, value: object) -> str:
        if value is None:
            return "null"
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return int.__repr__(value)
        if isinstance(value, float):
            return json_float(value)
        if isinstance(value, Instance):
            raise EvaluationError(f"{value.type.name} has no JSON form")
        raise EvaluationError("a value of a type that templates do not know")
