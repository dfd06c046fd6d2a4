"""Reads what is inside an action: declarations, commands, operands; knows which variables exist."""

from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.templates.lexer import Token
from edgeauth.expressions.templates.limits import MAX_NESTING
from edgeauth.expressions.templates.literals import parse_character, parse_number, parse_string
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

_KEYWORDS = frozenset(
    {"if", "else", "end", "with", "range", "define", "template", "block", "break", "continue"}
)
_NOT_CALLABLE = (Literal, Nil, Dot)


class PipelineParser:
    """Reads pipelines from the tokens; scopes are opened and closed by the reader of blocks."""

    def __init__(self, tokens: list[Token], length: int) -> None:
        self.tokens = tokens
        self.length = length
        self.position = 0
        self.scopes: list[set[str]] = [set()]

    def open_scope(self) -> None:
        """Begins a scope: what is declared from here on is gone when it closes."""
        self.scopes.append(set())

    def close_scope(self) -> None:
        """Forgets the variables of the innermost scope."""
        self.scopes.pop()

    def enter_definition(self) -> list[set[str]]:
        """Hides all variables, as the body of a definition sees none; returns what to restore."""
        hidden, self.scopes = self.scopes, [set()]
        return hidden

    def leave_definition(self, scopes: list[set[str]]) -> None:
        """Shows the variables again that `enter_definition` hid."""
        self.scopes = scopes

    def read(self, position: int, declarations: int, depth: int) -> tuple[Pipeline, int]:
        """Reads the pipeline of an action.

        Args:
            position: the token that it begins at.
            declarations: 2 where two variables may be declared (`range`), otherwise less.
            depth: how deeply the action is nested.

        Returns:
            The pipeline, and the token after the end of the action.
        """
        self.position = position
        return self._pipeline("end", declarations, depth), self.position

    def _pipeline(self, closing: str, declarations: int, depth: int) -> Pipeline:
        self._skip_space()
        start = self._peek().offset
        if depth > MAX_NESTING:
            raise ExpressionError("nested too deeply", start)
        declared, assigns = self._declarations(declarations)
        if declared and closing == "close":
            hint = "declare it in an action of its own"
            raise ExpressionError("a variable is set within parentheses", start, hint)
        commands: list[Command] = []
        while True:
            command = self._command(depth)
            if commands and isinstance(command.operands[0], _NOT_CALLABLE):
                raise ExpressionError(
                    "non executable command in pipeline", command.offset, "a function"
                )
            commands.append(command)
            token = self._next()
            if token.kind == closing:
                break
            if token.kind != "pipe":
                raise self._unexpected(token, "pipeline")
        if not assigns:
            self.scopes[-1].update(variable.name for variable in declared)
        return Pipeline(start, tuple(commands), declared, assigns)

    def _declarations(self, allowed: int) -> tuple[tuple[Variable, ...], bool]:
        """Reads `$x :=`, `$x =` or, where two are allowed, `$i, $x :=`; nothing when none is."""
        start = self.position
        declared: list[Variable] = []
        while self._peek().kind == "variable":
            token = self._next()
            declared.append(Variable(token.offset, token.text[1:]))
            self._skip_space()
            mark = self._peek()
            if mark.kind in ("declare", "assign"):
                self.position += 1
                self._check_declared(declared, mark)
                return tuple(declared), mark.kind == "assign"
            if mark.kind != "comma":
                break
            if allowed < 2 or len(declared) == 2:
                raise ExpressionError("too many declarations", mark.offset, "one variable")
            self.position += 1
            self._skip_space()
        if len(declared) > 1:
            raise self._unexpected(self._peek(), "range")
        self.position = start
        return (), False

    def _check_declared(self, declared: list[Variable], mark: Token) -> None:
        for variable in declared:
            if not variable.name:
                raise ExpressionError("$ can not be set", variable.offset, "a name, e.g. $x")
            if mark.kind == "assign":
                self._check_known(variable)

    def _command(self, depth: int) -> Command:
        self._skip_space()
        start = self._peek()
        operands: list[Operand] = []
        while True:
            operand = self._operand(depth)
            if operand is None:
                break
            operands.append(operand)
            if self._peek().kind != "space":
                break
            self._skip_space()
        if not operands:
            if start.kind in ("end", "pipe", "close"):
                raise ExpressionError("missing value for command", start.offset)
            raise self._unexpected(start, "command")
        return Command(start.offset, tuple(operands))

    def _operand(self, depth: int) -> Operand | None:
        start = self._term(depth)
        if start is None:
            return None
        names: list[Name] = []
        while self._peek().kind == "field":
            token = self._next()
            names.append(Name(token.offset, token.text[1:]))
        if not names:
            return start
        if isinstance(start, (Literal, Nil)):
            raise ExpressionError("unexpected . after a constant", names[0].offset)
        if isinstance(start, Chain):
            return Chain(start.offset, start.start, (*start.names, *names))
        if isinstance(start, Dot):
            raise ExpressionError("unexpected . after .", names[0].offset)
        return Chain(start.offset, start, tuple(names))

    def _term(self, depth: int) -> Operand | None:
        token = self._peek()
        if token.kind in ("end", "pipe", "close"):
            return None
        self.position += 1
        offset = token.offset
        if token.kind == "word":
            return self._word(token)
        if token.kind == "field":
            return Chain(offset, Dot(offset), (Name(offset, token.text[1:]),))
        if token.kind == "variable":
            return self._check_known(Variable(offset, token.text[1:]))
        if token.kind == "dot":
            return Dot(offset)
        if token.kind == "open":
            return self._pipeline("close", 0, depth + 1)
        return self._literal(token)

    def _word(self, token: Token) -> Operand:
        if token.text in _KEYWORDS:
            raise self._unexpected(token, "command")
        if token.text in ("true", "false"):
            return Literal(token.offset, token.text == "true")
        return Nil(token.offset) if token.text == "nil" else Call(token.offset, token.text)

    def _literal(self, token: Token) -> Literal:
        if token.kind == "string":
            return Literal(token.offset, parse_string(token.text, token.offset))
        if token.kind == "character":
            code = parse_character(token.text, token.offset)
            return Literal(token.offset, code, code)
        if token.kind == "number":
            number = parse_number(token.text, token.offset)
            whole = int(number) if number == int(number) else None
            return Literal(token.offset, number, whole)
        raise self._unexpected(token, "operand")

    def _check_known(self, variable: Variable) -> Variable:
        if variable.name and not any(variable.name in scope for scope in self.scopes):
            raise ExpressionError(f'undefined variable "${variable.name}"', variable.offset)
        return variable

    def _peek(self) -> Token:
        if self.position < len(self.tokens):
            return self.tokens[self.position]
        raise ExpressionError("unclosed action", self.length)

    def _next(self) -> Token:
        token = self._peek()
        self.position += 1
        return token

    def _skip_space(self) -> None:
        while self._peek().kind == "space":
            self.position += 1

    def _unexpected(self, token: Token, place: str) -> ExpressionError:
        shown = token.text if token.kind != "string" else "string"
        return ExpressionError(f"unexpected {shown!r} in {place}", token.offset)
