"""A compiled template, and how texts become one."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Struct

from edgeauth.expressions.declarations import Declarations, declare
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.secrets import NO_SECRETS, Secrets
from edgeauth.expressions.templates.compile import Program, TextReader, compile_document
from edgeauth.expressions.templates.frame import Frame
from edgeauth.expressions.templates.lexer import outline
from edgeauth.expressions.templates.limits import MAX_OUTPUT, MAX_TEXT
from edgeauth.expressions.templates.parser import parse
from edgeauth.expressions.templates.pieces import Written
from edgeauth.expressions.templates.secret_calls import SECRET
from edgeauth.expressions.types import Type

_REMEMBERED: Final = 16_384
"""How many shapes, and how many distinct texts, stay known."""

_Scope: TypeAlias = Mapping[str, object]


class _Ready(Struct, frozen=True):
    """What a template does, once it is compiled."""

    text: TextReader
    collect: Callable[[_Scope], list[str]]


class Template:
    """A template that compiles.

    Where one with the same actions did, the closures are made when they are needed first: most
    rules of a large set wait long for a request.

    Attributes:
        text: as it was written.
        variables: the root names that it reads, e.g. `{"Subject"}`.
        constant: what it renders to when that depends on nothing; None when it does.
    """

    __slots__ = ("_declarations", "_ready", "constant", "text", "variables")

    def __init__(self, text: str, declarations: Declarations, secrets: Secrets) -> None:
        self.text = text
        self.constant: str | None = None
        self._declarations = declarations
        self._ready: _Ready | None = None
        memory = _memory_of(text, declarations)
        if memory.variables is not None:
            self.variables = memory.variables
            return
        program = _compiled(text, declarations, secrets)
        self.variables = program.read
        self._ready = _ready(program)
        if program.read or not program.pure:
            memory.variables = program.read
        else:
            self.constant = constant = self._rendered()
            self._ready = _Ready(lambda _scope: constant, lambda _scope: [Written(constant)])

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def render(self, scope: _Scope) -> str:
        """Returns the text for one request.

        Args:
            scope: the values of the root names, at least of those in `variables`.

        Raises:
            EvaluationError: something that the template needs is not there or of the wrong type,
                or it is too much work; the error holds no data.
        """
        text = (self._ready or self._made_ready()).text(scope)
        if len(text) > MAX_OUTPUT:
            raise EvaluationError("the rendered text is too long")
        return text

    def pieces(self, scope: _Scope) -> list[str]:
        """Returns the same text in pieces that know where they come from.

        See `edgeauth.expressions.templates.pieces`.

        Args:
            scope: as for `render`.

        Raises:
            EvaluationError: as for `render`.
        """
        return (self._ready or self._made_ready()).collect(scope)

    def _rendered(self) -> str:
        """Returns the text of a template that reads nothing."""
        try:
            return self.render({})
        except EvaluationError as error:
            offset = max(self.text.find("{{"), 0)
            raise ExpressionError("the template can only fail", offset, str(error)) from None
        except RecursionError:
            raise ExpressionError("nested too deeply", 0) from None

    def _made_ready(self) -> _Ready:
        # Those that name secrets are ready from the beginning.
        self._ready = made = _ready(_compiled(self.text, self._declarations, NO_SECRETS))
        return made


def compile_template(
    text: str, variables: Mapping[str, Type] | Declarations, secrets: Secrets = NO_SECRETS
) -> Template:
    """Returns the compiled form of a template; the same text is compiled once.

    Args:
        text: Go text/template syntax, at most 64 KiB.
        variables: the root names that may be read, with their types.
        secrets: the sources that `secret` may name.

    Raises:
        ExpressionError: the text does not compile, or it can only ever fail.
    """
    declarations = declare(variables)
    if SECRET in text:
        return Template(text, declarations, secrets)
    return _template(text, declarations)


@lru_cache(maxsize=_REMEMBERED)
def _template(text: str, declarations: Declarations) -> Template:
    return Template(text, declarations, NO_SECRETS)


class _Memory:
    """What all templates with the same actions read, once one of them has compiled."""

    __slots__ = ("variables",)

    def __init__(self) -> None:
        self.variables: frozenset[str] | None = None


def _memory_of(text: str, declarations: Declarations) -> _Memory:
    if SECRET in text or len(text) > MAX_TEXT:
        return _Memory()
    return _memory(outline(text), declarations)


@lru_cache(maxsize=_REMEMBERED)
def _memory(_outline: str, _declarations: Declarations) -> _Memory:
    return _Memory()


def _compiled(text: str, declarations: Declarations, secrets: Secrets) -> Program:
    try:
        return compile_document(parse(text), declarations.variables, secrets)
    except RecursionError:
        raise ExpressionError("nested too deeply", 0) from None


def _ready(program: Program) -> _Ready:
    """Returns what renders a template and what collects its pieces."""
    collect = _collector(program)
    if program.readers is not None:
        return _Ready(_straight(program.readers), collect)
    return _Ready(lambda scope: "".join(collect(scope)), collect)


def _collector(program: Program) -> Callable[[_Scope], list[str]]:
    """Returns what runs the template and keeps what it writes, piece by piece."""
    write, size = program.write, program.size

    def collect(scope: _Scope) -> list[str]:
        out: list[str] = []
        try:
            write(Frame(scope, size), out)
        except RecursionError:
            raise EvaluationError("the template is nested too deeply") from None
        return out

    return collect


def _straight(pieces: tuple[TextReader | Written, ...]) -> TextReader:
    """Returns what renders text and members only: no frame, nothing to count."""
    readers = [piece for piece in pieces if not isinstance(piece, str)]
    if len(pieces) == len(readers) == 1:
        return readers[0]
    pattern = "".join(
        piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in pieces
    )
    if len(readers) == 2:
        first, second = readers
        return lambda scope: pattern % (first(scope), second(scope))
    return lambda scope: pattern % tuple([read(scope) for read in readers])
