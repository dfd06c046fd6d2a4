"""Why a request is refused, and what is raised when nobody could tell.

Three things are kept apart, because most fail-open bugs of this field mix them up:

1. A "no" is a value: `Refusal` (in `decision.py`), returned.
2. "Could not tell" is an exception: `Fault`, raised.
3. A bug is any other exception. It is a "no" as well, and ends the pipeline at once.
"""

from enum import Enum


class Reason(Enum):
    """The error classes that rules, statuses and the decision log speak of.

    The values are the constants of conditions: `type(Error) == authentication_error`.
    """

    AUTHENTICATION = "authentication_error"
    AUTHORIZATION = "authorization_error"
    COMMUNICATION = "communication_error"
    PRECONDITION = "precondition_error"
    INTERNAL = "internal_error"
    NO_RULE = "no_rule_error"

    # Members are compared by identity; the inherited hash is a call of Python for each look-up.
    __hash__ = object.__hash__


class Fault(Exception):
    """Raised by a step that could not tell: a dead backend, an answer that makes no sense.

    Args:
        reason: the class of the fault, `COMMUNICATION` or `INTERNAL` as a rule.
        detail: for the decision log only, never for the client; holds no credential.
        final: whether the next authenticator must not be tried, as after a failed TLS handshake
            with the issuer: an attacker in the middle may not turn a login into anonymity.
        tolerated: whether the operator wants the pipeline to go on without what a contextualizer
            could not find out; means nothing where anybody else raises it.
        status: what the client is answered in place of the status of the class.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str,
        *,
        final: bool = False,
        tolerated: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.final = final
        self.tolerated = tolerated
        self.status = status


class Malformed(ValueError):
    """Raised by the parsers of `wire` for bytes that the standard does not allow.

    The text names the rule that was broken and never repeats what was sent.

    Args:
        text: the rule that was broken.
        status: the HTTP status that says so, where the bytes are a request.
    """

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status
