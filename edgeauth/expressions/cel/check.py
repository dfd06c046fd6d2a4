"""The light type check: what can be known to be wrong before the first request is refused here.

Whatever comes from outside is `dyn` and passes; it is looked at when it is there.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from edgeauth.expressions.cel import resolution
from edgeauth.expressions.cel.assignability import (
    NUMBERS,
    ORDERED,
    are_comparable,
    common,
    fits,
)
from edgeauth.expressions.cel.functions import NAMESPACES
from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.operators import ARITHMETIC, COMPARISONS, short_kind
from edgeauth.expressions.cel.parser import MAX_NESTING
from edgeauth.expressions.cel.resolution import did_you_mean
from edgeauth.expressions.cel.syntax import (
    Binary,
    Call,
    Comprehension,
    Conditional,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logical,
    MapLiteral,
    Name,
    Node,
    Select,
    Unary,
)
from edgeauth.expressions.cel.values import KINDS, LIST, TYPE_VALUES
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.objects import ERROR_KINDS
from edgeauth.expressions.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    ListType,
    MapType,
    ObjectType,
    Type,
    list_of,
    map_of,
)

_RESULTS: Final = {
    "int": INT,
    "uint": UINT,
    "double": DOUBLE,
    "string": STRING,
    "bytes": BYTES,
    "list": LIST,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
}


class Target(NamedTuple):
    """What a call means: its arguments, the receiver first, and the overloads that may fit."""

    arguments: tuple[Node, ...]
    overloads: tuple[Overload, ...]


class Meaning:
    """What the check found out about a syntax tree.

    Attributes:
        types: the static type of each node.
        places: where in the frame a variable stands; for comprehensions, their variable.
        constants: the values of names that are constants.
        calls: what each call means.
        roots: the root variables that are read.
    """

    __slots__ = ("calls", "constants", "places", "roots", "types")

    def __init__(self) -> None:
        self.types: dict[Node, Type] = {}
        self.places: dict[Node, str] = {}
        self.constants: dict[Node, object] = {}
        self.calls: dict[Node, Target] = {}
        self.roots: set[str] = set()


def check(root: Node, variables: Mapping[str, Type]) -> Meaning:
    """Returns the types and meanings of everything in a syntax tree.

    Raises:
        ExpressionError: a name, member or function does not exist, or types can not fit.
    """
    checker = _Checker(variables)
    checker.check(root)
    return checker.meaning


class _Checker:
    __slots__ = ("bound", "depth", "meaning", "variables")

    def __init__(self, variables: Mapping[str, Type]) -> None:
        self.variables = variables
        self.meaning = Meaning()
        self.bound: list[tuple[str, Type]] = []
        self.depth = 0

    def check(self, node: Node) -> Type:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise ExpressionError(f"nested deeper than {MAX_NESTING}", node.offset)
        found = _CHECKS[type(node)](self, node)
        self.depth -= 1
        self.meaning.types[node] = found
        return found

    def literal(self, node: Literal) -> Type:
        return KINDS[type(node.value)]

    def name(self, node: Name) -> Type:
        name = node.name
        if not node.absolute:
            for depth in range(len(self.bound) - 1, -1, -1):
                if self.bound[depth][0] == name:
                    self.meaning.places[node] = f"@{depth}"
                    return self.bound[depth][1]
        declared = self.variables.get(name)
        if declared is not None:
            self.meaning.places[node] = name
            self.meaning.roots.add(name)
            return declared
        constant = self._constant(name)
        if constant is None:
            known = [*self.variables, *(name for name, _ in self.bound)]
            raise ExpressionError(f'unknown name "{name}"', node.offset, did_you_mean(name, known))
        self.meaning.constants[node] = constant
        return TYPE

    def _constant(self, name: str) -> object:
        if "Error" in self.variables and name in ERROR_KINDS:
            return ERROR_KINDS[name]
        return TYPE_VALUES.get(name)

    def select(self, node: Select) -> Type:
        qualified = _qualified(node)
        if qualified in TYPE_VALUES and "google" not in self.variables:
            self.meaning.constants[node] = TYPE_VALUES[qualified]
            return TYPE
        return self._member(self.check(node.operand), node.field, node.offset)

    def has(self, node: Has) -> Type:
        self._member(self.check(node.operand), node.field, node.offset)
        return BOOL

    def _member(self, operand: Type, field: str, offset: int) -> Type:
        if isinstance(operand, ObjectType):
            return _object_member(operand, field, offset)
        if isinstance(operand, MapType) and fits(STRING, operand.key):
            return operand.value
        if operand.name == "dyn":
            return DYN
        raise ExpressionError(f'{operand.name} has no member "{field}"', offset)

    def index(self, node: Index) -> Type:
        operand, index = self.check(node.operand), self.check(node.index)
        if isinstance(operand, ListType) and (index.name in NUMBERS or index.name == "dyn"):
            return operand.element
        if isinstance(operand, MapType) and fits(index, operand.key):
            return operand.value
        if isinstance(operand, ObjectType) and isinstance(node.index, Literal) and index is STRING:
            return _object_member(operand, str(node.index.value), node.index.offset)
        if operand.name == "dyn":
            return DYN
        raise ExpressionError(f"{operand.name} has no index of type {index.name}", node.offset)

    def call(self, node: Call) -> Type:
        types = tuple(map(self.check, node.arguments))
        arguments = node.arguments
        receiver = node.receiver
        if receiver is None:
            found = resolution.function(node.name, node.offset, types)
        elif self._is_namespace(receiver):
            name = f"{receiver.name}.{node.name}"  # type: ignore[attr-defined]  # a Name
            found = resolution.function(name, node.offset, types)
        else:
            types = (self.check(receiver), *types)
            arguments = (receiver, *arguments)
            found = resolution.method(node.name, node.offset, types)
        self.meaning.calls[node] = Target(arguments, found)
        return common(row.result_for(types) for row in found)

    def _is_namespace(self, node: Node) -> bool:
        return (
            isinstance(node, Name)
            and node.name in NAMESPACES
            and node.name not in self.variables
            and all(name != node.name for name, _ in self.bound)
        )

    def unary(self, node: Unary) -> Type:
        operand = self.check(node.operand)
        if node.operator == "!":
            self._boolean(operand, node.operand, '"!"')
            return BOOL
        if operand.name not in ("int", "double", "dyn"):
            raise ExpressionError(f'"-" does not take {operand.name}', node.offset)
        return operand

    def _boolean(self, found: Type, node: Node, where: str) -> None:
        if not fits(found, BOOL):
            raise ExpressionError(f"{where} needs bool, not {found.name}", node.offset)

    def binary(self, node: Binary) -> Type:
        left, right = self.check(node.left), self.check(node.right)
        symbol = node.operator
        if symbol in ARITHMETIC:
            return self._arithmetic(node, left, right)
        if symbol == "in":
            accepted = _may_contain(left, right)
        elif symbol in COMPARISONS:
            accepted = _are_ordered(left, right)
        else:
            accepted = are_comparable(left, right)
        if not accepted:
            raise _clash(node, left, right)
        return BOOL

    def _arithmetic(self, node: Binary, left: Type, right: Type) -> Type:
        first, second = short_kind(left.name), short_kind(right.name)
        table = ARITHMETIC[node.operator]
        if (first, second) in table and not isinstance(left, ListType):
            return _RESULTS[table[first, second][0]]
        if isinstance(left, ListType) and isinstance(right, ListType) and node.operator == "+":
            return list_of(common((left.element, right.element)))
        results = {
            result
            for (one, other), (result, _) in table.items()
            if first in (one, "dyn") and second in (other, "dyn")
        }
        if not results:
            raise _clash(node, left, right)
        return _RESULTS[results.pop()] if len(results) == 1 else DYN

    def logical(self, node: Logical) -> Type:
        for term in node.terms:
            self._boolean(self.check(term), term, f'"{node.operator}"')
        return BOOL

    def conditional(self, node: Conditional) -> Type:
        self._boolean(self.check(node.condition), node.condition, '"?"')
        positive, negative = self.check(node.positive), self.check(node.negative)
        if not fits(positive, negative):
            raise ExpressionError(
                f'"?:" has sides of types {positive.name} and {negative.name}', node.offset
            )
        return common((positive, negative))

    def list_literal(self, node: ListLiteral) -> Type:
        return list_of(common(map(self.check, node.items)))

    def map_literal(self, node: MapLiteral) -> Type:
        keys = [self.check(key) for key, _ in node.entries]
        for found, (key, _) in zip(keys, node.entries, strict=True):
            if found.name not in ("dyn", "int", "uint", "bool", "string"):
                raise ExpressionError(f"{found.name} can not be a key", key.offset)
        return map_of(common(keys), common(self.check(value) for _, value in node.entries))

    def comprehension(self, node: Comprehension) -> Type:
        source = self.check(node.source)
        if not isinstance(source, ListType | MapType) and source.name != "dyn":
            raise ExpressionError(
                f'"{node.quantifier}" needs a list or map, not {source.name}', node.offset
            )
        element = _element(source)
        self.meaning.places[node] = f"@{len(self.bound)}"
        self.bound.append((node.variable, element))
        if node.predicate is not None:
            found = self.check(node.predicate)
            self._boolean(found, node.predicate, f'"{node.quantifier}"')
        transformed = element if node.transform is None else self.check(node.transform)
        self.bound.pop()
        if node.quantifier in ("filter", "sortBy"):
            return list_of(element)
        return list_of(transformed) if node.quantifier == "map" else BOOL


def _element(source: Type) -> Type:
    if isinstance(source, ListType):
        return source.element
    return source.key if isinstance(source, MapType) else DYN


def _object_member(operand: ObjectType, field: str, offset: int) -> Type:
    found = operand.fields.get(field)
    if found is not None:
        return found.type
    if field in operand.methods:
        raise ExpressionError(
            f'"{field}" of {operand.name} is a method', offset, f'write "{field}(...)"'
        )
    misspelt = any(known.casefold() == field.casefold() for known in operand.fields)
    if operand.others is not None and not misspelt:
        return operand.others.type
    known = [*operand.fields, *operand.methods]
    raise ExpressionError(
        f'{operand.name} has no member "{field}"', offset, did_you_mean(field, known)
    )


def _qualified(node: Node) -> str:
    """Returns a chain of names as it was written; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, Select):
        parts.append(node.field)
        node = node.operand
    if not isinstance(node, Name) or node.name != "google":
        return ""
    return ".".join((node.name, *reversed(parts)))


def _may_contain(element: Type, container: Type) -> bool:
    if container.name in ("dyn", "networks"):
        return True
    if isinstance(container, ListType | MapType):
        return fits(element, _element(container))
    return False


def _are_ordered(left: Type, right: Type) -> bool:
    if left.name == "dyn" or right.name == "dyn":
        return all(kind.name in NUMBERS | ORDERED | {"dyn"} for kind in (left, right))
    if left.name in NUMBERS:
        return right.name in NUMBERS
    return left.name in ORDERED and left.name == right.name


def _clash(node: Binary, left: Type, right: Type) -> ExpressionError:
    numbers = left.name in NUMBERS and right.name in NUMBERS
    return ExpressionError(
        f'"{node.operator}" does not take {left.name} and {right.name}',
        node.offset,
        "write both numbers with or without a fraction, or convert one" if numbers else "",
    )


_CHECKS: Final[Mapping[type[Node], Callable[..., Type]]] = {
    Literal: _Checker.literal,
    Name: _Checker.name,
    Select: _Checker.select,
    Has: _Checker.has,
    Index: _Checker.index,
    Call: _Checker.call,
    Unary: _Checker.unary,
    Binary: _Checker.binary,
    Logical: _Checker.logical,
    Conditional: _Checker.conditional,
    ListLiteral: _Checker.list_literal,
    MapLiteral: _Checker.map_literal,
    Comprehension: _Checker.comprehension,
}
