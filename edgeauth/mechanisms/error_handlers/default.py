"""Answers a refusal plainly: the status of its class, and its challenges."""

from edgeauth.config.specification import Specification
from edgeauth.model.decision import Refusal, Response
from edgeauth.ports.declare import Kind, mechanism
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.answers import Answers


class DefaultSpecification(Specification):
    """The configuration of `default`: there is nothing to configure."""


class DefaultErrorHandler:
    """Gives the answers that refusals have where no handler speaks."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def respond(self, refusal: Refusal, seen: Matched) -> Response:
        """Returns the plain answer."""
        return self._answers.to(refusal, seen.request.headers)


def _build(
    _id: str, _specification: DefaultSpecification, services: Services
) -> DefaultErrorHandler:
    return DefaultErrorHandler(services.answers)


TYPE = mechanism(Kind.ERROR_HANDLER, "default", DefaultSpecification, _build)
