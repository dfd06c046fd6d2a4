"""What the client hears: the error handlers of a rule, else the plain answer of the class."""

from edgeauth.engine.rule import Rule
from edgeauth.expressions.objects import ErrorView
from edgeauth.model.decision import Refusal, Response
from edgeauth.model.errors import Fault
from edgeauth.ports.stages import Matched
from edgeauth.wire.answers import Answers


async def respond(
    rule: Rule, seen: Matched, refusal: Refusal, answers: Answers
) -> tuple[Refusal, Response]:
    """Returns the answer of the first handler that applies, and the refusal that it answers.

    A handler or condition that fails is an internal error, and that is what is answered then.
    """
    scope = {**seen.scope(), "Error": ErrorView(refusal)}
    headers = seen.request.headers
    for step in rule.error_handlers:
        try:
            if step.condition is None or step.condition.evaluate(scope):
                return refusal, await step.mechanism.respond(refusal, seen)
        except Fault as fault:
            failed = step.refused(fault)
            return failed, answers.to(failed, headers)
    return refusal, answers.to(refusal, headers)
