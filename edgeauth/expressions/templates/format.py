"""How Go prints values: `%v`, `<nil>`, `map[a:b]`, `[a b]`, and its quoted strings.

Source: the documentation of Go's fmt and strconv.
"""

from collections.abc import Mapping, Sequence

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.floats import format_float
from edgeauth.expressions.templates.limits import MAX_ITEMS, MAX_NESTING, MAX_OUTPUT
from edgeauth.expressions.templates.values import Instance

NO_VALUE = "<no value>"
"""What an action prints for a value that is not there."""

_QUOTED = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 92: "\\\\"}


def printed(value: object) -> str:
    """Returns what an action prints for a value: as `%v`, and `<no value>` for nil."""
    if type(value) is str:
        return value
    return NO_VALUE if value is None else text_of(value)


def text_of(value: object) -> str:
    """Returns a value as `%v` writes it.

    Raises:
        EvaluationError: the text is too long, the data too deep, or an object has no text.
    """
    if value is None or isinstance(value, (str, int, float, Instance)):
        return scalar_text(value)
    writer = Writer()
    writer.value(value, 0)
    return "".join(writer.parts)


def scalar_text(value: object) -> str:
    """Returns a value that is neither a map nor a list as `%v` writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, Instance):
        return value.text()
    raise EvaluationError("a value of a type that templates do not know")


class Writer:
    """Collects the text of nested data and stops when it grows too long or too deep."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.visited = 0

    def add(self, text: str) -> None:
        """Adds a piece of text."""
        self.length += len(text)
        if self.length > MAX_OUTPUT:
            raise EvaluationError("the text of a value is too long")
        self.parts.append(text)

    def visit(self, depth: int) -> None:
        """Counts a value: parts that are shared can make small data very large.

        Raises:
            EvaluationError: there are too many values, or one is too deep.
        """
        self.visited += 1
        if self.visited > MAX_ITEMS or depth > MAX_NESTING:
            raise EvaluationError("a value is too large or too deep to be printed")

    def value(self, value: object, depth: int) -> None:
        """Adds the text of a value; maps sorted by key."""
        self.visit(depth)
        if value is None or isinstance(value, (str, int, float, Instance)):
            self.add(scalar_text(value))
        elif isinstance(value, Mapping):
            self.add("map[")
            for position, key in enumerate(sorted(value)):
                self.add(f" {key}:" if position else f"{key}:")
                self.value(value[key], depth + 1)
            self.add("]")
        elif isinstance(value, Sequence):
            self.add("[")
            for position, element in enumerate(value):
                if position:
                    self.add(" ")
                self.value(element, depth + 1)
            self.add("]")
        else:
            self.add(scalar_text(value))


def quoted(text: str, quote: str = '"', *, ascii_only: bool = False) -> str:
    """Returns a Go literal for the text: printable characters stay, the others are escaped."""
    if text.isascii() and text.isprintable() and quote not in text and "\\" not in text:
        return f"{quote}{text}{quote}"
    return quote + "".join(_escaped(c, quote, ascii_only=ascii_only) for c in text) + quote


def _escaped(character: str, quote: str, *, ascii_only: bool) -> str:
    code = ord(character)
    if character == quote:
        return "\\" + character
    if code in _QUOTED:
        return _QUOTED[code]
    if character.isprintable() and (code < 128 or not ascii_only):
        return character
    if code < 128:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
