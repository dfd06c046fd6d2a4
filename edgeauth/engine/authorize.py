"""May they: contextualizers and authorizers of a rule. The only place that makes a `Granted`."""

from edgeauth.engine.rule import Rule
from edgeauth.engine.step import InformStep
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault
from edgeauth.ports.stages import Granted, Identified


async def authorize(rule: Rule, known: Identified) -> Granted | Refusal:
    """Returns the granted request when every authorizer that applies allows it.

    The first refusal, fault or condition without a value ends it. A step whose condition is false
    neither allows nor refuses.
    """
    edits: list[HeaderEdits] = []
    for step in rule.checks:
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
        except Fault as fault:
            return step.refused(fault)
        if output is not None:
            known = known.informed(step.id, output)
    return Granted(known, tuple(edits))
