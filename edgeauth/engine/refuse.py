"""What the client hears: the error handlers of a rule, else the plain answer of the class."""

from collections.abc import Coroutine, Iterator
from itertools import chain

from edgeauth.engine.rule import Rule
from edgeauth.engine.step import Step
from edgeauth.expressions.errors import ContentNeeded
from edgeauth.expressions.objects import ErrorView
from edgeauth.model.decision import Refusal, Response
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.mechanisms import ErrorHandler
from edgeauth.ports.stages import Matched
from edgeauth.wire.answers import Answers


def respond(
    rule: Rule, seen: Matched, refusal: Refusal, answers: Answers
) -> Coroutine[None, None, tuple[Refusal, Response]]:
    """Returns the answer of the first handler that applies, and the refusal that it answers.

    A handler or condition that fails is an internal error, and that is what is answered then; so is
    a handler whose answer would be taken for a permit.
    """
    return _answer(iter(rule.error_handlers), seen, refusal, answers)


async def _answer(
    steps: Iterator[Step[ErrorHandler]], seen: Matched, refusal: Refusal, answers: Answers
) -> tuple[Refusal, Response]:
    scope = {**seen.scope(), "Error": ErrorView(refusal)}
    headers = seen.request.headers
    for step in steps:
        try:
            if step.condition is None or step.condition.evaluate(scope):
                response = await step.mechanism.respond(refusal, seen)
                return refusal, _checked(response, answers)
        except ContentNeeded:
            failed = await step.read_content(seen)
            if failed is None:
                return await _answer(chain((step,), steps), seen, refusal, answers)
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
