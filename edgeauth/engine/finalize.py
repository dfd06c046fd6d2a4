"""What the upstream is told: the finalizers of a rule."""

from collections.abc import Coroutine, Iterator
from itertools import chain

from edgeauth.engine.rule import Rule
from edgeauth.engine.step import Step
from edgeauth.expressions.errors import ContentNeeded
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault
from edgeauth.ports.mechanisms import Finalizer
from edgeauth.ports.stages import Granted


def finalize(rule: Rule, granted: Granted) -> Coroutine[None, None, HeaderEdits | Refusal]:
    """Returns what all authorizers and finalizers tell the upstream, in order.

    A finalizer that fails takes the permit with it: an upstream that waits for a contract gets
    no request without one.
    """
    return _tell(iter(rule.finalizers), granted, list(granted.edits))


async def _tell(
    steps: Iterator[Step[Finalizer]], granted: Granted, edits: list[HeaderEdits]
) -> HeaderEdits | Refusal:
    for step in steps:
        try:
            if step.condition is None or step.applies(granted.known):
                said = await step.mechanism.finalize(granted)
                if said.fields or said.cookies:
                    edits.append(said)
        except ContentNeeded:
            unreadable = await step.read_content(granted.known.matched)
            return unreadable or await _tell(chain((step,), steps), granted, edits)
        except Fault as fault:
            return step.refused(fault)
    if len(edits) == 1:
        return edits[0]
    return HeaderEdits(
        tuple(field for each in edits for field in each.fields),
        tuple(cookie for each in edits for cookie in each.cookies),
    )
