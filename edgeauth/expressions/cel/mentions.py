"""Which members of a variable a condition reads, told from its text alone.

It is for those who look at rules without requests: whether anybody needs `Outputs.opa`.
"""

from collections.abc import Iterator
from dataclasses import fields

from edgeauth.expressions.cel.parser import parse
from edgeauth.expressions.cel.program import Condition, Program
from edgeauth.expressions.cel.syntax import Binary, Has, Index, Literal, Name, Node, Select


def members_read(expression: Condition | Program, variable: str) -> frozenset[str] | None:
    """Returns the names of the members that an expression may read; None when that is open.

    It is open where the variable is used as a whole, or its member is computed.

    Args:
        expression: compiled, so that its text is known to be right.
        variable: the name of a root variable, e.g. `Outputs`.
    """
    if variable not in expression.variables:
        return frozenset()
    found: set[str] = set()
    pending: list[Node] = [parse(expression.text)]
    while pending:
        node = pending.pop()
        if _is(node, variable):
            return None
        member = _member(node, variable)
        if member is None:
            pending.extend(_children(node))
        else:
            found.add(member)
    return frozenset(found)


def _member(node: Node, variable: str) -> str | None:
    """Returns the literal name that a node takes from the variable, if it does that."""
    match node:
        case Select(operand=operand, field=field) | Has(operand=operand, field=field):
            return field if _is(operand, variable) else None
        case Index(operand=operand, index=Literal(value=str() as name)):
            return name if _is(operand, variable) else None
        case Binary(operator="in", left=Literal(value=str() as name), right=right):
            return name if _is(right, variable) else None
        case _:
            return None


def _is(node: Node, variable: str) -> bool:
    return isinstance(node, Name) and node.name == variable


def _children(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        for field in fields(value):
            yield from _nodes(getattr(value, field.name))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _nodes(part)
