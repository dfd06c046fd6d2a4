"""Pipelines: the steps of `execute` and `on_error`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import AfterValidator, Field, model_validator

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import Identifier, ListOf, Text
from edgeauth.config.specification import MAY_BE_EMPTY, Specification
from edgeauth.model.identity import DEFAULT_PRINCIPAL

StepKind: TypeAlias = Literal["authenticator", "contextualizer", "authorizer", "finalizer"]


def _not_taken(name: str) -> str:
    if name.casefold() in ("id", "attributes"):
        raise not_expected("another name: Subject.ID and Subject.Attributes are the default's")
    return name


PrincipalName: TypeAlias = Annotated[Identifier, AfterValidator(_not_taken)]

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

    refused: ClassVar[Mapping[str, str]] = {"error_handler": "accepted in on_error only"}

    authenticator: Identifier | None = None
    contextualizer: Identifier | None = None
    authorizer: Identifier | None = None
    finalizer: Identifier | None = None
    id: Identifier | None = None
    """The key of the step's result in `Outputs`; None means the id of the mechanism."""
    config: Annotated[dict[str, object] | None, MAY_BE_EMPTY] = None
    """What replaces the catalogue's settings; decoded by the catalogue from `config_node()`."""
    condition: Text | None = Field(default=None, alias="if")
    """A CEL expression; the step is left out when it is false."""

    @property
    def kind(self) -> StepKind:
        """Which kind of mechanism the step refers to."""
        for kind in _KINDS:  # no generator: this is asked several times a step
            if getattr(self, kind) is not None:
                return kind
        raise LookupError("a step without a mechanism")

    @property
    def reference(self) -> str:
        """The id of the mechanism."""
        for kind in _KINDS:
            named: str | None = getattr(self, kind)
            if named is not None:
                return named
        raise LookupError("a step without a mechanism")

    @property
    def principal_name(self) -> str:
        """The principal that the step is an authenticator of."""
        return DEFAULT_PRINCIPAL

    @model_validator(mode="after")
    def _has_one_reference(self) -> Self:
        # In the reference a step with two of them runs the first only, so that
        # `{authenticator: a, authorizer: deny}` denies nothing.
        given = self.model_fields_set
        named = [kind for kind in _KINDS if kind in given]
        if len(named) != 1:
            refuse(self._wrong_references(named))
        return self

    def _wrong_references(self, named: list[StepKind]) -> Iterator[Finding]:
        if not named:
            hint = f"expected one of {', '.join(_KINDS)}"
            yield Finding("a step without a mechanism", hint=hint, code=Code.PIPELINE)
        for kind in named[1:]:
            message = f'"{kind}" beside "{named[0]}": a step refers to one mechanism'
            hint = "begin another step with a dash"
            yield Finding(message, (kind,), hint, on_key=True, code=Code.PIPELINE)


class Step1alpha4(Step):
    """A step of dialect `1alpha4`, which knows one principal."""

    refused: ClassVar[Mapping[str, str]] = {
        **Step.refused,
        "principal": "of dialect 1beta1; 1alpha4 knows one principal",
    }

    @model_validator(mode="after")
    def _authenticates_always(self) -> Self:
        if self.authenticator is not None and self.condition is not None:
            # heimdall passes over it, so that somebody believes in a condition that never holds.
            message = "an authenticator can not have a condition"
            hint = "dialect 1beta1 has conditions of authenticators"
            refuse([Finding(message, ("if",), hint, on_key=True, code=Code.PIPELINE)])
        return self


class Step1beta1(Step):
    """A step of dialect `1beta1` or of the default rule."""

    principal: PrincipalName | None = None
    """Whom an authenticator identifies; rules see it as `Subject.<name>`."""

    @property
    def principal_name(self) -> str:
        """The principal that the step is an authenticator of."""
        return self.principal or DEFAULT_PRINCIPAL

    @model_validator(mode="after")
    def _names_principals_of_authenticators(self) -> Self:
        if self.principal is not None and self.authenticator is None:
            message = f"a principal in a step of kind {self.kind}"
            hint = "only authenticators identify principals"
            refuse([Finding(message, ("principal",), hint, on_key=True, code=Code.PIPELINE)])
        return self


class ErrorStep(Specification):
    """A reference to an error handler in `on_error`."""

    refused: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (*_KINDS, "principal"), "accepted in execute only"
    )

    error_handler: Identifier
    id: Identifier | None = None
    config: Annotated[dict[str, object] | None, MAY_BE_EMPTY] = None
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


AnyStep = TypeVar("AnyStep", bound=Step)


def _ordered(steps: tuple[AnyStep, ...]) -> tuple[AnyStep, ...]:
    refuse([*_out_of_order(steps), *_twice([step.id for step in steps])])
    return steps


def _out_of_order(steps: Sequence[Step]) -> Iterator[Finding]:
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


Execute1alpha4: TypeAlias = Annotated[
    ListOf[Step1alpha4], Field(min_length=1), AfterValidator(_ordered)
]
"""At least one step, in the order of the stages."""

Execute1beta1: TypeAlias = Annotated[
    ListOf[Step1beta1], Field(min_length=1), AfterValidator(_ordered)
]
"""At least one step, in the order of the stages."""

OnError: TypeAlias = ListOf[ErrorStep]
