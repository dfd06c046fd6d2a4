"""Where edgeauth and cel-python part: one operation, not the whole expression around it.

Both walk an expression from its leaves. The first operation that is given equal operands and has
different values is the cause: a defect that `defects.json` lists, or a bug of ours.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from edgeauth.expressions.cel import compile_expression
from edgeauth.expressions.cel.instants import Duration, Timestamp
from edgeauth.expressions.cel.values import TypeValue, from_key, kind_of
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.types import DYN
from tests.oracle.cel.grammar import DATA, Formula
from tests.oracle.cel.interpreter import FAILED, Interpreter, elements, exact, is_untyped

DEFECTS = json.loads((Path(__file__).parent / "defects.json").read_text(encoding="utf-8"))
_DYN = re.compile(r"\bdyn\(([^()]*)\)")


class Sides(NamedTuple):
    """The values of the same names, for each engine in its own form."""

    ours: Mapping[str, object]
    theirs: Mapping[str, object]


class Comparison:
    """Compares expressions with cel-python over `DATA`."""

    def __init__(self) -> None:
        self._interpreter = Interpreter()
        theirs = {name: self._interpreter.values(value) for name, value in DATA.items()}
        self._data = Sides(DATA, theirs)

    def parting(self, formula: Formula) -> str:
        """Returns the operation where the values part; empty when both engines say the same.

        For instance `(int == double) is false, not error`: the operation with the kinds of its
        operands, then what edgeauth says, then what cel-python says.
        """
        return self._parting(formula, self._data)

    def _parting(self, formula: Formula, names: Sides) -> str:
        ours, theirs = _ours(formula, names.ours), self._theirs(formula, names)
        if _exact(ours) == exact(theirs):
            return ""
        kinds = []
        for part, scopes in self._operands(formula, names):
            found = next(filter(None, (self._parting(part, scope) for scope in scopes)), "")
            if found:
                return found
            kinds.append("|".join(sorted({self._kind(part, scope) for scope in scopes})) or "none")
        operation = formula.shape.format(*kinds) if kinds else str(formula)
        while (plain := _DYN.sub(r"\1", operation)) != operation:
            operation = plain
        return f"{operation} is {_outcome(_exact(ours))}, not {_outcome(exact(theirs))}"

    def _operands(self, formula: Formula, names: Sides) -> Iterator[tuple[Formula, list[Sides]]]:
        """Yields each operand with the names under which it is evaluated, once per turn."""
        if "(x, {})" not in formula.shape:
            yield from ((part, [names]) for part in formula.operands)
            return
        collection, body = formula.operands
        yield collection, [names]
        turns = zip(
            _elements(_ours(collection, names.ours)),
            elements(self._theirs(collection, names)),
            strict=True,
        )
        yield body, [Sides({**names.ours, "x": a}, {**names.theirs, "x": b}) for a, b in turns]

    def _theirs(self, formula: Formula, names: Sides) -> object:
        return self._interpreter.evaluate(formula, names.theirs)

    def _kind(self, formula: Formula, names: Sides) -> str:
        untyped = is_untyped(self._theirs(formula, names))
        return ("untyped " if untyped else "") + _exact(_ours(formula, names.ours))[0]


def defects_of(parting: str) -> list[str]:
    """Returns the names of the listed defects that explain a parting."""
    texts = {parting, parting.replace("untyped ", "")}
    return [
        defect["name"]
        for defect in DEFECTS
        if any(re.fullmatch(form, text) for form in defect["partings"] for text in texts)
    ]


def refuses(formula: Formula) -> bool:
    """Returns whether edgeauth refuses an expression at load, where cel-python checks nothing."""
    try:
        compile_expression(formula, dict.fromkeys(DATA, DYN))
    except ExpressionError:
        return True
    return False


def _ours(formula: Formula, names: Mapping[str, object]) -> object:
    try:
        return compile_expression(formula, dict.fromkeys(names, DYN)).evaluate(names)
    except (ExpressionError, EvaluationError) as error:
        return error  # an operand may be refused at load when it stands alone


def _exact(value: object) -> tuple:
    if isinstance(value, Exception):
        return FAILED
    kind = _short(kind_of(value).name)
    match value:
        case float():
            return kind, "nan" if math.isnan(value) else repr(value)
        case list() | tuple():
            return kind, *map(_exact, value)
        case Mapping():
            pairs = ((_exact(from_key(key)), _exact(one)) for key, one in value.items())
            return kind, *sorted(pairs, key=repr)
        case Timestamp() | Duration():
            return kind, value.nanoseconds
        case TypeValue():
            return kind, _short(value.name)
    return (kind,) if value is None else (kind, value)


def _short(name: str) -> str:
    return name.partition("(")[0].rpartition(".")[2].lower().removesuffix("_type")


def _elements(value: object) -> list[object]:
    if isinstance(value, list | tuple):
        return list(value)
    return [from_key(key) for key in value] if isinstance(value, Mapping) else []


def _outcome(form: tuple) -> str:
    match form:
        case ("bool", content):
            return str(content).lower()
        case ("double", "nan" | "inf" | "-inf" as content):
            return content
    return form[0]
