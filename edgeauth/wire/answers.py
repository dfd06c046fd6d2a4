"""How a refusal sounds on the wire: status by error class (RFC 9110 section 15), and little more.

The client learns the class of the error, where it can mend it a challenge and, if the operator
wants that, a sentence. Everything else is for the decision log.
"""

from collections.abc import Mapping

from edgeauth.model.decision import Field, Refusal, Response
from edgeauth.model.errors import Reason
from edgeauth.model.request import Headers
from edgeauth.wire.verbose import words_for

DEFAULT_STATUSES: Mapping[Reason, int] = {
    Reason.AUTHENTICATION: 401,
    Reason.AUTHORIZATION: 403,
    Reason.COMMUNICATION: 502,
    Reason.PRECONDITION: 400,
    Reason.NO_RULE: 404,
    Reason.INTERNAL: 500,
}
"""Listed in order of precedence: where a cause chain has several classes, the first counts."""


class Answers:
    """The answer to each class of refusal.

    Args:
        statuses: overrides of `DEFAULT_STATUSES` (`serve.respond.with`), 200 to 599.
        verbose: whether answers say in words what was wrong (`serve.respond.verbose`).
        permit: the status of a permit, where a gateway goes by the status alone; None where
            requests are forwarded.

    Raises:
        ValueError: a status is none, or one that no exchange ends with (RFC 9110 section 15.2).
    """

    def __init__(
        self,
        statuses: Mapping[Reason, int] | None = None,
        *,
        verbose: bool = False,
        permit: int | None = None,
    ) -> None:
        if not all(200 <= status <= 599 for status in (statuses or {}).values()):
            raise ValueError("a final status is between 200 and 599")
        self._statuses = {**DEFAULT_STATUSES, **(statuses or {})}
        self._verbose = verbose
        self._permit = permit

    def looks_like_permit(self, status: int) -> bool:
        """Returns whether a gateway that is answered so would forward the request (attack 84)."""
        return self._permit is not None and (200 <= status <= 299 or status == self._permit)

    def is_usual(self, reason: Reason) -> bool:
        """Returns whether a class of refusals has its default status."""
        return self._statuses[reason] == DEFAULT_STATUSES[reason]

    def to(self, refusal: Refusal, headers: Headers) -> Response:
        """Returns the answer to a refusal, never to be cached.

        Args:
            refusal: what is answered.
            headers: the client's; they choose the form of words.
        """
        reason = next(each for each in DEFAULT_STATUSES if each in refusal.causes)
        fields: list[Field] = [(b"cache-control", b"no-store")]
        fields += [(b"www-authenticate", challenge) for challenge in refusal.challenges]
        fields += refusal.fields
        status = refusal.status or self._statuses[reason]
        words = words_for(refusal, reason, headers) if self._verbose else None
        if words is None:
            return Response(status, tuple(fields))
        # The type is what we say it is: nothing else is to be seen in the words.
        fields += [(b"content-type", words.media_type), (b"x-content-type-options", b"nosniff")]
        return Response(status, tuple(fields), words.content)
