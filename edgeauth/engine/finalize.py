"""What the upstream is told: the finalizers of a rule."""

from edgeauth.engine.rule import Rule
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault
from edgeauth.ports.stages import Granted


async def finalize(rule: Rule, granted: Granted) -> HeaderEdits | Refusal:
    """Returns what all authorizers and finalizers tell the upstream, in order.

    A finalizer that fails takes the permit with it: an upstream that waits for a contract gets
    no request without one.
    """
    edits = list(granted.edits)
    for step in rule.finalizers:
        try:
            if step.condition is None or step.applies(granted.known):
                said = await step.mechanism.finalize(granted)
                if said.fields or said.cookies:
                    edits.append(said)
        except Fault as fault:
            return step.refused(fault)
    if len(edits) == 1:
        return edits[0]
    return HeaderEdits(
        tuple(field for each in edits for field in each.fields),
        tuple(cookie for each in edits for cookie in each.cookies),
    )
