"""The reference pages of conditions, templates, selectors and of what expressions can see."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from docs.generated.examples import examples
from docs.generated.markdown import page, table
from docs.generated.meanings import FOLDER, read
from edgeauth.expressions.cel.functions import LIBRARIES
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.objects import ERROR_KINDS, VARIABLES
from edgeauth.expressions.path_steps import Found, Missing
from edgeauth.expressions.paths import compile_selector
from edgeauth.expressions.templates import compile_template
from edgeauth.expressions.templates.functions import FAMILIES
from edgeauth.expressions.templates.functions.excluded import EXCLUDED
from edgeauth.expressions.templates.functions.table import Function
from edgeauth.expressions.types import ObjectType
from edgeauth.wire.json import loads


def conditions_page() -> str:
    """Returns the page of conditions."""
    parts = [
        f"### {name[:1].upper()}{name[1:]}\n\n"
        + table(("Call", "Gives"), [(f"`{row.signature()}`", row.text) for row in library])
        + "\n\n"
        + table(("Example", "Value"), examples(name, library))
        for name, library in LIBRARIES.items()
    ]
    return page("Conditions", _text("conditions.md"), "## Functions", *parts)


def templates_page() -> str:
    """Returns the page of templates."""
    examples = dict(cast("Mapping[str, str]", read("template_examples.yaml")))
    parts = [
        f"### {name[:1].upper()}{name[1:]}\n\n" + table(_HEAD, list(_functions(family, examples)))
        for name, family in FAMILIES.items()
    ]
    language = [(f"`{name}`", _ANY, "any value", *_shown(examples.pop(name))) for name in _LAZY]
    if examples:
        raise ValueError(f"these are no functions: {', '.join(examples)}")
    excluded = [(f"`{name}`", reason) for name, reason in EXCLUDED.items()]
    return page(
        "Templates",
        _text("templates.md"),
        "## Functions",
        "### Language\n\n" + table(_HEAD, language),
        *parts,
        "## Not available\n\nRefused at load, with the reason:",
        table(("Function", "Why"), excluded),
    )


_HEAD = ("Function", "Arguments", "Gives", "Example", "Output")
_ANY = "any value, any value …"
_LAZY = ("and", "or")


def _functions(
    family: Iterable[Function], examples: dict[str, str]
) -> Iterator[tuple[str, str, str, str, str]]:
    """Tells of each function, of those with one implementation together."""
    together: dict[Callable[..., object], list[Function]] = {}
    for row in family:
        together.setdefault(row.call, []).append(row)
    for rows in together.values():
        names = ", ".join(f"`{row.name}`" for row in rows)
        example = examples.pop(rows[0].name)
        yield names, _arguments(rows[0]), rows[0].result.value, *_shown(example)


def _shown(example: str) -> tuple[str, str]:
    """Returns an example and what it gives: evaluated, so that it can not be wrong."""
    text = f"{{{{ {example} }}}}"
    try:
        constant = compile_template(text, {}).constant
    except ExpressionError:
        return f"`{text}`", "an error"
    if constant is None:
        return f"`{text}`", "another each time"
    return f"`{text}`", f"`{constant.replace(chr(10), chr(92) + 'n')}`" if constant else "nothing"


def selectors_page() -> str:
    """Returns the page of selectors."""
    told = read("selectors.yaml")
    text = str(told["document"])
    found = cast("Mapping[str, str]", told["found"])
    refused = cast("list[str]", told["refused"])
    document = loads(text)
    rows = [
        (f"`{selector}`", meaning, _found(compile_selector(selector).find(document)))
        for selector, meaning in found.items()
    ]
    return page(
        "Selectors",
        _text("selectors.md"),
        f"```json\n{text}```",
        table(("Selector", "Meaning", "Finds"), rows),
        "## Refused at load",
        table(("Selector", "Because"), [(f"`{each}`", _refusal(each)) for each in refused]),
    )


def _found(value: Found) -> str:
    if isinstance(value, Missing):
        return "nothing"
    text = json.dumps(value)
    return "the document" if len(text) > 100 else f"`{text}`"


def _refusal(selector: str) -> str:
    try:
        compile_selector(selector)
    except ExpressionError as error:
        return error.message
    raise ValueError(f"{selector} compiles")


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
