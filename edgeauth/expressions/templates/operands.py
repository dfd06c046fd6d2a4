"""Compiles what is inside an action to closures: operands, calls, pipelines."""

from collections.abc import Callable, Mapping

from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.secrets import Secrets
from edgeauth.expressions.templates import calls
from edgeauth.expressions.templates.chains import chain_run, ending, root_reader
from edgeauth.expressions.templates.check import (
    TYPES,
    check_count,
    check_literal,
    check_type,
    hint,
)
from edgeauth.expressions.templates.frame import SCOPE, Expression, Frame, Run, ScopeReader, Slot
from edgeauth.expressions.templates.functions import FUNCTIONS
from edgeauth.expressions.templates.functions.builtins import index
from edgeauth.expressions.templates.functions.excluded import EXCLUDED
from edgeauth.expressions.templates.functions.regular import check_pattern
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.kinds import VERSION
from edgeauth.expressions.templates.members import (
    element_default,
    resolve,
    wrapped,
)
from edgeauth.expressions.templates.secret_calls import SECRET, secret_call
from edgeauth.expressions.templates.syntax import (
    Call,
    Chain,
    Command,
    Dot,
    Literal,
    Name,
    Nil,
    Operand,
    Pipeline,
    Variable,
)
from edgeauth.expressions.types import BOOL, DOUBLE, DYN, INT, STRING, Method, Type

_LAZY = ("and", "or")


class Environment:
    """What the whole template shares: the names it may read, and what it turned out to read."""

    def __init__(
        self, variables: Mapping[str, Type], assigned: frozenset[str], secrets: Secrets
    ) -> None:
        self.variables = variables
        self.assigned = assigned
        self.secrets = secrets
        self.read: set[str] = set()
        self.pure = True

    def scope_value(self, frame: Frame) -> dict[str, object]:
        """Returns the scope as a map, for a template that uses the dot itself as a value."""
        return {
            name: wrapped(kind, frame.scope[name])
            for name, kind in self.variables.items()
            if name in frame.scope
        }


class Operands:
    """Compiles the expressions of one body; the statements around them set dot and variables."""

    def __init__(self, environment: Environment, root: Slot) -> None:
        self.environment = environment
        self.root = root
        self.dot = root
        self.scopes: list[dict[str, Slot]] = [{}]
        self.slots = 1
        self.metered = False

    def new_slot(self, kind: Type, *, nil_fails: bool = False) -> Slot:
        """Returns a fresh place in the frame."""
        slot = Slot(self.slots, kind, nil_fails)
        self.slots += 1
        return slot

    def declare(self, variable: Variable, kind: Type, *, nil_fails: bool = False) -> Slot:
        """Returns the place of a new variable; one that is assigned to later has any type."""
        known = DYN if variable.name in self.environment.assigned else kind
        slot = self.new_slot(known, nil_fails=nil_fails)
        self.scopes[-1][variable.name] = slot
        return slot

    def find(self, variable: Variable) -> Slot:
        """Returns the place of a variable."""
        for scope in reversed(self.scopes):
            if variable.name in scope:
                return scope[variable.name]
        raise ExpressionError(f'undefined variable "${variable.name}"', variable.offset)

    def pipeline(self, pipeline: Pipeline) -> Expression:
        """Compiles a pipeline, with what it declares or assigns."""
        value: Expression | None = None
        for command in pipeline.commands:
            value = self._command(command, value)
        if value is None:
            raise ExpressionError("missing value for command", pipeline.offset)
        value = value._replace(nil_fails=False)
        return self._stored(pipeline, value) if pipeline.declared else value

    def argument(self, pipeline: Pipeline) -> Expression:
        """Compiles what a template is called with; the scope is handed on without being read."""
        first = pipeline.commands[0].operands[0]
        alone = len(pipeline.commands) == len(pipeline.commands[0].operands) == 1
        if alone and isinstance(first, (Dot, Variable)) and self._slot(first).type is SCOPE:
            return Expression(lambda _frame: None, SCOPE)
        return self.pipeline(pipeline)

    def _stored(self, pipeline: Pipeline, value: Expression) -> Expression:
        variable = pipeline.declared[0]
        slot = self.find(variable) if pipeline.assigns else self.declare(variable, value.type)
        run, number = value.run, slot.number

        def store(frame: Frame) -> object:
            result = run(frame)
            frame.slots[number] = result
            return result

        return Expression(store, value.type)

    def _command(self, command: Command, final: Expression | None) -> Expression:
        first, arguments = command.operands[0], command.operands[1:]
        if isinstance(first, Call):
            return self._call(first, arguments, final)
        if isinstance(first, Chain):
            return self._chain(first, arguments, final)
        if arguments or final is not None:
            raise ExpressionError("can't give argument to non-function", first.offset)
        if isinstance(first, Nil):
            raise ExpressionError("nil is not a command", first.offset)
        return self._operand(first)

    def _operand(self, operand: Operand) -> Expression:
        if isinstance(operand, Literal):
            return _constant(operand)
        if isinstance(operand, Nil):
            return Expression(lambda _frame: None, DYN)
        if isinstance(operand, (Dot, Variable)):
            return self._value(operand)
        if isinstance(operand, Call):
            return self._call(operand, (), None)
        if isinstance(operand, Chain):
            return self._chain(operand, (), None)
        return self.pipeline(operand)

    def _slot(self, operand: Dot | Variable) -> Slot:
        if isinstance(operand, Dot):
            return self.dot
        return self.find(operand) if operand.name else self.root

    def _value(self, operand: Dot | Variable) -> Expression:
        slot = self._slot(operand)
        if slot.type is SCOPE:
            self.environment.read.update(self.environment.variables)
            return Expression(self.environment.scope_value, SCOPE)
        number = slot.number
        return Expression(lambda frame: frame.slots[number], slot.type, slot.nil_fails)

    # Chains of members

    def _chain(
        self, chain: Chain, arguments: tuple[Operand, ...], final: Expression | None
    ) -> Expression:
        start = chain.start
        if isinstance(start, (Dot, Variable)) and self._slot(start).type is SCOPE:
            name, names = chain.names[0], chain.names[1:]
            kind = self._root_type(name)
            path = resolve(kind, names)
            reader = root_reader(name.text, path)
            run: Run = lambda frame: reader(frame.scope)  # noqa: E731  (typed for what follows)
            plain: ScopeReader | None = reader
        else:
            origin = self._operand(start)
            path = resolve(origin.type, chain.names)
            run, plain = chain_run(origin, path), None
        if path.method is not None:
            return self._method(chain, path.method, run, (arguments, final))
        if arguments or final is not None:
            last = chain.names[-1]
            raise ExpressionError(f'".{last.text}" takes no arguments', last.offset)
        return ending(Expression(run, path.type, nil_fails=True, reader=plain))

    def _root_type(self, name: Name) -> Type:
        kind = self.environment.variables.get(name.text)
        if kind is None:
            known = self.environment.variables
            problem = f'unknown name ".{name.text}"'
            raise ExpressionError(problem, name.offset, hint(name.text, known, "."))
        self.environment.read.add(name.text)
        return kind

    def _method(
        self,
        chain: Chain,
        method: Method,
        receiver: Run,
        given: tuple[tuple[Operand, ...], Expression | None],
    ) -> Expression:
        name = chain.names[-1]
        parameters = tuple(_KINDS.get(kind.name, Kind.ANY) for kind in method.parameters)
        function = Function(f".{name.text}", parameters, method.call)
        runs = self._arguments(function, name.offset, given)
        run = calls.compiled(method.call, (receiver, *runs), metered=self.metered)
        return ending(Expression(run, method.result))

    # Functions

    def _call(
        self, call: Call, arguments: tuple[Operand, ...], final: Expression | None
    ) -> Expression:
        if call.name in _LAZY:
            return self._lazy(call, arguments, final)
        if call.name == SECRET:
            self.environment.pure = False
            secrets = self.environment.secrets
            run = secret_call(call, arguments, secrets, piped=final is not None)
            return Expression(run, STRING)
        function = FUNCTIONS.get(call.name)
        if function is None:
            raise _no_function(call)
        self.environment.pure = self.environment.pure and function.pure
        implementation = function.call
        if call.name == "index" and arguments:
            implementation = self._index(arguments[0])
        if function.pattern and arguments:
            check_pattern(arguments[0])
        runs = self._arguments(function, call.offset, (arguments, final))
        run = calls.compiled(implementation, runs, metered=self.metered)
        return Expression(run, TYPES[function.result])

    def _index(self, first: Operand) -> Callable[..., object]:
        """Returns `index` with the answer for a missing key that the first argument's type has."""
        default = element_default(self._operand(first).type)
        if default is None:
            return index

        def find(item: object, *keys: object) -> object:
            found = index(item, *keys)
            return default if found is None and len(keys) == 1 else found

        return find

    def _lazy(
        self, call: Call, arguments: tuple[Operand, ...], final: Expression | None
    ) -> Expression:
        values = [self._operand(argument) for argument in arguments]
        values += [final] if final is not None else []
        if not values:
            raise ExpressionError(
                f'function "{call.name}" does not take 0', call.offset, "takes 1 or more arguments"
            )
        runs = tuple(value.run for value in values)
        kinds = {value.type.name for value in values}
        kind = values[0].type if len(kinds) == 1 else DYN
        return Expression(calls.lazy(runs, until=call.name == "or"), kind)

    def _arguments(
        self,
        function: Function,
        offset: int,
        given: tuple[tuple[Operand, ...], Expression | None],
    ) -> tuple[Run, ...]:
        operands, final = given
        check_count(function, len(operands) + (final is not None), offset)
        runs: list[Run] = []
        for position, operand in enumerate(operands):
            kind = function.parameter(position)
            place = f"argument {position + 1} of {function.name}"
            check_literal(operand, kind, place)
            if isinstance(operand, Literal):
                runs.append(calls.literal(operand, kind))
            else:
                runs.append(_coerced(self._operand(operand), kind, operand.offset, place))
        if final is not None:
            kind = function.parameter(len(operands))
            place = f"argument {len(operands) + 1} of {function.name}"
            runs.append(_coerced(final, kind, offset, place))
        return tuple(runs)


_KINDS = {
    "string": Kind.STRING,
    "int": Kind.INT,
    "double": Kind.FLOAT,
    "bool": Kind.BOOL,
    VERSION.name: Kind.VERSION,
}


def _no_function(call: Call) -> ExpressionError:
    reason = EXCLUDED.get(call.name)
    if reason is not None:
        return ExpressionError(
            f'function "{call.name}" is not available in rules', call.offset, reason
        )
    known = hint(call.name, [*FUNCTIONS, *_LAZY, SECRET])
    return ExpressionError(f'unknown function "{call.name}"', call.offset, known)


def _coerced(value: Expression, kind: Kind, offset: int, place: str) -> Run:
    if check_type(value.type, kind, offset, place):
        return value.run
    return calls.coercion(value.run, kind, place)


def _constant(literal: Literal) -> Expression:
    value = literal.value
    if isinstance(value, bool):
        return Expression(lambda _frame: value, BOOL)
    if isinstance(value, int):
        return Expression(lambda _frame: value, INT)
    kind = STRING if isinstance(value, str) else DOUBLE
    return Expression(lambda _frame: value, kind, reader=lambda _scope: value)
