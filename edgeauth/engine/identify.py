"""Who is asking: the principals of a rule, each by authenticators that are alternatives."""

from edgeauth.engine.rule import Alternatives, Rule
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import DEFAULT_PRINCIPAL, Principal, Subject
from edgeauth.ports.stages import Identified, Matched

_NOBODY = Refusal(Reason.INTERNAL, "the rule has no authenticator")
_LEFT_OUT = Refusal(Reason.AUTHENTICATION, "the condition of the authenticator is false")


async def identify(rule: Rule, seen: Matched, passed_over: list[Refusal]) -> Identified | Refusal:
    """Returns the request with its subject, or the refusal of the first principal that is missing.

    Args:
        rule: its principals are looked for in order; every one of them has to be found.
        seen: the request.
        passed_over: receives the refusals that an authenticator further down made up for.
    """
    found: dict[str, Principal] = {}
    for alternatives in rule.principals:
        outcome = await _authenticate(alternatives, seen, passed_over)
        if isinstance(outcome, Refusal):
            return outcome
        found[alternatives.principal] = outcome
    if DEFAULT_PRINCIPAL not in found:
        return _NOBODY
    return Identified(seen, Subject.made_of(found), {})


async def _authenticate(
    alternatives: Alternatives, seen: Matched, passed_over: list[Refusal]
) -> Principal | Refusal:
    """Returns the principal that one of the alternatives proves, or the refusal of the last.

    A refusal or fault of one authenticator hands over to the next, so a rule with `anonymous` in
    second place makes an anonymous request of one with a forged token. That is what users of such
    rules expect; it never happens silently, since each refusal is put on `passed_over`. One whose
    condition is false has not recognised anybody either.
    """
    refused: list[Refusal] = []
    for step in alternatives.authenticators:
        outcome: Principal | Refusal = _LEFT_OUT
        try:
            if step.condition is None or step.condition.evaluate(seen.scope()):
                outcome = await step.mechanism.authenticate(seen)
        except Fault as fault:
            outcome = step.refused(fault)
            if fault.final:
                return outcome
        if not isinstance(outcome, Refusal):
            passed_over += refused
            return outcome
        refused.append(step.refused(outcome))
    return refused[-1] if refused else _NOBODY
