"""Compiles a checked syntax tree to closures, as special as the static types allow."""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Final

from edgeauth.expressions.cel import calls, logic, loops, members, optionals, variables
from edgeauth.expressions.cel.assignability import NUMBERS, ORDERED
from edgeauth.expressions.cel.code import Code, Frame, Run, constant, folded
from edgeauth.expressions.cel.meaning import Meaning
from edgeauth.expressions.cel.operators import (
    ARITHMETIC,
    COMPARISONS,
    arithmetic,
    comparison,
    contains,
    equal,
    negate,
    short_kind,
    unequal,
)
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
)
from edgeauth.expressions.cel.values import UInt, to_key
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import ObjectType

_SIMPLE: Final = ORDERED | {"int", "uint", "double", "type"}
"""Types within which Python's `==` is exact."""
_CONTAINERS: Final = frozenset({list, tuple, dict})
_KEYS: Final = frozenset({int, UInt, bool, str})


def compile_tree(root: Node, meaning: Meaning) -> Code:
    """Returns the code of a checked syntax tree.

    Raises:
        ExpressionError: a constant argument is not what a function needs.
    """
    return _Compiler(meaning).compile(root)


class _Compiler:
    __slots__ = ("constants", "loops", "meaning", "types")

    def __init__(self, meaning: Meaning) -> None:
        self.meaning = meaning
        self.types = meaning.types
        self.constants: dict[str, Code] = {}
        self.loops = 0

    def compile(self, node: Node) -> Code:
        return _COMPILERS[type(node)](self, node)

    def _operands(self, nodes: Iterable[Node]) -> tuple[Code, ...]:
        codes = map(self.compile, nodes)
        return tuple(map(loops.metered, codes)) if self.loops else tuple(codes)

    def literal(self, node: Literal) -> Code:
        return constant(node.value)

    def name(self, node: Name | Select) -> Code:
        place = self.meaning.places.get(node)
        if place is None:
            return constant(self.meaning.constants[node])
        if place in self.constants:
            return self.constants[place]
        part = self.meaning.parts.get(node, "whole")
        if part != "whole":
            return Code(variables.part(place, part))
        return Code(itemgetter(place), place=place)

    def select(self, node: Select) -> Code:
        if node in self.meaning.constants:
            return constant(self.meaning.constants[node])
        if node in self.meaning.places:
            return self.name(node)
        if self._is_key(node):
            return self._keys(node)
        operand = self.compile(node.operand)
        kind = self.types[node.operand]
        select = optionals.select if node.optional else members.select
        return folded(select(operand, kind, node.field), (operand,))

    def _keys(self, node: Select) -> Code:
        """Compiles `a.b.c` as one access: what rules ask of claims and answers."""
        fields, origin = [node.field], node.operand
        while isinstance(origin, Select) and self._is_key(origin):
            fields.append(origin.field)
            origin = origin.operand
        operand = self.compile(origin)
        return folded(members.keys(operand, tuple(reversed(fields))), (operand,))

    def _is_key(self, node: Select) -> bool:
        """Returns whether a selection asks a map, or what turns out to be one or not."""
        named = node in self.meaning.constants or node in self.meaning.places
        return not (named or node.optional or isinstance(self.types[node.operand], ObjectType))

    def has(self, node: Has) -> Code:
        operand = self.compile(node.operand)
        return folded(members.has(operand, self.types[node.operand], node.field), (operand,))

    def index(self, node: Index) -> Code:
        operand, place = self.compile(node.operand), self.compile(node.index)
        index = optionals.index if node.optional else members.index
        return folded(index(operand, self.types[node.operand], place), (operand, place))

    def call(self, node: Call) -> Code:
        target = self.meaning.calls[node]
        arguments = self._operands(target.arguments)
        types = [self.types[argument] for argument in target.arguments]
        if node.receiver is None and node.name == "type" and isinstance(types[0], ObjectType):
            return Code(_type_of_object(types[0], arguments[0].run))
        return calls.call(target.overloads, arguments, types, node.offset)

    def unary(self, node: Unary) -> Code:
        operand = self.compile(node.operand)
        if node.operator == "!":
            return folded(logic.negation(operand), (operand,))
        return folded(calls.direct(negate, (operand,)), (operand,))

    def binary(self, node: Binary) -> Code:
        symbol = node.operator
        operands = (self.compile(node.left), self.compile(node.right))
        if self.loops and not _is_brief(symbol, operands):
            operands = (loops.metered(operands[0]), loops.metered(operands[1]))
        if symbol in ("==", "!="):
            run = self._equality(node, operands)
        elif symbol == "in":
            run = _membership(operands[0], operands[1])
        elif symbol in COMPARISONS and type(operands[1].value) is int:
            run = _ordering(symbol, operands[0].run, operands[1].value)
        else:
            run = calls.direct(self._implementation(node), operands)
        return folded(run, operands)

    def _implementation(self, node: Binary) -> Callable[..., object]:
        left, right = self.types[node.left].name, self.types[node.right].name
        symbol = node.operator
        if symbol in COMPARISONS:
            if (left in NUMBERS and right in NUMBERS) or (left == right and left in ORDERED):
                return COMPARISONS[symbol]
            return comparison(symbol)
        known = ARITHMETIC[symbol].get((short_kind(left), short_kind(right)))
        return arithmetic(symbol) if known is None else known[1]

    def _equality(self, node: Binary, operands: tuple[Code, ...]) -> Run:
        left, right = operands
        if isinstance(left.value, str):
            left, right = right, left
        first, wanted = left.run, right.value
        kind = self.types[node.left].name
        # A Python string equals nothing but a string, whatever stands on the other side.
        if isinstance(wanted, str):
            place = left.place
            if node.operator == "==":
                if place:
                    return lambda frame: frame[place] == wanted
                return lambda frame: first(frame) == wanted
            return lambda frame: first(frame) != wanted
        second = right.run
        if kind == self.types[node.right].name and kind in _SIMPLE:
            if node.operator == "==":
                return lambda frame: first(frame) == second(frame)
            return lambda frame: first(frame) != second(frame)
        return calls.direct(equal if node.operator == "==" else unequal, (left, right))

    def logical(self, node: Logical) -> Code:
        terms = [self.compile(term) for term in node.terms]
        certain = all(self.types[term].name == "bool" for term in node.terms)
        return folded(logic.chain(node.operator, terms, certain), terms)

    def conditional(self, node: Conditional) -> Code:
        condition = self.compile(node.condition)
        positive, negative = self.compile(node.positive), self.compile(node.negative)
        run = logic.conditional(condition, positive, negative)
        return folded(run, (condition, positive, negative))

    def list_literal(self, node: ListLiteral) -> Code:
        items = [self.compile(item) for item in node.items]
        runs = tuple(item.run for item in items)
        if node.optional:
            return folded(optionals.items(runs, node.optional), items)
        return folded(lambda frame: [run(frame) for run in runs], items)

    def map_literal(self, node: MapLiteral) -> Code:
        entries = [(self.compile(key), self.compile(value)) for key, value in node.entries]
        run = _map(tuple((key.run, value.run) for key, value in entries), node.optional)
        return folded(run, [code for entry in entries for code in entry])

    def comprehension(self, node: Comprehension) -> Code:
        source = self.compile(node.source).run
        place = self.meaning.places[node]
        if (wanted := self._text_looked_for(node, place)) is not None:
            return Code(loops.holding(source, wanted))
        self.loops += 1
        predicate = None if node.predicate is None else self.compile(node.predicate).run
        transform = None if node.transform is None else self.compile(node.transform).run
        self.loops -= 1
        if node.second:
            source = loops.pairs(source)
        if transform is not None:
            return Code(loops.transformation(node.quantifier, source, place, predicate, transform))
        if predicate is None:
            raise AssertionError("only transformations go without a predicate")
        if node.predicate is not None and self.types[node.predicate].name != "bool":
            predicate = loops.checked(predicate)
        return Code(loops.loop(node.quantifier, source, place, predicate))

    def _text_looked_for(self, node: Comprehension, place: str) -> str | None:
        """Returns `c` of `exists(x, x == "c")`, what rules ask of roles and groups."""
        test = node.predicate
        if node.quantifier != "exists" or node.second or not isinstance(test, Binary):
            return None
        if test.operator != "==" or self.meaning.places.get(test.left) != place:
            return None
        found = test.right.value if isinstance(test.right, Literal) else None
        return found if isinstance(found, str) else None

    def bind(self, node: Bind) -> Code:
        value, place = self.compile(node.value), self.meaning.places[node]
        if value.is_constant:
            self.constants[place] = value
            return self.compile(node.body)
        return Code(variables.bound(place, value.run, self.compile(node.body).run))

    def optional_map(self, node: OptionalMap) -> Code:
        operand, body = self.compile(node.operand), self.compile(node.body)
        place = self.meaning.places[node]
        return Code(optionals.mapped(operand.run, place, body.run, flat=node.flat))


def _is_brief(symbol: str, operands: tuple[Code, Code]) -> bool:
    """Returns whether an operation takes no time, however large what it looks at is."""
    if symbol in COMPARISONS or symbol in ("==", "!="):
        return any(map(_is_small, operands))
    return False


def _is_small(operand: Code) -> bool:
    value = operand.value
    return len(value) < 64 if isinstance(value, str) else type(value) in _KEYS


def _type_of_object(kind: ObjectType, inner: Run) -> Run:
    read = kind.type_of

    def run(frame: Frame) -> object:
        if read is None:
            raise EvaluationError(f"type: {kind.name} has no type to compare with")
        return read(inner(frame))

    return run


def _membership(element: Code, container: Code) -> Run:
    wanted, holder = element.value, container.run
    if not isinstance(wanted, str):
        return calls.direct(contains, (element, container))

    def run(frame: Frame) -> object:
        value = holder(frame)
        if type(value) in _CONTAINERS:
            return wanted in value  # type: ignore[operator]  # a container
        return contains(wanted, value)

    return run


def _ordering(symbol: str, left: Run, limit: int) -> Run:
    compare, compare_any = COMPARISONS[symbol], comparison(symbol)

    def run(frame: Frame) -> object:
        value = left(frame)
        if type(value) is int:
            return compare(value, limit)
        return compare_any(value, limit)

    return run


def _map(entries: tuple[tuple[Run, Run], ...], optional: frozenset[int]) -> Run:
    def run(frame: Frame) -> object:
        found: dict[object, object] = {}
        for name, value in optionals.entries(entries, optional, frame):
            if type(name) not in _KEYS:
                raise EvaluationError("{}: not a key")
            key = to_key(name)
            if key in found:
                raise EvaluationError("{}: the same key twice")
            found[key] = value
        return found

    return run


_COMPILERS: Final[Mapping[type[Node], Callable[..., Code]]] = {
    Literal: _Compiler.literal,
    Name: _Compiler.name,
    Select: _Compiler.select,
    Has: _Compiler.has,
    Index: _Compiler.index,
    Call: _Compiler.call,
    Unary: _Compiler.unary,
    Binary: _Compiler.binary,
    Logical: _Compiler.logical,
    Conditional: _Compiler.conditional,
    ListLiteral: _Compiler.list_literal,
    MapLiteral: _Compiler.map_literal,
    Comprehension: _Compiler.comprehension,
    Bind: _Compiler.bind,
    OptionalMap: _Compiler.optional_map,
}
