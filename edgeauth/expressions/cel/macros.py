"""The macros of conditions: calls that are looked at before they are calls.

Source:
    CEL language definition, section "Macros".
"""

from typing import Final, get_args

from edgeauth.expressions.cel.syntax import Call, Comprehension, Has, Name, Node, Quantifier, Select
from edgeauth.expressions.errors import ExpressionError

_QUANTIFIERS: Final[dict[str, Quantifier]] = {name: name for name in get_args(Quantifier)}
MACROS: Final = frozenset({"has", *_QUANTIFIERS})
"""The names of all macros."""


def expand(call: Call) -> Node:
    """Returns what a call stands for: itself, unless it is a macro with its arguments.

    Raises:
        ExpressionError: the arguments of a macro are not what it needs.
    """
    if call.receiver is None:
        return _has(call) if call.name == "has" else call
    quantifier = _QUANTIFIERS.get(call.name)
    count = len(call.arguments)
    if quantifier is None or not (count == 2 or (count == 3 and quantifier == "map")):
        return call
    variable = call.arguments[0]
    if not isinstance(variable, Name) or variable.absolute:
        raise ExpressionError(
            f'the first argument of "{call.name}" names the variable',
            variable.offset,
            f'e.g. "list.{call.name}(x, ...)"',
        )
    if quantifier not in ("map", "sortBy"):
        return Comprehension(
            call.offset, quantifier, call.receiver, variable.name, call.arguments[1]
        )
    predicate = call.arguments[1] if count == 3 else None
    return Comprehension(
        call.offset, quantifier, call.receiver, variable.name, predicate, call.arguments[-1]
    )


def _has(call: Call) -> Node:
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], Select):
        raise ExpressionError(
            '"has" takes one member access', call.offset, 'e.g. "has(Subject.Attributes.email)"'
        )
    member = call.arguments[0]
    return Has(member.offset, member.operand, member.field)
