"""What a validator of a model raises: one or more things that are wrong, each with its place."""

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from pydantic_core import PydanticCustomError

from edgeauth.config.codes import Code

MAX_FINDINGS = 100
"""Findings in one value that are told; the rest is as wrong and takes time only."""


class Finding(NamedTuple):
    """Something wrong below the value that is validated.

    Attributes:
        message: one sentence in lower case.
        path: keys and indexes from the validated value to the place.
        hint: what was expected or is close; may be empty.
        offset: for a text: characters from its beginning.
        on_key: whether to point at the key that the path ends with, not at its value.
        code: the kind of the problem.
    """

    message: str
    path: tuple[str | int, ...] = ()
    hint: str = ""
    offset: int | None = None
    on_key: bool = False
    code: Code = Code.WRONG_VALUE


def refuse(findings: Iterable[Finding]) -> None:
    """Raises everything that was found, if anything was; for use in pydantic validators.

    Raises:
        PydanticCustomError: `decode` turns it into one problem a finding.
    """
    found = list(islice(findings, MAX_FINDINGS))
    if found:
        raise PydanticCustomError("findings", "several findings", {"findings": found})


def not_expected(phrase: str) -> PydanticCustomError:
    """Returns the error for a scalar of the wrong form.

    Args:
        phrase: what the value should be, with examples: `a duration such as 10s, 5m`.
    """
    return PydanticCustomError("expected", "{phrase}", {"phrase": phrase})


def bad_expression(message: str, offset: int, hint: str = "") -> PydanticCustomError:
    """Returns the error for a text that is wrong at one character.

    Args:
        message: one sentence in lower case.
        offset: characters from the beginning of the text.
        hint: what was expected or is close; may be empty.
    """
    context = {"message": message, "offset": offset, "hint": hint}
    return PydanticCustomError("expression", "{message}", context)
