"""Pipelines: the steps of `execute` and `on_error`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Identifier, ListOf, Text
from edgeauth.config.specification import NOT_YET, Specification

StepKind: TypeAlias = Literal["authenticator", "contextualizer", "authorizer", "finalizer"]

_KINDS: Final[tuple[StepKind, ...]] = (
    "authenticator",
    "contextualizer",
    "authorizer",
    "finalizer",
)
_STAGES: Final[dict[StepKind, int]] = {
    "authenticator": 0,
    "contextualizer": 1,
    "authorizer": 1,
    "finalizer": 2,
}


class Step(Specification):
    """A reference to a mechanism in `execute`, with what is different here."""

    refused: ClassVar[Mapping[str, str]] = {
        "error_handler": "accepted in on_error only",
        "principal": NOT_YET,
    }

    authenticator: Identifier | None = None
    contextualizer: Identifier | None = None
    authorizer: Identifier | None = None
    finalizer: Identifier | None = None
    id: Identifier | None = None
    """The key of the step's result in `Outputs`; None means the id of the mechanism."""
    config: dict[str, object] | None = None
    """What replaces the catalogue's settings; decoded by the catalogue from `config_node()`."""
    condition: Text | None = Field(default=None, alias="if")
    """A CEL expression; the step is left out when it is false."""

    @property
    def kind(self) -> StepKind:
        """Which kind of mechanism the step refers to."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)

    @property
    def reference(self) -> str:
        """The id of the mechanism."""
        return str(getattr(self, self.kind))

    @model_validator(mode="after")
    def _has_one_reference(self) -> Self:
        # In the reference a step with two of them runs the first only, so that
        # `{authenticator: a, authorizer: deny}` denies nothing.
        named = [kind for kind in _KINDS if kind in self.model_fields_set]
        if len(named) != 1:
            refuse(self._wrong_references(named))
        if self.authenticator is not None and self.condition is not None:
            # There it would be ignored, or let requests pass without a subject.
            message = "an authenticator can not have a condition"
            refuse([Finding(message, ("if",), on_key=True, code=Code.PIPELINE)])
        return self

    def _wrong_references(self, named: list[StepKind]) -> Iterator[Finding]:
        if not named:
            hint = f"expected one of {', '.join(_KINDS)}"
            yield Finding("a step without a mechanism", hint=hint, code=Code.PIPELINE)
        for kind in named[1:]:
            message = f'"{kind}" beside "{named[0]}": a step refers to one mechanism'
            hint = "begin another step with a dash"
            yield Finding(message, (kind,), hint, on_key=True, code=Code.PIPELINE)


class ErrorStep(Specification):
    """A reference to an error handler in `on_error`."""

    refused: ClassVar[Mapping[str, str]] = dict.fromkeys(_KINDS, "accepted in execute only")

    error_handler: Identifier
    id: Identifier | None = None
    config: dict[str, object] | None = None
    """What replaces the catalogue's settings; decoded by the catalogue from `config_node()`."""
    condition: Text | None = Field(default=None, alias="if")
    """A CEL expression; the handler is passed over when it is false."""

    @property
    def kind(self) -> Literal["error_handler"]:
        """Which kind of mechanism the step refers to."""
        return "error_handler"

    @property
    def reference(self) -> str:
        """The id of the mechanism."""
        return self.error_handler


def _ordered(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    refuse([*_out_of_order(steps), *_twice([step.id for step in steps])])
    return steps


def _out_of_order(steps: tuple[Step, ...]) -> Iterator[Finding]:
    latest: StepKind = "authenticator"
    for index, step in enumerate(steps):
        kind = step.kind
        if _STAGES[kind] < _STAGES[latest]:
            message = f"{kind} after {latest}"
            hint = "expected authenticators, then contextualizers and authorizers, then finalizers"
            yield Finding(message, (index, kind), hint, on_key=True, code=Code.PIPELINE)
        else:
            latest = kind


def _twice(ids: list[str | None]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, one in enumerate(ids):
        if one is not None and one in seen:
            yield Finding(f'duplicate id "{one}"', (index, "id"), code=Code.DUPLICATE_ID)
        elif one is not None:
            seen.add(one)


Execute: TypeAlias = Annotated[ListOf[Step], Field(min_length=1), AfterValidator(_ordered)]
"""At least one step, in the order of the stages."""

OnError: TypeAlias = ListOf[ErrorStep]
