"""What a refusal tells the client in words, where `serve.respond.verbose` is on.

The words are the rule author's or edgeauth's own. Neither data of the request nor the cause chain
is among them, and what went wrong behind the edge is nobody's business in front of it.
"""

import html
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.request import Headers
from edgeauth.wire.accept import negotiate

_CODES: Final[Mapping[Reason, str]] = {
    Reason.AUTHENTICATION: "authenticationError",
    Reason.AUTHORIZATION: "authorizationError",
    Reason.COMMUNICATION: "communicationError",
    Reason.PRECONDITION: "argumentError",
    Reason.NO_RULE: "noRuleFound",
    Reason.INTERNAL: "internalError",
}
_TELLING: Final = frozenset({Reason.AUTHENTICATION, Reason.AUTHORIZATION, Reason.PRECONDITION})
"""Classes whose detail is about the request itself and not about what stands behind the edge."""
_PHRASES: Final[Mapping[Reason, str]] = {
    Reason.AUTHENTICATION: "who is asking could not be established",
    Reason.AUTHORIZATION: "this is not allowed",
    Reason.COMMUNICATION: "a service that is needed did not answer",
    Reason.PRECONDITION: "the request is not acceptable",
    Reason.NO_RULE: "no rule is for this request",
    Reason.INTERNAL: "the request could not be decided about",
}
"""What is said where there is no detail to tell."""

# XML 1.0 section 2.2 has no way to write these, and nobody wants to read them elsewhere.
_CONTROLS: Final = {
    code: "�" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"
} | {0xFFFE: "�", 0xFFFF: "�"}


class Words(NamedTuple):
    """The content of an answer, and what it is."""

    media_type: bytes
    content: bytes


def words_for(refusal: Refusal, reason: Reason, headers: Headers) -> Words | None:
    """Returns a refusal in words, in the form that the client prefers; None when it likes none.

    Args:
        refusal: what to tell; its detail is told only where it is about the request itself.
        reason: the class that the answer is for.
        headers: the client's. Of several fields `Accept` the first counts.
    """
    media_type = negotiate(_accepted(headers), tuple(_FORMS))
    if media_type is None:
        return None
    telling = refusal.reason is reason and reason in _TELLING
    detail = (refusal.told or refusal.detail) if telling else ""
    message = (detail or _PHRASES[reason]).translate(_CONTROLS)
    text = _FORMS[media_type](_CODES[reason], message)
    charset = b"" if media_type == "application/json" else b"; charset=utf-8"
    return Words(media_type.encode() + charset, text.encode("utf-8", "replace"))


def _accepted(headers: Headers) -> bytes | None:
    if b"accept" not in headers.repeated:
        return headers.get(b"accept")
    return next(value for name, value in headers.fields if name == b"accept")


def _html(_code: str, message: str) -> str:
    return f"<p>{html.escape(message)}</p>"


def _json(code: str, message: str) -> str:
    readable = message.encode("utf-8", "replace").decode()
    return msgspec.json.encode({"code": code, "message": readable}).decode()


def _plain(_code: str, message: str) -> str:
    return message


def _xml(code: str, message: str) -> str:
    return f"<error><code>{code}</code><message>{html.escape(message)}</message></error>"


_FORMS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "text/html": _html,
    "application/json": _json,
    "text/plain": _plain,
    "application/xml": _xml,
}
"""The preferred one first."""
