"""The syntax tree of templates. Offsets are characters from the beginning of the text."""

from dataclasses import dataclass
from typing import TypeAlias

Constant: TypeAlias = str | bool | int | float


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, boolean or number; `whole` is the number as an integer when it is one."""

    offset: int
    value: Constant
    whole: int | None = None


@dataclass(frozen=True, slots=True)
class Nil:
    """The word `nil`."""

    offset: int


@dataclass(frozen=True, slots=True)
class Dot:
    """The value at hand: `.`."""

    offset: int


@dataclass(frozen=True, slots=True)
class Name:
    """One `.name` of a chain."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: `$x`, or `$` (an empty name) for what the template was called with."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function by its name; its arguments are the operands that follow it."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Members of a value, one of the other: `.a.b`, `$x.a`, `(pipeline).a`."""

    offset: int
    start: "Operand"
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """An operand, or a function or method with its arguments."""

    offset: int
    operands: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each of which gets the value of the one before as its last argument.

    `declared` are the variables on its left; `assigns` tells `=` from `:=`.
    """

    offset: int
    commands: tuple[Command, ...]
    declared: tuple[Variable, ...] = ()
    assigns: bool = False


Operand: TypeAlias = Literal | Nil | Dot | Variable | Call | Chain | Pipeline


@dataclass(frozen=True, slots=True)
class Text:
    """Text outside actions, trimmed."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose value is printed, unless it declares variables."""

    offset: int
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `with` or `range`, with what comes under `else`."""

    offset: int
    keyword: str
    pipeline: Pipeline
    body: "Block"
    otherwise: "Block"


@dataclass(frozen=True, slots=True)
class Include:
    """`template "name" pipeline`."""

    offset: int
    name: str
    argument: Pipeline | None


@dataclass(frozen=True, slots=True)
class Jump:
    """`break` or `continue`."""

    offset: int
    keyword: str


Node: TypeAlias = Text | Action | Branch | Include | Jump
Block: TypeAlias = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text: its main block and the templates that it defines."""

    main: Block
    definitions: dict[str, Block]
