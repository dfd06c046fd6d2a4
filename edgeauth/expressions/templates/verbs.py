"""One value under one verb of `printf`."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.floats import format_float
from edgeauth.expressions.templates.format import Writer, quoted, scalar_text
from edgeauth.expressions.templates.values import (
    Byte,
    Instance,
    is_list,
    type_name,
)

_BASES: Final = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES: Final = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}
_FLOAT_VERBS: Final = frozenset("veEfFgGbxX")


class Directive(NamedTuple):
    """A verb with its flags (`+-# 0`), width and precision; None where not given."""

    verb: str
    flags: frozenset[str]
    width: int | None
    precision: int | None

    @property
    def go_syntax(self) -> bool:
        """Whether the verb is `%#v`."""
        return self.verb == "v" and "#" in self.flags

    @property
    def sign(self) -> str:
        """What stands before a number that is not negative."""
        if "+" in self.flags and self.verb != "v":
            return "+"
        return " " if " " in self.flags else ""

    def pad(self, text: str, *, zeros: bool = True) -> str:
        """Returns the text padded to the width."""
        if self.width is None:
            return text
        if "-" in self.flags:
            return text.ljust(self.width)
        return text.rjust(self.width, "0" if zeros and "0" in self.flags else " ")


def write_value(value: object, directive: Directive) -> str:
    """Returns the text of a value.

    Raises:
        EvaluationError: an object that can not be printed, or data too long or too deep.
    """
    if directive.verb == "T":
        return directive.pad(type_name(value)[: directive.precision])
    if value is None:
        return directive.pad("<nil>") if directive.verb == "v" else _misfit(None, directive)
    if isinstance(value, (Mapping, Sequence)) and not isinstance(value, str):
        writer = _NestedWriter(directive)
        writer.value(value, 0)
        return "".join(writer.parts)
    return _scalar(value, directive)


def _misfit(value: object, directive: Directive) -> str:
    """Returns what a verb prints that does not fit: the value as `%v` has it, in the same width."""
    if value is None:
        return f"%!{directive.verb}(<nil>)"
    plain = directive._replace(verb="v", flags=directive.flags - {"#"})
    return f"%!{directive.verb}({type_name(value)}={write_value(value, plain)})"


def _scalar(value: object, directive: Directive) -> str:
    if isinstance(value, Instance):
        return _object(value, directive)
    if isinstance(value, str):
        text = _string(value, directive)
    elif isinstance(value, bool):
        text = _boolean(scalar_text(value), directive)
    elif isinstance(value, int):
        text = _integer(value, directive)
    elif isinstance(value, float):
        text = _float(value, directive)
    else:
        raise EvaluationError("a value of a type that templates do not know")
    return _misfit(value, directive) if text is None else text


def _object(value: Instance, directive: Directive) -> str:
    if directive.verb not in "vsqxX" or directive.go_syntax:
        raise EvaluationError(f"{value.type.name} can not be printed with this verb")
    return _string(value.text(), directive) or ""


def _boolean(text: str, directive: Directive) -> str | None:
    if directive.verb not in "tv":
        return None
    return directive.pad(text)


def _string(text: str, directive: Directive) -> str | None:
    verb = directive.verb
    if verb not in "vsqxX":
        return None
    if verb in "xX":
        return directive.pad(_hexadecimal(text, directive))
    if directive.precision is not None:
        text = text[: directive.precision]
    if verb == "q" or directive.go_syntax:
        raw = "#" in directive.flags and verb == "q" and _can_be_raw(text)
        text = f"`{text}`" if raw else quoted(text, ascii_only="+" in directive.flags)
    return directive.pad(text)


def _can_be_raw(text: str) -> bool:
    return "`" not in text and all(c == "\t" or (c >= " " and c not in "\x7f\ufeff") for c in text)


def _hexadecimal(text: str, directive: Directive) -> str:
    octets = text.encode("utf-8", "replace")[: directive.precision]
    prefix = "0x" if "#" in directive.flags and octets else ""
    if " " in directive.flags:
        written = " ".join(f"{prefix}{octet:02x}" for octet in octets)
    else:
        written = prefix + octets.hex()
    return written.upper() if directive.verb == "X" else written


def _integer(value: int, directive: Directive) -> str | None:
    verb = directive.verb
    if verb in "cqU":
        return directive.pad(_character(value, directive), zeros=verb == "c")
    if verb not in _BASES:
        return None
    if directive.go_syntax and isinstance(value, Byte):
        return f"{value:#x}"
    digits = format(abs(value), _BASES[verb])
    if directive.precision is not None:
        digits = "" if directive.precision == 0 and value == 0 else digits
        digits = digits.rjust(directive.precision, "0")
    sign = "-" if value < 0 else directive.sign
    prefix = "0o" if verb == "O" else _PREFIXES.get(verb, "") if "#" in directive.flags else ""
    if prefix == "0" and digits.startswith("0"):
        prefix = ""
    prefix += "0" if verb == "O" and "#" in directive.flags and value else ""
    if _zero_padded(directive) and directive.precision is None:
        digits = digits.rjust((directive.width or 0) - len(sign), "0")
    return directive.pad(sign + prefix + digits, zeros=False)


def _zero_padded(directive: Directive) -> bool:
    return "0" in directive.flags and "-" not in directive.flags


def _character(value: int, directive: Directive) -> str:
    usable = 0 <= value <= 0x10FFFF and not 0xD800 <= value <= 0xDFFF
    character = chr(value) if usable else "\ufffd"
    if directive.verb == "c":
        return character
    if directive.verb == "q":
        return quoted(character, "'", ascii_only="+" in directive.flags)
    text = f"U+{value % 2**64:04X}"
    return f"{text} '{character}'" if "#" in directive.flags and character.isprintable() else text


def _float(value: float, directive: Directive) -> str | None:
    verb = directive.verb
    if verb not in _FLOAT_VERBS:
        return None
    precision = directive.precision
    if precision is None:
        precision = 6 if verb in "eEfF" else -1
    text = format_float(value, "g" if verb == "v" else verb, precision)
    sign = text[0] if text[0] in "+-" else ""
    digits = text[len(sign) :]
    if verb in "gG" and "#" in directive.flags and digits[0] not in "IN":
        digits = _padded(digits, 6 if directive.precision is None else directive.precision)
    if digits[0] in "IN":
        shown = sign or directive.sign
        return directive.pad(shown + digits, zeros=False)
    sign = sign or directive.sign
    if _zero_padded(directive):
        digits = digits.rjust((directive.width or 0) - len(sign), "0")
    return directive.pad(sign + digits, zeros=False)


def _padded(text: str, precision: int) -> str:
    """Returns a number with a point and at least so many significant digits."""
    mantissa, exponent, power = text.replace("E", "e").partition("e")
    mantissa += "" if "." in mantissa else "."
    known = len(mantissa.replace(".", "").lstrip("0"))
    mark = "E" if "E" in text else exponent
    return mantissa + "0" * (precision - known) + mark + power


class _NestedWriter(Writer):
    """Writes maps and lists; the verb applies to each key and element."""

    def __init__(self, directive: Directive) -> None:
        super().__init__()
        self.directive = directive

    def value(self, value: object, depth: int) -> None:
        self.visit(depth)
        if self.directive.verb == "p":
            raise EvaluationError("%p prints an address")
        go_syntax = self.directive.go_syntax
        if isinstance(value, Mapping):
            self.add(f"{type_name(value)}{{" if go_syntax else "map[")
            self._members(value, sorted(value), depth)
            self.add("}" if go_syntax else "]")
        elif isinstance(value, Sequence) and is_list(value):
            self.add(f"{type_name(value)}{{" if go_syntax else "[")
            self._members(value, None, depth)
            self.add("}" if go_syntax else "]")
        elif value is None:
            self.add("interface {}(nil)" if go_syntax else "<nil>")
        else:
            self.add(_scalar(value, self.directive))

    def _members(
        self, value: Mapping[str, object] | Sequence[object], keys: list[str] | None, depth: int
    ) -> None:
        members = value.values() if isinstance(value, Mapping) else value
        if isinstance(value, Mapping) and keys is not None:
            members = [value[key] for key in keys]
        for position, member in enumerate(members):
            if position:
                self.add(", " if self.directive.go_syntax else " ")
            if keys is not None:
                self.add(_scalar(keys[position], self.directive) + ":")
            self.value(member, depth + 1)
