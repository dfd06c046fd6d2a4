"""A rule: for which requests it is, and the pipeline that they run through."""

from dataclasses import dataclass

from edgeauth.engine.step import AuthorizeStep, InformStep, Step
from edgeauth.model.routing import Target
from edgeauth.ports.mechanisms import Authenticator, ErrorHandler, Finalizer

DEFAULT_RULE_ID = "default"


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The authenticators of one principal.

    Attributes:
        principal: the name that rules see it under.
        authenticators: in order; the first that recognises the request wins.
    """

    principal: str
    authenticators: tuple[Step[Authenticator], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pipeline, compiled and complete: what it inherits from the default rule stands in it.

    Attributes:
        id: as configured; `default` for the default rule.
        rule_set: the name of its rule set, for the decision log.
        principals: who has to be known, in order; the default principal is among them.
        checks: contextualizers and authorizers in the order in which they were written.
        finalizers: run only when every authorizer that applies has allowed.
        error_handlers: the first that applies answers a refusal.
        target: where requests go; None in decision mode and for the default rule.
        owned: lower-cased names of fields that only the pipeline may set: those of its own
            finalizers, and those of any other rule's but for the credentials of the client.
    """

    id: str
    rule_set: str
    principals: tuple[Alternatives, ...]
    checks: tuple[InformStep | AuthorizeStep, ...]
    finalizers: tuple[Step[Finalizer], ...]
    error_handlers: tuple[Step[ErrorHandler], ...]
    target: Target | None = None
    owned: frozenset[bytes] = frozenset()
