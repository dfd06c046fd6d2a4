"""The light type check: what can be known to be wrong before the first request is refused here.

Whatever comes from outside is `dyn` and passes; it is looked at when it is there.
"""

from collections.abc import Callable, Mapping
from typing import Final

from edgeauth.config.spelling import did_you_mean
from edgeauth.expressions.cel import resolution
from edgeauth.expressions.cel.assignability import (
    NUMBERS,
    are_comparable,
    are_ordered,
    common,
    element_of,
    fits,
    key_of,
    may_contain,
    value_of,
)
from edgeauth.expressions.cel.functions import NAMESPACES
from edgeauth.expressions.cel.meaning import Bound, Meaning, Part, Target
from edgeauth.expressions.cel.operators import ARITHMETIC, COMPARISONS, short_kind
from edgeauth.expressions.cel.parser import MAX_NESTING
from edgeauth.expressions.cel.syntax import (
    Binary,
    Bind,
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
    OptionalMap,
    Select,
    Unary,
    qualified_name,
)
from edgeauth.expressions.cel.values import KINDS, LIST, MAP, OPTIONAL, TYPE_VALUES
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


def check(root: Node, variables: Mapping[str, Type]) -> Meaning:
    """Returns the types and meanings of everything in a syntax tree.

    Raises:
        ExpressionError: a name, member or function does not exist, or types can not fit.
    """
    checker = _Checker(variables)
    checker.check(root)
    return checker.meaning


class _Checker:
    __slots__ = ("bound", "depth", "dotted", "macros", "meaning", "variables")

    def __init__(self, variables: Mapping[str, Type]) -> None:
        self.variables = variables
        self.meaning = Meaning()
        self.bound: list[Bound] = []
        self.dotted = any("." in name for name in variables)
        self.macros = 0
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
            for bound in reversed(self.bound):
                if bound.name == name:
                    self.meaning.places[node] = bound.place
                    self.meaning.parts[node] = bound.part
                    return bound.type
        if name in self.variables:
            return self._variable(node, name)
        constant = self._constant(name)
        if constant is None:
            known = [*self.variables, *(bound.name for bound in self.bound)]
            raise ExpressionError(f'unknown name "{name}"', node.offset, did_you_mean(name, known))
        self.meaning.constants[node] = constant
        return TYPE

    def _variable(self, node: Node, name: str) -> Type:
        self.meaning.places[node] = name
        self.meaning.roots.add(name)
        return self.variables[name]

    def _constant(self, name: str) -> object:
        if "Error" in self.variables and name in ERROR_KINDS:
            return ERROR_KINDS[name]
        return TYPE_VALUES.get(name)

    def select(self, node: Select) -> Type:
        root, qualified = qualified_name(node)
        if root is not None and not self._is_taken(root):
            if self.dotted and qualified in self.variables:
                return self._variable(node, qualified)
            if qualified in TYPE_VALUES and root.name not in self.variables:
                self.meaning.constants[node] = TYPE_VALUES[qualified]
                return TYPE
        found = self._member(self.check(node.operand), node.field, node.offset)
        return _maybe(found, node)

    def _is_taken(self, node: Name) -> bool:
        return not node.absolute and any(bound.name == node.name for bound in self.bound)

    def has(self, node: Has) -> Type:
        self._member(self.check(node.operand), node.field, node.offset)
        return BOOL

    def _member(self, operand: Type, field: str, offset: int) -> Type:
        if isinstance(operand, ObjectType):
            return _object_member(operand, field, offset)
        if isinstance(operand, MapType) and fits(STRING, operand.key):
            return operand.value
        if operand.name in ("dyn", "optional_type"):
            return operand
        raise ExpressionError(f'{operand.name} has no member "{field}"', offset)

    def index(self, node: Index) -> Type:
        found = self._element_at(node, self.check(node.operand), self.check(node.index))
        return _maybe(found, node)

    def _element_at(self, node: Index, operand: Type, index: Type) -> Type:
        if isinstance(operand, ListType) and (index.name in NUMBERS or index.name == "dyn"):
            return operand.element
        if isinstance(operand, MapType) and fits(index, operand.key):
            return operand.value
        if isinstance(operand, ObjectType) and isinstance(node.index, Literal) and index is STRING:
            self.meaning.strings_matter = True
            return _object_member(operand, str(node.index.value), node.index.offset)
        if operand.name in ("dyn", "optional_type"):
            return operand
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
        if any(row.refuses_constants for row in found):
            self.meaning.strings_matter = True
        return common(row.result_for(types) for row in found)

    def _is_namespace(self, node: Node) -> bool:
        return (
            isinstance(node, Name)
            and node.name in NAMESPACES
            and node.name not in self.variables
            and not self._is_taken(node)
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
            accepted = may_contain(left, right)
        elif symbol in COMPARISONS:
            accepted = are_ordered(left, right)
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
        types = [self.check(item) for item in node.items]
        for place in node.optional:
            types[place] = self._optional(types[place], node.items[place])
        return list_of(common(types))

    def _optional(self, found: Type, node: Node) -> Type:
        if not fits(found, OPTIONAL):
            raise ExpressionError(f'"?" needs an optional value, not {found.name}', node.offset)
        return DYN

    def map_literal(self, node: MapLiteral) -> Type:
        keys = [self.check(key) for key, _ in node.entries]
        for found, (key, _) in zip(keys, node.entries, strict=True):
            if found.name not in ("dyn", "int", "uint", "bool", "string"):
                raise ExpressionError(f"{found.name} can not be a key", key.offset)
        values = [self.check(value) for _, value in node.entries]
        for place in node.optional:
            values[place] = self._optional(values[place], node.entries[place][1])
        return map_of(common(keys), common(values))

    def comprehension(self, node: Comprehension) -> Type:
        source = self.check(node.source)
        if not isinstance(source, ListType | MapType) and source.name != "dyn":
            raise ExpressionError(
                f'"{node.quantifier}" needs a list or map, not {source.name}', node.offset
            )
        element = element_of(source)
        if node.second:
            self._bind(node, (node.variable, key_of(source), "first"))
            self._bind(node, (node.second, value_of(source), "second"), again=True)
        else:
            self._bind(node, (node.variable, element, "whole"))
        if node.predicate is not None:
            found = self.check(node.predicate)
            self._boolean(found, node.predicate, f'"{node.quantifier}"')
        transformed = element if node.transform is None else self.check(node.transform)
        del self.bound[-2 if node.second else -1 :]
        return _result(node, source, element, transformed)

    def _bind(self, node: Node, bound: tuple[str, Type, Part], *, again: bool = False) -> None:
        self.macros += not again
        place = f"@{self.macros}"
        self.meaning.places[node] = place
        name, kind, part = bound
        self.bound.append(Bound(name, kind, place, part))

    def bind(self, node: Bind) -> Type:
        value = self.check(node.value)
        self._bind(node, (node.variable, value, "delayed"))
        found = self.check(node.body)
        self.bound.pop()
        return found

    def optional_map(self, node: OptionalMap) -> Type:
        operand = self.check(node.operand)
        if not fits(operand, OPTIONAL):
            raise ExpressionError(f"{operand.name} is no optional value", node.offset)
        self._bind(node, (node.variable, DYN, "whole"))
        found = self.check(node.body)
        self.bound.pop()
        if node.flat and not fits(found, OPTIONAL):
            raise ExpressionError(
                f'"optFlatMap" needs an optional value, not {found.name}', node.body.offset
            )
        return OPTIONAL


def _maybe(found: Type, node: Select | Index) -> Type:
    if not node.optional:
        return found
    if isinstance(found, ObjectType):
        raise ExpressionError(
            f'"?" does not take {found.name}', node.offset, 'test with "has(...)"'
        )
    return OPTIONAL


def _result(node: Comprehension, source: Type, element: Type, transformed: Type) -> Type:
    if node.quantifier in ("filter", "sortBy"):
        return list_of(element)
    if node.quantifier == "map":
        return list_of(transformed)
    if node.quantifier == "transformMap":
        return map_of(key_of(source), transformed)
    return MAP if node.quantifier == "transformMapEntry" else BOOL


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
    Bind: _Checker.bind,
    OptionalMap: _Checker.optional_map,
}
