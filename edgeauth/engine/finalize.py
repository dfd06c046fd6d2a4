"""What the upstream is told: the finalizers of a rule."""

from collections.abc import Iterable
from itertools import chain

from edgeauth.engine.step import Step
from edgeauth.expressions.errors import ContentNeeded
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault
from edgeauth.ports.mechanisms import Finalizer
from edgeauth.ports.stages import Granted


async def finalize(
    finalizers: Iterable[Step[Finalizer]], granted: Granted, told: tuple[HeaderEdits, ...] = ()
) -> HeaderEdits | Refusal:
    """Returns what all authorizers and finalizers tell the upstream, in order.

    A finalizer that fails takes the permit with it: an upstream that waits for a contract gets
    no request without one.

    Args:
        finalizers: of the rule; run in order.
        granted: the request.
        told: what finalizers before these tell the upstream.
    """
    steps = iter(finalizers)
    for step in steps:
        try:
            if step.condition is None or step.condition.evaluate(granted.known.scope()):
                said = await step.mechanism.finalize(granted)
                if said.fields or said.cookies:
                    told += (said,)
        except ContentNeeded:
            unreadable = await step.read_content(granted.known.matched)
            return unreadable or await finalize(chain((step,), steps), granted, told)
        except Fault as fault:
            return step.refused(fault)
    edits = granted.edits + told
    if len(edits) == 1:
        return edits[0]
    return HeaderEdits(
        tuple(field for each in edits for field in each.fields),
        tuple(cookie for each in edits for cookie in each.cookies),
    )
