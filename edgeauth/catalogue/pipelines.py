"""Pipelines of rules: steps become mechanisms at work, omitted stages are inherited."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol, cast

from edgeauth.config.codes import Code
from edgeauth.config.decode import collect
from edgeauth.config.errors import ConfigurationError, problem_at
from edgeauth.config.models.steps import ErrorStep, Step as StepSpecification
from edgeauth.engine.rule import Alternatives
from edgeauth.engine.step import AuthorizeStep, InformStep, Step
from edgeauth.expressions.cel import Condition, compile_condition
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.types import Type
from edgeauth.ports.declare import Kind
from edgeauth.ports.mechanisms import (
    Authenticator,
    Authorizer,
    Contextualizer,
    ErrorHandler,
    Finalizer,
    Mechanism,
    Owner,
)

_SEEN_BY_STEPS: Final = {name: VARIABLES[name] for name in ("Request", "Subject", "Outputs")}
_SEEN_BY: Final[Mapping[Kind, Mapping[str, Type]]] = {
    Kind.AUTHENTICATOR: {"Request": VARIABLES["Request"]},
    Kind.ERROR_HANDLER: {name: VARIABLES[name] for name in ("Request", "Error")},
}
"""The variables of conditions, where they are others than those of most steps."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The four stages of a rule."""

    principals: tuple[Alternatives, ...] = ()
    checks: tuple[InformStep | AuthorizeStep, ...] = ()
    finalizers: tuple[Step[Finalizer], ...] = ()
    error_handlers: tuple[Step[ErrorHandler], ...] = ()

    def inheriting(self, default: "Pipeline") -> "Pipeline":
        """Returns this pipeline with the stages that it leaves out taken from the default rule.

        Nothing is merged within a stage, with one exception: contextualizers alone do not replace
        the default rule's authorizers, since deny by default must not vanish because somebody
        fetched data.
        """
        return replace(
            self,
            principals=self.principals or default.principals,
            checks=self._checks(default),
            finalizers=self.finalizers or default.finalizers,
            error_handlers=self.error_handlers or default.error_handlers,
        )

    def _checks(self, default: "Pipeline") -> tuple[InformStep | AuthorizeStep, ...]:
        if any(isinstance(step, AuthorizeStep) for step in self.checks):
            return self.checks
        own = {step.id for step in self.checks}
        return self.checks + tuple(
            # An authorizer stays even if a contextualizer has taken its id.
            step
            for step in default.checks
            if isinstance(step, AuthorizeStep) or step.id not in own
        )

    def owned(self) -> frozenset[bytes]:
        """Returns the names of the fields that finalizers and authorizers answer for."""
        mechanisms = [step.mechanism for step in (*self.checks, *self.finalizers)]
        return frozenset(
            name for each in mechanisms if isinstance(each, Owner) for name in each.owns()
        )


class MechanismSource(Protocol):
    """Where the mechanisms of steps come from: the catalogue, or what describes them."""

    def mechanism(self, kind: Kind, step: StepSpecification | ErrorStep) -> Mechanism:
        """Returns the mechanism that a step refers to, with the step's overrides.

        Raises:
            ConfigurationError: there is no such entry, or an override is not allowed or wrong.
        """
        ...


class PipelineBuilder:
    """Turns steps of the configuration into pipelines.

    Args:
        catalogue: the mechanisms that steps refer to.
    """

    def __init__(self, catalogue: MechanismSource) -> None:
        self._catalogue = catalogue

    def build(
        self, execute: tuple[StepSpecification, ...], on_error: tuple[ErrorStep, ...]
    ) -> Pipeline:
        """Returns the pipeline of the steps, without anything inherited.

        Raises:
            ConfigurationError: holds the problems of every step.
        """
        finalizers: list[Step[Finalizer]] = []
        error_handlers: list[Step[ErrorHandler]] = []
        principals: dict[str, list[Step[Authenticator]]] = {}
        checks: list[InformStep | AuthorizeStep] = []
        specifications: tuple[StepSpecification | ErrorStep, ...] = (*execute, *on_error)
        with collect() as problems:
            for specification in specifications:
                with problems:
                    kind = Kind(specification.kind)
                    step = self._step(kind, specification)
                    if isinstance(step, InformStep | AuthorizeStep):
                        checks.append(step)
                    elif kind is Kind.AUTHENTICATOR:
                        principal = cast("StepSpecification", specification).principal_name
                        alternatives = principals.setdefault(principal, [])
                        alternatives.append(cast("Step[Authenticator]", step))
                    elif kind is Kind.FINALIZER:
                        finalizers.append(cast("Step[Finalizer]", step))
                    else:
                        error_handlers.append(cast("Step[ErrorHandler]", step))
        return Pipeline(
            tuple(Alternatives(name, tuple(steps)) for name, steps in principals.items()),
            tuple(checks),
            tuple(finalizers),
            tuple(error_handlers),
        )

    def _step(self, kind: Kind, specification: StepSpecification | ErrorStep) -> object:
        with collect() as problems:
            condition, mechanism = None, None
            with problems:
                condition = _condition(kind, specification)
            with problems:
                mechanism = self._catalogue.mechanism(kind, specification)
        if mechanism is None:
            raise ConfigurationError(())  # the catalogue has said what is wrong with the entry
        source = specification.reference
        step_id = specification.id or source
        match kind:
            case Kind.CONTEXTUALIZER:
                return InformStep(step_id, source, cast("Contextualizer", mechanism), condition)
            case Kind.AUTHORIZER:
                return AuthorizeStep(step_id, source, cast("Authorizer", mechanism), condition)
            case Kind.AUTHENTICATOR:
                return Step(step_id, source, cast("Authenticator", mechanism), condition)
            case Kind.FINALIZER:
                return Step(step_id, source, cast("Finalizer", mechanism), condition)
            case Kind.ERROR_HANDLER:
                return Step(step_id, source, cast("ErrorHandler", mechanism), condition)


def _condition(kind: Kind, specification: StepSpecification | ErrorStep) -> Condition | None:
    if specification.condition is None:
        return None
    try:
        return compile_condition(specification.condition, _SEEN_BY.get(kind, _SEEN_BY_STEPS))
    except ExpressionError as error:
        node = specification.node_at("if")
        raise ConfigurationError(
            [
                problem_at(
                    node,
                    error.message,
                    expected=error.hint,
                    offset=error.offset,
                    code=Code.EXPRESSION,
                )
            ]
        ) from None
