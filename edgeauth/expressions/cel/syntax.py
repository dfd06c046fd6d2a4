"""The syntax tree of conditions. Nodes are compared by identity, so that they can be looked up.

`offset` is where a message about the node points to: the name of a member, the operator, the
opening bracket; in characters from the beginning of the text.
"""

from dataclasses import dataclass
from typing import Literal as OneOf


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A part of an expression."""

    offset: int


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A constant as it was written: null, bool, int, uint, double, string or bytes."""

    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable, a type or a constant.

    Attributes:
        absolute: written with a leading dot: variables of macros are passed over.
    """

    name: str
    absolute: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Select(Node):
    """`operand.field`."""

    operand: Node
    field: str


@dataclass(frozen=True, slots=True, eq=False)
class Has(Node):
    """`has(operand.field)`."""

    operand: Node
    field: str


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    """`operand[index]`."""

    operand: Node
    index: Node


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`name(arguments)`, or `receiver.name(arguments)` when there is a receiver."""

    receiver: Node | None
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    """`!operand` or `-operand`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """Two operands of an arithmetic operator, a comparison or `in`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Logical(Node):
    """A chain of `&&` or of `||`: at least two terms."""

    operator: str
    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Conditional(Node):
    """`condition ? positive : negative`."""

    condition: Node
    positive: Node
    negative: Node


@dataclass(frozen=True, slots=True, eq=False)
class ListLiteral(Node):
    """`[items]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MapLiteral(Node):
    """`{key: value, ...}`."""

    entries: tuple[tuple[Node, Node], ...]


Quantifier = OneOf["all", "exists", "exists_one", "map", "filter", "sortBy"]


@dataclass(frozen=True, slots=True, eq=False)
class Comprehension(Node):
    """A macro over the elements of a list or the keys of a map.

    Attributes:
        variable: names the element in `predicate` and `transform`.
        predicate: None for `map` and `sortBy` over every element.
        transform: of `map`, and the key of `sortBy`.
    """

    quantifier: Quantifier
    source: Node
    variable: str
    predicate: Node | None
    transform: Node | None = None
