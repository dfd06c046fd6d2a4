"""Pipelines of rules: steps become mechanisms at work, omitted stages are inherited."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, NamedTuple, Protocol, cast

from edgeauth.config.codes import Code
from edgeauth.config.decode import collect
from edgeauth.config.errors import ConfigurationError, problem_at
from edgeauth.config.models.steps import ErrorStep, Step as StepSpecification
from edgeauth.engine.rule import Alternatives
from edgeauth.engine.step import AuthorizeStep, InformStep, Step
from edgeauth.expressions.cel import Condition, compile_condition
from edgeauth.expressions.declarations import declare
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.objects import VARIABLES
from edgeauth.ports.declare import Kind
from edgeauth.ports.mechanisms import (
    Authenticator,
    Authorizer,
    Contextualizer,
    ErrorHandler,
    Finalizer,
    Mechanism,
    OfOneStatus,
    Owner,
)

_KINDS: Final = {kind.value: kind for kind in Kind}
_STEP_SEES: Final = ("Request", "Subject", "Outputs")
_SEES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.AUTHENTICATOR: ("Request",),
    Kind.CONTEXTUALIZER: _STEP_SEES,
    Kind.AUTHORIZER: _STEP_SEES,
    Kind.FINALIZER: _STEP_SEES,
    Kind.ERROR_HANDLER: ("Request", "Error"),
}
_SEEN_BY: Final = {
    kind: declare({name: VARIABLES[name] for name in names}) for kind, names in _SEES.items()
}
"""The variables of conditions."""


class Pipeline(NamedTuple):
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
        return Pipeline(
            self.principals or default.principals,
            self._checks(default),
            self.finalizers or default.finalizers,
            self.error_handlers or default.error_handlers,
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
        owners = [cast("Owner", each) for each in mechanisms if _is_owner(type(each))]
        return frozenset(name for each in owners for name in each.owns())


@cache
def _is_owner(mechanism: type) -> bool:
    # To ask each mechanism takes long: the attributes of the protocol are looked through.
    return issubclass(mechanism, Owner)


@cache
def _has_one_status(mechanism: type) -> bool:
    return issubclass(mechanism, OfOneStatus)


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
        looks_like_permit: tells statuses that no error handler may answer with.
    """

    def __init__(
        self, catalogue: MechanismSource, looks_like_permit: Callable[[int], bool] | None = None
    ) -> None:
        self._catalogue = catalogue
        self._looks_like_permit = looks_like_permit

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
                    kind = _KINDS[specification.kind]
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
        condition, mechanism = self._parts(kind, specification)
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
                self._check_status(specification, mechanism)
                return Step(step_id, source, cast("ErrorHandler", mechanism), condition)

    def _check_status(
        self, specification: StepSpecification | ErrorStep, mechanism: Mechanism
    ) -> None:
        """Refuses an error handler whose answer a gateway would take for a permit (attack 84)."""
        if self._looks_like_permit is None or not _has_one_status(type(mechanism)):
            return
        if self._looks_like_permit(cast("OfOneStatus", mechanism).status()):
            message = "a gateway would take this answer for a permit"
            expected = "expected a code that is neither 2xx nor that of serve.respond.with.accepted"
            raise ConfigurationError(
                [
                    specification.problem(
                        message, "error_handler", expected=expected, code=Code.INSECURE
                    )
                ]
            )

    def _parts(
        self, kind: Kind, specification: StepSpecification | ErrorStep
    ) -> tuple[Condition | None, Mechanism]:
        if specification.condition is None:
            return None, self._catalogue.mechanism(kind, specification)
        with collect() as problems:
            condition, mechanism = None, None
            with problems:
                condition = _condition(kind, specification, specification.condition)
            with problems:
                mechanism = self._catalogue.mechanism(kind, specification)
        if mechanism is None:
            raise ConfigurationError(())  # the catalogue has said what is wrong with the entry
        return condition, mechanism


def _condition(kind: Kind, specification: StepSpecification | ErrorStep, text: str) -> Condition:
    try:
        return compile_condition(text, _SEEN_BY[kind])
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
