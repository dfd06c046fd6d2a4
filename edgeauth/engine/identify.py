"""Who is asking: the principals of a rule, each by authenticators that are alternatives."""

from collections.abc import Iterable

from edgeauth.engine.rule import Alternatives
from edgeauth.engine.step import Step
from edgeauth.expressions.errors import ContentNeeded
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import DEFAULT_PRINCIPAL, Principal, Subject
from edgeauth.ports.mechanisms import Authenticator
from edgeauth.ports.stages import Identified, Matched

_NOBODY = Refusal(Reason.INTERNAL, "the rule has no authenticator")
_LEFT_OUT = Refusal(Reason.AUTHENTICATION, "the condition of the authenticator is false")


async def identify(
    principals: Iterable[Alternatives], seen: Matched, passed_over: list[Refusal]
) -> Identified | Refusal:
    """Returns the request with its subject, or the refusal of the first principal that is missing.

    Authenticators of one principal are alternatives: a refusal or fault of one hands over to the
    next, so a rule with `anonymous` in second place makes an anonymous request of one with a forged
    token. That is what users of such rules expect; it never happens silently, since each refusal is
    put on `passed_over`. One whose condition is false has not recognised anybody either.

    Args:
        principals: of the rule; looked for in order, and every one of them has to be found.
        seen: the request.
        passed_over: receives the refusals that an authenticator further down made up for.
    """
    found: dict[str, Principal] = {}
    for alternatives in principals:
        refused: list[Refusal] = []
        for step in alternatives.authenticators:
            outcome: Principal | Refusal = _LEFT_OUT
            try:
                try:
                    if step.condition is None or step.condition.evaluate(seen.scope()):
                        outcome = await step.mechanism.authenticate(seen)
                except ContentNeeded:
                    outcome = await _with_content(step, seen)
            except Fault as fault:
                outcome = step.refused(fault)
                if fault.final:
                    return outcome
            if isinstance(outcome, Principal):
                break
            refused.append(step.refused(outcome))
        else:
            return refused[-1] if refused else _NOBODY
        if refused:
            passed_over += refused
        found[alternatives.principal] = outcome
    if DEFAULT_PRINCIPAL not in found:
        return _NOBODY
    return Identified(seen, Subject.made_of(found), {})


async def _with_content(step: Step[Authenticator], seen: Matched) -> Principal | Refusal:
    """Runs a step that needs the content of the request."""
    await seen.read_content()
    if step.condition is None or step.condition.evaluate(seen.scope()):
        return await step.mechanism.authenticate(seen)
    return _LEFT_OUT
