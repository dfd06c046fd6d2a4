"""What the client hears: the error handlers of a rule, else the plain answer of the class."""

from collections.abc import Iterable
from itertools import chain

from edgeauth.engine.step import Step
from edgeauth.expressions.errors import ContentNeeded
from edgeauth.expressions.objects import ErrorView
from edgeauth.model.decision import Refusal, Response
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.mechanisms import ErrorHandler
from edgeauth.ports.stages import Matched
from edgeauth.wire.answers import Answers


async def respond(
    handlers: Iterable[Step[ErrorHandler]], seen: Matched, refusal: Refusal, answers: Answers
) -> tuple[Refusal, Response]:
    """Returns the answer of the first handler that applies, and the refusal that it answers.

    A handler or condition that fails is an internal error, and that is what is answered then; so is
    a handler whose answer would be taken for a permit.

    Args:
        handlers: of the rule; the first that applies answers.
        seen: the request.
        refusal: why it may not pass.
        answers: what the client hears where no handler speaks.
    """
    scope = {**seen.scope(), "Error": ErrorView(refusal)}
    headers = seen.request.headers
    steps = iter(handlers)
    for step in steps:
        try:
            if step.condition is None or step.condition.evaluate(scope):
                response = await step.mechanism.respond(refusal, seen)
                return refusal, _checked(response, answers)
        except ContentNeeded:
            failed = await step.read_content(seen)
            if failed is None:
                return await respond(chain((step,), steps), seen, refusal, answers)
            return failed, answers.to(failed, headers)
        except Fault as fault:
            failed = step.refused(fault)
            return failed, answers.to(failed, headers)
    return refusal, answers.to(refusal, headers)


def _checked(response: Response, answers: Answers) -> Response:
    """Returns an answer that nobody takes for a permit."""
    if answers.looks_like_permit(response.status):
        raise Fault(Reason.INTERNAL, "the answer would be taken for a permit")
    return response
