"""May they: contextualizers and authorizers of a rule. The only place that makes a `Granted`."""

from collections.abc import Coroutine, Iterator
from itertools import chain

from edgeauth.engine.rule import Rule
from edgeauth.engine.step import AuthorizeStep, InformStep
from edgeauth.expressions.errors import ContentNeeded
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault
from edgeauth.ports.stages import Granted, Identified


def authorize(
    rule: Rule, known: Identified, passed_over: list[Refusal]
) -> Coroutine[None, None, Granted | Refusal]:
    """Returns the granted request when every authorizer that applies allows it.

    The first refusal, fault or condition without a value ends it. A step whose condition is false
    neither allows nor refuses.

    Args:
        rule: its checks are made in order.
        known: the request.
        passed_over: receives the faults of contextualizers that the operator wants to go without.
    """
    return _check(iter(rule.checks), known, [], passed_over)


async def _check(
    steps: Iterator[InformStep | AuthorizeStep],
    known: Identified,
    edits: list[HeaderEdits],
    passed_over: list[Refusal],
) -> Granted | Refusal:
    for step in steps:
        try:
            if step.condition is not None and not step.applies(known):
                continue
            if isinstance(step, InformStep):
                output = await step.mechanism.contextualize(known)
            else:
                verdict = await step.mechanism.authorize(known)
                if isinstance(verdict, Refusal):
                    return step.refused(verdict)
                output = verdict.output
                if verdict.edits is not None:
                    edits.append(verdict.edits)
        except ContentNeeded:
            unreadable = await step.read_content(known.matched)
            return unreadable or await _check(chain((step,), steps), known, edits, passed_over)
        except Fault as fault:
            refusal = step.refused(fault)
            if not (fault.tolerated and isinstance(step, InformStep)):
                return refusal
            passed_over.append(refusal)
            continue
        if output is not None:
            known = known.informed(step.id, output)
    return Granted(known, tuple(edits))
