"""The syntax tree of conditions. Nodes are compared by identity, so that they can be looked up.

`offset` is where a message about the node points to: the name of a member, the operator, the
opening bracket; in characters from the beginning of the text.

Nobody changes a node; to freeze them would make parsing a fifth slower.
"""

from dataclasses import dataclass
from typing import Literal as OneOf


@dataclass(slots=True, eq=False)
class Node:
    """A part of an expression."""

    offset: int


@dataclass(slots=True, eq=False)
class Literal(Node):
    """A constant as it was written: null, bool, int, uint, double, string or bytes."""

    value: object


@dataclass(slots=True, eq=False)
class Name(Node):
    """A variable, a type or a constant.

    Attributes:
        absolute: written with a leading dot: variables of macros are passed over.
    """

    name: str
    absolute: bool = False


@dataclass(slots=True, eq=False)
class Select(Node):
    """`operand.field`, or `operand.?field`.

    Attributes:
        optional: the value is optional, none when there is no such field.
    """

    operand: Node
    field: str
    optional: bool = False


@dataclass(slots=True, eq=False)
class Has(Node):
    """`has(operand.field)`."""

    operand: Node
    field: str


@dataclass(slots=True, eq=False)
class Index(Node):
    """`operand[index]`, or `operand[?index]`.

    Attributes:
        optional: the value is optional, none when there is no such element.
    """

    operand: Node
    index: Node
    optional: bool = False


@dataclass(slots=True, eq=False)
class Call(Node):
    """`name(arguments)`, or `receiver.name(arguments)` when there is a receiver."""

    receiver: Node | None
    name: str
    arguments: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Unary(Node):
    """`!operand` or `-operand`."""

    operator: str
    operand: Node


@dataclass(slots=True, eq=False)
class Binary(Node):
    """Two operands of an arithmetic operator, a comparison or `in`."""

    operator: str
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class Logical(Node):
    """A chain of `&&` or of `||`: at least two terms."""

    operator: str
    terms: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class Conditional(Node):
    """`condition ? positive : negative`."""

    condition: Node
    positive: Node
    negative: Node


@dataclass(slots=True, eq=False)
class ListLiteral(Node):
    """`[items]`.

    Attributes:
        optional: the places of items written `?item`, which are left out when they are none.
    """

    items: tuple[Node, ...]
    optional: frozenset[int] = frozenset()


@dataclass(slots=True, eq=False)
class MapLiteral(Node):
    """`{key: value, ...}`.

    Attributes:
        optional: the places of entries written `?key: value`, left out when the value is none.
    """

    entries: tuple[tuple[Node, Node], ...]
    optional: frozenset[int] = frozenset()


@dataclass(slots=True, eq=False)
class Bind(Node):
    """`cel.bind(variable, value, body)`: the value is computed when it is read first, and once."""

    variable: str
    value: Node
    body: Node


@dataclass(slots=True, eq=False)
class OptionalMap(Node):
    """`operand.optMap(variable, body)`, or `optFlatMap`.

    Attributes:
        flat: the body gives an optional value itself.
    """

    operand: Node
    variable: str
    body: Node
    flat: bool


Quantifier = OneOf[
    "all", "exists", "exists_one", "map", "filter", "sortBy", "transformMap", "transformMapEntry"
]


@dataclass(slots=True, eq=False)
class Comprehension(Node):
    """A macro over the elements of a list or the keys of a map.

    Attributes:
        variable: names the element in `predicate` and `transform`.
        predicate: None where every element is taken.
        transform: of `map` and its kind, and the key of `sortBy`.
        second: names the value when there are two variables; the first is the index or key then.
    """

    quantifier: Quantifier
    source: Node
    variable: str
    predicate: Node | None
    transform: Node | None = None
    second: str = ""


def qualified_name(node: Node) -> tuple[Name | None, str]:
    """Returns the root of a chain of names, and the chain as it was written."""
    parts: list[str] = []
    while isinstance(node, Select) and not node.optional:
        parts.append(node.field)
        node = node.operand
    if not isinstance(node, Name):
        return None, ""
    return node, ".".join((node.name, *reversed(parts)))
