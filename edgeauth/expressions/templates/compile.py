"""Compiles a syntax tree to closures: text, actions, branches, loops and calls of templates."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.secrets import Secrets
from edgeauth.expressions.templates.check import element_type, hint
from edgeauth.expressions.templates.format import printed
from edgeauth.expressions.templates.frame import (
    BREAK,
    CONTINUE,
    NORMAL,
    SCOPE,
    Expression,
    Frame,
    Slot,
    Writer,
)
from edgeauth.expressions.templates.limits import STEP_COST
from edgeauth.expressions.templates.loops import loop
from edgeauth.expressions.templates.operands import Environment, Operands
from edgeauth.expressions.templates.pieces import Written
from edgeauth.expressions.templates.syntax import (
    Action,
    Block,
    Branch,
    Document,
    Include,
    Jump,
    Node,
    Text,
)
from edgeauth.expressions.templates.values import is_true
from edgeauth.expressions.types import DYN, STRING, ObjectType, Type

TextReader = Callable[[Mapping[str, object]], str]


class Program(NamedTuple):
    """A compiled template.

    Attributes:
        write: the body.
        size: how many slots its frame has.
        read: the root names that it reads.
        pure: whether it calls only functions that always answer the same.
        readers: its pieces as functions of the scope, if it has nothing but text and members.
    """

    write: Writer
    size: int
    read: frozenset[str]
    pure: bool
    readers: tuple[TextReader | Written, ...] | None


def compile_document(
    document: Document, variables: Mapping[str, Type], secrets: Secrets
) -> Program:
    """Compiles a parsed template.

    Raises:
        ExpressionError: an unknown name, member, function or template, or a wrong argument.
    """
    assigned = frozenset(_assigned(document.main)).union(
        *(_assigned(block) for block in document.definitions.values())
    )
    environment = Environment(variables, assigned, secrets)
    library = _Library(document, environment)
    body = _Body(library, Slot(0, SCOPE), metered=False)
    write = body.block(document.main)
    read, pure = frozenset(environment.read), environment.pure
    for name in document.definitions:
        library.find(name, DYN)
    pieces = None if body.pieces is None else tuple(body.pieces)
    return Program(write, body.operands.slots, read, pure, pieces)


def _assigned(block: Block) -> set[str]:
    """Returns the variables that are assigned to somewhere; their types are not tracked."""
    names: set[str] = set()
    for node in block:
        if isinstance(node, (Action, Branch)) and node.pipeline.assigns:
            names.update(variable.name for variable in node.pipeline.declared)
        if isinstance(node, Branch):
            names |= _assigned(node.body) | _assigned(node.otherwise)
    return names


class _Definition:
    """A defined template for one type of its dot; its body is compiled once, on first use."""

    def __init__(self) -> None:
        self.write: Writer | None = None
        self.size = 1


class _Library:
    """The defined templates."""

    def __init__(self, document: Document, environment: Environment) -> None:
        self.document = document
        self.environment = environment
        self.compiled: dict[tuple[str, str], _Definition] = {}

    def find(self, name: str, kind: Type) -> _Definition | None:
        """Returns a template for a dot of a type; None when there is none of that name."""
        block = self.document.definitions.get(name)
        if block is None:
            return None
        key = (name, kind.name)
        if key not in self.compiled:
            definition = self.compiled[key] = _Definition()
            body = _Body(self, Slot(0, kind), metered=True)
            definition.write = body.block(block)
            definition.size = body.operands.slots
        return self.compiled[key]


class _Body:
    """Compiles the statements of one body: the main one, or that of a definition."""

    def __init__(self, library: _Library, root: Slot, *, metered: bool) -> None:
        self.library = library
        self.operands = Operands(library.environment, root)
        self.operands.metered = metered
        self.pieces: list[TextReader | Written] | None = []

    def _piece(self, piece: TextReader | Written | None) -> None:
        """Notes a piece of a body that needs no frame; None when the body needs one."""
        if piece is None:
            self.pieces = None
        elif self.pieces is not None:
            self.pieces.append(piece)

    def block(self, block: Block) -> Writer:
        """Compiles a block to a writer."""
        writers = tuple(self._node(node) for node in block)
        if len(writers) == 1:
            return writers[0]

        def write(frame: Frame, out: list[str]) -> int:
            for writer in writers:
                signal = writer(frame, out)
                if signal:
                    return signal
            return NORMAL

        return write

    def _node(self, node: Node) -> Writer:
        if isinstance(node, Text):
            text = Written(node.text)
            self._piece(text)
            return _constant_writer(text)
        if isinstance(node, Action):
            return self._action(node)
        self._piece(None)
        if isinstance(node, Jump):
            signal = BREAK if node.keyword == "break" else CONTINUE
            return lambda _frame, _out: signal
        if isinstance(node, Include):
            return self._include(node)
        return self._branch(node)

    def _action(self, node: Action) -> Writer:
        value = self.operands.pipeline(node.pipeline)
        if node.pipeline.declared:
            self._piece(None)
            return _effect(value)
        if isinstance(value.type, ObjectType) and value.type.text is None:
            raise ExpressionError(f"{value.type.name} can not be printed", node.offset, "a member")
        run, reader = value.run, value.reader
        self._piece(None if reader is None else _text_reader(reader, value.type))

        def write(frame: Frame, out: list[str]) -> int:
            text = printed(run(frame))
            out.append(text)
            frame.budget -= STEP_COST + len(text)
            if frame.budget < 0:
                raise EvaluationError("the template does too much work")
            return NORMAL

        return write

    def _include(self, node: Include) -> Writer:
        argument = Expression(lambda _frame: None, DYN)
        if node.argument is not None:
            argument = self.operands.argument(node.argument)
        definition = self.library.find(node.name, argument.type)
        if definition is None:
            known = self.library.document.definitions
            problem = f'template "{node.name}" is not defined'
            raise ExpressionError(problem, node.offset, hint(node.name, known))
        run, called = argument.run, definition

        def write(frame: Frame, out: list[str]) -> int:
            callee = frame.enter(called.size, run(frame))
            if called.write is not None:
                called.write(callee, out)
            frame.budget = callee.budget
            frame.charge(None)
            return NORMAL

        return write

    def _branch(self, node: Branch) -> Writer:
        operands = self.operands
        operands.scopes.append({})
        writer = self._range(node) if node.keyword == "range" else self._condition(node)
        operands.scopes.pop()
        return writer

    def _condition(self, node: Branch) -> Writer:
        value = self.operands.pipeline(node.pipeline)
        run, slot = value.run, 0
        if node.keyword == "with":
            dot = self.operands.new_slot(value.type)
            slot = dot.number
            body = self._within(node.body, dot)
        else:
            body = self._within(node.body, self.operands.dot)
        otherwise = self._within(node.otherwise, self.operands.dot)

        def write(frame: Frame, out: list[str]) -> int:
            tested = run(frame)
            frame.charge(None)
            if not is_true(tested):
                return otherwise(frame, out)
            if slot:
                frame.slots[slot] = tested
            return body(frame, out)

        return write

    def _range(self, node: Branch) -> Writer:
        operands = self.operands
        declared, assigns = node.pipeline.declared, node.pipeline.assigns
        value = operands.pipeline(replace(node.pipeline, declared=()))
        kind = element_type(value.type)
        slots = [operands.new_slot(kind, nil_fails=True)]
        for position, variable in enumerate(declared):
            known = kind if position == len(declared) - 1 else DYN
            slots.append(
                operands.find(variable)
                if assigns
                else operands.declare(variable, known, nil_fails=True)
            )
        metered, operands.metered = operands.metered, True
        body = self._within(node.body, slots[0])
        operands.metered = metered
        otherwise = self._within(node.otherwise, operands.dot)
        return loop(value.run, tuple(slot.number for slot in slots), body, otherwise)

    def _within(self, block: Block, dot: Slot) -> Writer:
        """Compiles a block with its own dot and its own variables."""
        operands = self.operands
        outer, operands.dot = operands.dot, dot
        operands.scopes.append({})
        writer = self.block(block)
        operands.scopes.pop()
        operands.dot = outer
        return writer


def _constant_writer(text: Written) -> Writer:
    cost = STEP_COST + len(text)

    def write(frame: Frame, out: list[str]) -> int:
        out.append(text)
        frame.budget -= cost
        if frame.budget < 0:
            raise EvaluationError("the template does too much work")
        return NORMAL

    return write


def _effect(value: Expression) -> Writer:
    run = value.run

    def write(frame: Frame, _out: list[str]) -> int:
        run(frame)
        frame.charge(None)
        return NORMAL

    return write


def _text_reader(reader: Callable[[Mapping[str, object]], object], kind: Type) -> TextReader:
    if kind is STRING:
        return reader  # type: ignore[return-value]  # a member of type string

    def read(scope: Mapping[str, object]) -> str:
        value = reader(scope)
        return value if type(value) is str else printed(value)

    return read
