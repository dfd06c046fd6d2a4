"""A compiled template, and how texts become one."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.secrets import NO_SECRETS, Secrets
from edgeauth.expressions.templates.compile import Program, TextReader, compile_document
from edgeauth.expressions.templates.frame import Frame
from edgeauth.expressions.templates.limits import MAX_OUTPUT
from edgeauth.expressions.templates.parser import parse
from edgeauth.expressions.templates.pieces import Written
from edgeauth.expressions.templates.secret_calls import SECRET
from edgeauth.expressions.types import Type

MAX_INTERNED: Final = 4096
"""Templates that are kept so that equal texts are compiled once."""


class Template:
    """A template that compiled.

    Attributes:
        text: what it was compiled from.
        variables: the root names that it reads, e.g. `{"Subject"}`.
        constant: what it renders to when that depends on nothing; None when it does.
        render: gives the text for one request. Its argument is the scope: the values of the root
            names, at least of those in `variables`. Raises EvaluationError when something that
            the template needs is not there or of the wrong type, or when it is too much work;
            the error holds no data.
        pieces: gives the same text in pieces that know where they come from, see
            `edgeauth.expressions.templates.pieces`.
    """

    __slots__ = ("constant", "pieces", "render", "text", "variables")

    def __init__(self, text: str, program: Program) -> None:
        self.text = text
        self.variables = program.read
        self.render: Callable[[Mapping[str, object]], str] = _renderer(program)
        self.pieces: Callable[[Mapping[str, object]], list[str]] = _collector(program)
        self.constant: str | None = None
        if program.pure and not program.read:
            self.constant = constant = self.render({})
            self.render = lambda _scope: constant
            self.pieces = lambda _scope: [Written(constant)]

    def __repr__(self) -> str:
        return f"Template({self.text!r})"


_Key: TypeAlias = tuple[str, int, tuple[tuple[str, int], ...]]
_interned: OrderedDict[_Key, tuple[Template, object, Secrets | None]] = OrderedDict()


def compile_template(
    text: str, variables: Mapping[str, Type], secrets: Secrets = NO_SECRETS
) -> Template:
    """Compiles a template; equal texts for equal variables give the same object.

    Args:
        text: Go text/template syntax, at most 64 KiB.
        variables: the root names that may be read, with their types.
        secrets: the sources that `secret` may name.

    Raises:
        ExpressionError: the text does not compile, or it can only ever fail.
    """
    # Most texts name no secret; those are the same whatever the sources are.
    asked = secrets if SECRET in text else None
    key = (text, id(asked), tuple(sorted((name, id(kind)) for name, kind in variables.items())))
    known = _interned.get(key)
    if known is not None:
        _interned.move_to_end(key)
        return known[0]
    template = _compiled(text, variables, secrets)
    # Types and sources are kept as well, so that their identities stay theirs.
    _interned[key] = (template, tuple(variables.values()), asked)
    if len(_interned) > MAX_INTERNED:
        _interned.popitem(last=False)
    return template


def _compiled(text: str, variables: Mapping[str, Type], secrets: Secrets) -> Template:
    try:
        return Template(text, compile_document(parse(text), variables, secrets))
    except EvaluationError as error:
        offset = max(text.find("{{"), 0)
        raise ExpressionError("the template can only fail", offset, str(error)) from None
    except RecursionError:
        raise ExpressionError("nested too deeply", 0) from None


def _renderer(program: Program) -> Callable[[Mapping[str, object]], str]:
    if program.readers is not None:
        return _straight(program.readers)
    collect = _collector(program)
    return lambda scope: _checked("".join(collect(scope)))


def _collector(program: Program) -> Callable[[Mapping[str, object]], list[str]]:
    """Returns what runs the template and keeps what it writes, piece by piece."""
    write, size = program.write, program.size

    def collect(scope: Mapping[str, object]) -> list[str]:
        out: list[str] = []
        try:
            write(Frame(scope, size), out)
        except RecursionError:
            raise EvaluationError("the template is nested too deeply") from None
        return out

    return collect


def _straight(pieces: tuple[TextReader | Written, ...]) -> Callable[[Mapping[str, object]], str]:
    """Returns what renders text and members only: no frame, nothing to count."""
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        only = pieces[0]

        def render(scope: Mapping[str, object]) -> str:
            text = only(scope)
            return text if len(text) <= MAX_OUTPUT else _checked(text)

        return render
    readers = [piece for piece in pieces if not isinstance(piece, str)]
    pattern = "".join(
        piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in pieces
    )
    if len(readers) == 2:
        first, second = readers
        return lambda scope: _checked(pattern % (first(scope), second(scope)))
    return lambda scope: _checked(pattern % tuple([read(scope) for read in readers]))


def _checked(text: str) -> str:
    if len(text) > MAX_OUTPUT:
        raise EvaluationError("the rendered text is too long")
    return text
