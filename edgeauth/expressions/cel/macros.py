"""The macros of conditions: calls that are looked at before they are calls.

Source:
    CEL language definition, section "Macros"; github.com/google/cel-go/ext, comprehensions and
    bindings; `cel.block` as the cases of cel-spec have it.
"""

from typing import Final

from edgeauth.expressions.cel.syntax import (
    Bind,
    Call,
    Comprehension,
    Has,
    ListLiteral,
    Literal,
    MapLiteral,
    Name,
    Node,
    OptionalMap,
    Quantifier,
    Select,
)
from edgeauth.expressions.errors import ExpressionError

_ONE: Final[dict[tuple[str, int], Quantifier]] = {
    ("all", 2): "all",
    ("exists", 2): "exists",
    ("exists_one", 2): "exists_one",
    ("existsOne", 2): "exists_one",
    ("map", 2): "map",
    ("map", 3): "map",
    ("filter", 2): "filter",
    ("sortBy", 2): "sortBy",
}
"""By name and number of arguments: the macros with one variable."""
_TWO: Final[dict[tuple[str, int], Quantifier]] = {
    ("all", 3): "all",
    ("exists", 3): "exists",
    ("exists_one", 3): "exists_one",
    ("existsOne", 3): "exists_one",
    ("transformList", 3): "map",
    ("transformList", 4): "map",
    ("transformMap", 3): "transformMap",
    ("transformMap", 4): "transformMap",
    ("transformMapEntry", 3): "transformMapEntry",
    ("transformMapEntry", 4): "transformMapEntry",
}
"""The macros with two variables."""
_TESTS: Final = frozenset({"all", "exists", "exists_one", "filter"})
_OPTIONAL: Final = frozenset({"optMap", "optFlatMap"})
MACROS: Final = frozenset({"has", *_OPTIONAL, *(name for name, _ in (*_ONE, *_TWO))})
"""The names of all macros that are no functions of the namespace `cel`."""


def expand(call: Call) -> Node:
    """Returns what a call stands for: itself, unless it is a macro with its arguments.

    Raises:
        ExpressionError: the arguments of a macro are not what it needs.
    """
    if call.receiver is None:
        return _has(call) if call.name == "has" else call
    if isinstance(call.receiver, Name) and call.receiver.name == "cel":
        return _bindings(call)
    shape = (call.name, len(call.arguments))
    if shape in _ONE:
        return _comprehension(call, call.receiver, _ONE[shape], 1)
    if shape in _TWO:
        return _comprehension(call, call.receiver, _TWO[shape], 2)
    if call.name in _OPTIONAL and len(call.arguments) == 2:
        flat = call.name == "optFlatMap"
        body = call.arguments[1]
        return OptionalMap(call.offset, call.receiver, _variable(call, 0), body, flat)
    return call


def _variable(call: Call, place: int) -> str:
    variable = call.arguments[place]
    if isinstance(variable, Name) and not variable.absolute:
        return variable.name
    which = ("first", "second")[place]
    raise ExpressionError(
        f'the {which} argument of "{call.name}" names the variable',
        variable.offset,
        f'e.g. "list.{call.name}(x, ...)"',
    )


def _comprehension(call: Call, source: Node, quantifier: Quantifier, variables: int) -> Node:
    names = [_variable(call, place) for place in range(variables)]
    if len(set(names)) < variables:
        raise ExpressionError("both variables have the same name", call.arguments[1].offset)
    second = names[1] if variables == 2 else ""
    rest = call.arguments[variables:]
    if quantifier in _TESTS:
        return Comprehension(call.offset, quantifier, source, names[0], rest[0], None, second)
    if quantifier == "transformMapEntry" and not isinstance(rest[-1], MapLiteral):
        raise ExpressionError(
            f'the last argument of "{call.name}" is a map', rest[-1].offset, 'e.g. "{key: value}"'
        )
    predicate = rest[0] if len(rest) == 2 else None
    return Comprehension(call.offset, quantifier, source, names[0], predicate, rest[-1], second)


def _has(call: Call) -> Node:
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], Select):
        raise ExpressionError(
            '"has" takes one member access', call.offset, 'e.g. "has(Subject.Attributes.email)"'
        )
    member = call.arguments[0]
    if member.optional:
        raise ExpressionError('"has" takes no optional access', member.offset, 'write "."')
    return Has(member.offset, member.operand, member.field)


def _bindings(call: Call) -> Node:
    shape = (call.name, len(call.arguments))
    if shape == ("bind", 3):
        return Bind(call.offset, _variable(call, 0), call.arguments[1], call.arguments[2])
    if shape == ("block", 2) and isinstance(call.arguments[0], ListLiteral):
        node = call.arguments[1]
        values = call.arguments[0].items
        for place in range(len(values) - 1, -1, -1):
            node = Bind(call.offset, f"cel.index({place})", values[place], node)
        return node
    if shape in (("index", 1), ("iterVar", 2)):
        places = ", ".join(map(_number, call.arguments))
        return Name(call.offset, f"cel.{call.name}({places})")
    return call


def _number(node: Node) -> str:
    if isinstance(node, Literal) and type(node.value) is int:
        return str(node.value)
    raise ExpressionError("a constant number is needed", node.offset)
