"""May they: contextualizers and authorizers of a rule. The only place that makes a `Granted`."""

from collections.abc import Iterable
from itertools import chain

from edgeauth.engine.step import AuthorizeStep, InformStep
from edgeauth.expressions.errors import ContentNeeded
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault
from edgeauth.ports.mechanisms import ALLOWED
from edgeauth.ports.stages import Granted, Identified


async def authorize(
    checks: Iterable[InformStep | AuthorizeStep],
    known: Identified,
    passed_over: list[Refusal],
    edits: tuple[HeaderEdits, ...] = (),
) -> Granted | Refusal:
    """Returns the granted request when every authorizer that applies allows it.

    The first refusal, fault or condition without a value ends it. A step whose condition is false
    neither allows nor refuses.

    Args:
        checks: of the rule; made in order.
        known: the request.
        passed_over: receives the faults of contextualizers that the operator wants to go without.
        edits: what authorizers before these want the upstream to hear.
    """
    steps = iter(checks)
    for step in steps:
        try:
            if step.condition is not None and not step.condition.evaluate(known.scope()):
                continue
            if isinstance(step, InformStep):
                output = await step.mechanism.contextualize(known)
            else:
                verdict = await step.mechanism.authorize(known)
                if verdict is ALLOWED:
                    continue
                if isinstance(verdict, Refusal):
                    return step.refused(verdict)
                output = verdict.output
                edits += verdict.edits
        except ContentNeeded:
            unreadable = await step.read_content(known.matched)
            rest = chain((step,), steps)
            return unreadable or await authorize(rest, known, passed_over, edits)
        except Fault as fault:
            refusal = step.refused(fault)
            if not (fault.tolerated and isinstance(step, InformStep)):
                return refusal
            passed_over.append(refusal)
            continue
        if output is not None:
            known = known.informed(step.id, output)
    return Granted(known, edits)
