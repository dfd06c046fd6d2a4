"""`printf`: Go's verbs, flags, width and precision, with Go's marks for what does not fit.

Source: the documentation of Go's fmt. A wrong verb is no error in Go; it prints `%!d(string=x)`.
"""

import re
from typing import Final

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.limits import MAX_OUTPUT
from edgeauth.expressions.templates.values import is_integer, type_name
from edgeauth.expressions.templates.verbs import Directive, write_value

_DIRECTIVE: Final = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width_index>\[[^\]]*\])?(?P<width>\*|\d+)?"
    r"(?:\.(?P<precision_index>\[[^\]]*\])?(?P<precision>\*|\d+)?)?"
    r"(?P<index>\[[^\]]*\])?(?P<verb>.)?",
    re.DOTALL,
)
_TOO_LARGE: Final = 1_000_000


def sprintf(template: str, *values: object) -> str:
    """Returns the text with each verb replaced by its value.

    Raises:
        EvaluationError: the text is too long, or a value can not be printed.
    """
    printer = _Printer(values)
    position = 0
    parts: list[str] = []
    length = 0
    while (mark := template.find("%", position)) >= 0:
        match = _DIRECTIVE.match(template, mark)
        if match is None:  # pragma: no cover - the expression matches every percent sign
            break
        parts += (template[position:mark], printer.directive(match))
        length += len(parts[-1])
        if length > MAX_OUTPUT:
            raise EvaluationError("printf: the text is too long")
        position = match.end()
    parts += (template[position:], printer.extra())
    return "".join(parts)


class _Printer:
    """Hands out the arguments, in order or as `[n]` says."""

    def __init__(self, values: tuple[object, ...]) -> None:
        self.values = values
        self.next = 0
        self.reordered = False
        self.good_index = True

    def directive(self, match: re.Match[str]) -> str:
        """Returns the text of one verb."""
        self.good_index = True
        self.reordered = self.reordered and False
        flags = match["flags"]
        width, before = self._number(match["width_index"], match["width"], "%!(BADWIDTH)")
        if width is not None and width < 0:
            flags, width = flags + "-", -width
        after = ""
        precision: int | None = None
        if "." in match.group()[: match.start("verb") - match.start()]:
            precision, after = self._number(
                match["precision_index"], match["precision"], "%!(BADPREC)"
            )
            precision = 0 if precision is None and not after else precision
            if precision is not None and precision < 0:
                precision, after = None, "%!(BADPREC)"
        self._select(match["index"] or (match["width_index"] if width is None else None))
        return before + after + self._verb(match["verb"], flags, width, precision)

    def _verb(self, verb: str | None, flags: str, width: int | None, precision: int | None) -> str:
        if verb is None:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        if not self.good_index:
            return f"%!{verb}(BADINDEX)"
        if self.next >= len(self.values):
            return f"%!{verb}(MISSING)"
        value = self.values[self.next]
        self.next += 1
        return write_value(value, Directive(verb, frozenset(flags), width, precision))

    def _number(self, index: str | None, text: str | None, bad: str) -> tuple[int | None, str]:
        """Returns a width or precision, and what is printed instead when it is unusable."""
        if text is None:
            return None, ""
        if text != "*":
            number = int(text) if len(text) <= 7 else _TOO_LARGE + 1
            return (number, "") if number <= _TOO_LARGE else (None, bad)
        self._select(index)
        if not self.good_index or self.next >= len(self.values):
            return None, bad
        value = self.values[self.next]
        self.next += 1
        if is_integer(value) and abs(value) <= _TOO_LARGE:
            return int(value), ""
        return None, bad

    def _select(self, index: str | None) -> None:
        if index is None:
            return
        self.reordered = True
        digits = index[1:-1]
        if digits.isascii() and digits.isdigit() and 1 <= int(digits[:9]) <= len(self.values):
            self.next = int(digits[:9]) - 1
        else:
            self.good_index = False

    def extra(self) -> str:
        """Returns Go's complaint about arguments that no verb used."""
        rest = self.values[self.next :]
        if self.reordered or not rest:
            return ""
        plain = Directive("v", frozenset(), None, None)
        shown = (
            "<nil>" if value is None else f"{type_name(value)}={write_value(value, plain)}"
            for value in rest
        )
        return f"%!(EXTRA {', '.join(shown)})"
