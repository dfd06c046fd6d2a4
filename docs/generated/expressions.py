"""The reference pages of conditions, templates and of what both can see."""

from collections.abc import Iterator
from typing import cast

from docs.generated.markdown import page, table
from docs.generated.meanings import FOLDER, read
from edgeauth.expressions.cel.functions import LIBRARIES
from edgeauth.expressions.objects import ERROR_KINDS, VARIABLES
from edgeauth.expressions.templates.functions import FAMILIES
from edgeauth.expressions.templates.functions.table import Function
from edgeauth.expressions.types import ObjectType


def conditions_page() -> str:
    """Returns the page of conditions."""
    parts = [
        f"### {name[:1].upper()}{name[1:]}\n\n"
        + table(("Call", "Gives"), [(f"`{row.signature()}`", row.text) for row in library])
        for name, library in LIBRARIES.items()
    ]
    return page("Conditions", _text("conditions.md"), "## Functions", *parts)


def templates_page() -> str:
    """Returns the page of templates."""
    head = ("Function", "Arguments", "Gives")
    parts = [
        f"### {name[:1].upper()}{name[1:]}\n\n"
        + table(head, [(f"`{row.name}`", _arguments(row), row.result.value) for row in family])
        for name, family in FAMILIES.items()
    ]
    return page("Templates", _text("templates.md"), "## Functions", *parts)


def _arguments(row: Function) -> str:
    least = len(row.parameters) if row.minimum is None else row.minimum
    words = [
        f"[{kind.value}]" if position >= least else kind.value
        for position, kind in enumerate(row.parameters)
    ]
    return ", ".join([*words, *([f"{row.more.value} …"] if row.more else [])]) or "none"


def objects_page() -> str:
    """Returns the page of everything that an expression can reach."""
    told = dict(read("objects.yaml"))
    variables = cast("dict[str, str]", told.pop("variables"))
    if variables.keys() != VARIABLES.keys():
        raise ValueError("the variables are others")
    listed = [(f"`{name}`", f"`{kind.name}`", variables[name]) for name, kind in VARIABLES.items()]
    parts = [
        f"## {kind.name}\n\n"
        + table(("Member", "Type", "Meaning"), list(_members(kind, cast("dict[str, str]", told))))
        for kind in _object_types()
    ]
    if told:
        raise ValueError(f"these are no members: {', '.join(told)}")
    kinds = ", ".join(f"`{name}`" for name in ERROR_KINDS)
    return page(
        "What expressions see",
        _text("objects.md"),
        "## Variables",
        table(("Variable", "Type", "What it is"), listed),
        *parts,
        f"## Error classes\n\nConstants of conditions, compared with `type(Error)`: {kinds}.",
    )


def _object_types() -> Iterator[ObjectType]:
    for kind in VARIABLES.values():
        if isinstance(kind, ObjectType):
            yield kind
            for member in kind.fields.values():
                if isinstance(member.type, ObjectType):
                    yield member.type


def _members(kind: ObjectType, told: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, member in kind.fields.items():
        yield f"`{name}`", f"`{member.type.name}`", told.pop(f"{kind.name}.{name}")
    for name, method in kind.methods.items():
        parameters = ", ".join(parameter.name for parameter in method.parameters)
        yield (
            f"`{name}({parameters})`",
            f"`{method.result.name}`",
            told.pop(f"{kind.name}.{name}"),
        )
    if kind.others is not None:
        yield "any other name", f"`{kind.others.type.name}`", told.pop(f"{kind.name}.others")


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
