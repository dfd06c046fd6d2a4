"""What the docstrings of models say about their keys: for editors and for the reference pages."""

import ast
import inspect
import re
import textwrap

from pydantic import BaseModel


def documented(model: type[BaseModel]) -> dict[str, str]:
    """Returns what docstrings say of fields: the `Attributes` section, or a text below a field."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if not issubclass(owner, BaseModel) or owner.__module__.startswith("pydantic"):
            continue
        if owner.__pydantic_generic_metadata__["origin"] is not None:
            continue  # Model[str] has no text of its own; Model comes as well
        found |= _attributes(inspect.getdoc(owner) or "")
        body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        if isinstance(body, ast.ClassDef):
            found |= _below_fields(body)
    return found


def section_of(docstring: str, title: str) -> str:
    """Returns the text of a section of a docstring, dedented; empty when there is none."""
    found = re.search(rf"^{title}:\n((?:[ ]+.*\n?|\n)+)", docstring, re.MULTILINE)
    return textwrap.dedent(found[1]).strip() if found else ""


def _below_fields(body: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def _attributes(docstring: str) -> dict[str, str]:
    section = section_of(docstring, "Attributes")
    entries = re.findall(r"^(\w+): (.*(?:\n[ ]+.*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}
