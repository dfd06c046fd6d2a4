"""Who is asking: the authenticators of a rule, as alternatives."""

from edgeauth.engine.rule import Rule
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import Subject
from edgeauth.ports.stages import Identified, Matched

_NOBODY = Refusal(Reason.INTERNAL, "the rule has no authenticator")


async def identify(rule: Rule, seen: Matched, passed_over: list[Refusal]) -> Identified | Refusal:
    """Returns the request with its subject, or the refusal of the last authenticator.

    A refusal or fault of one authenticator hands over to the next, so a rule with `anonymous` in
    second place makes an anonymous request of one with a forged token. That is what users of such
    rules expect; it never happens silently, since each refusal is put on `passed_over`.

    Args:
        rule: its authenticators are tried in order.
        seen: the request.
        passed_over: receives the refusals that an authenticator further down made up for.
    """
    refusal = _NOBODY
    refused: list[Refusal] = []
    for step in rule.authenticators:
        try:
            outcome = await step.mechanism.authenticate(seen)
        except Fault as fault:
            outcome = step.refused(fault)
            if fault.final:
                return outcome
        if not isinstance(outcome, Refusal):
            passed_over += refused
            return Identified(seen, Subject.of(outcome), {})
        refusal = step.refused(outcome)
        refused.append(refusal)
    return refusal
