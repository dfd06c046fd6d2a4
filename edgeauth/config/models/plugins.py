"""Packages whose mechanisms a configuration may name (`plugins`)."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, WithJsonSchema

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import ListOf

_PATTERN: Final = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?"
_PACKAGE: Final = re.compile(_PATTERN)


def _check_package(name: str) -> str:
    if _PACKAGE.fullmatch(name) is None:
        raise not_expected("the name of an installed package such as acme-mechanisms")
    return name


def _once(packages: tuple[str, ...]) -> tuple[str, ...]:
    refuse(_named_twice(packages))
    return packages


def _named_twice(packages: tuple[str, ...]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, package in enumerate(packages):
        name = re.sub(r"[-_.]+", "-", package).lower()
        if name in seen:
            yield Finding("this package is named twice", (index,), code=Code.DUPLICATE_ID)
        seen.add(name)


Package: TypeAlias = Annotated[
    str,
    AfterValidator(_check_package),
    WithJsonSchema({"type": "string", "pattern": f"^{_PATTERN}$"}),
]
"""The name that a Python package is installed under."""

Plugins: TypeAlias = Annotated[ListOf[Package], AfterValidator(_once)]
"""Packages; each once, however it is spelled."""
