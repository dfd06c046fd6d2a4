"""Which members of a variable a template reads, and which secrets, told from its text alone.

It is for those who look at rules without requests: whether anybody needs `.Outputs.opa`, and
whether a rule names a secret source that is not for rules.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Final

from edgeauth.expressions.templates.parser import parse
from edgeauth.expressions.templates.secret_calls import SECRET
from edgeauth.expressions.templates.syntax import (
    Branch,
    Call,
    Chain,
    Command,
    Dot,
    Include,
    Literal,
    Pipeline,
    Variable,
)
from edgeauth.expressions.templates.template import Template

_LOOK_UP: Final = frozenset({"index", "get", "hasKey"})
"""Functions that take a map and then the name of a member."""


def members_read(template: Template, variable: str) -> frozenset[str] | None:
    """Returns the names of the members that a template may read; None when that is open.

    It is open where the variable, or everything that the template sees, is used as a whole or
    given another name, and where the member is computed.

    Args:
        template: compiled, so that its text is known to be right.
        variable: the name of a root variable, e.g. `Outputs`.
    """
    if variable not in template.variables:
        return frozenset()
    walk = _Walk(variable)
    document = parse(template.text)
    for block in (document.main, *document.definitions.values()):
        walk.through(block, at_root=True)
    return None if walk.open else frozenset(walk.found)


def secrets_named(text: str) -> list[tuple[str, int]]:
    """Returns the secret sources that a template names, with the offset of each name.

    Raises:
        ExpressionError: the text is no template.
    """
    if SECRET not in text:
        return []
    document = parse(text)
    blocks: list[object] = [document.main, *document.definitions.values()]
    return [found for block in blocks for found in _secrets_in(block)]


def _secrets_in(node: object) -> Iterator[tuple[str, int]]:
    match node:
        case Command(operands=(Call(name=name), Literal(value=str() as source) as literal, *_)):
            if name == SECRET:
                yield source, literal.offset
        case _:
            pass
    for child in _children(node):
        yield from _secrets_in(child)


class _Walk:
    """Gathers the members of one variable; `at_root` says whether `.` is what a template sees."""

    def __init__(self, variable: str) -> None:
        self._variable = variable
        self.found: set[str] = set()
        self.open = False

    def through(self, node: object, *, at_root: bool) -> None:
        match node:
            case Branch(keyword="with" | "range"):
                self.through(node.pipeline, at_root=at_root)
                self.through(node.body, at_root=False)
                self.through(node.otherwise, at_root=at_root)
            case Include(argument=Pipeline(commands=(Command(operands=(Dot() | Variable(),)),))):
                pass  # what is included is looked at by itself
            case Chain():
                self._chain(node, at_root=at_root)
            case Command() if self._is_look_up(node):
                self.through(node.operands[3:], at_root=at_root)
            case Dot():
                self.open = self.open or at_root
            case Variable(name=""):
                self.open = True
            case _:
                for child in _children(node):
                    self.through(child, at_root=at_root)

    def _chain(self, chain: Chain, *, at_root: bool) -> None:
        names = [each.text for each in chain.names]
        if self._variable in names[:-1]:
            self.found.add(names[names.index(self._variable) + 1])
        elif self._variable in names:
            self.open = True
        if not isinstance(chain.start, Dot | Variable):
            self.through(chain.start, at_root=at_root)

    def _is_look_up(self, command: Command) -> bool:
        match command.operands:
            case (Call(name=name), Chain(names=names), Literal(value=str() as member), *_):
                if name in _LOOK_UP and [each.text for each in names] == [self._variable]:
                    self.found.add(member)
                    return True
            case _:
                pass
        return False


def _children(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        yield from node
    elif is_dataclass(node):
        for field in fields(node):
            yield getattr(node, field.name)
