"""What an authorization server says about a token that it is shown (RFC 7662, RFC 9701).

Trust: the answer of the configured endpoint; a signed one counts only once its signature was
verified with a key of its issuer.

Source:
    RFC 7662 sections 2.1 and 2.2; RFC 9701 sections 4 and 5 (answers as JWT).
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.json import loads
from edgeauth.wire.jws import Compact, parse_compact
from edgeauth.wire.jwt import check_audience, check_times, numeric_date, parse_claims

FORM: Final = "application/x-www-form-urlencoded"
PLAIN_ANSWER: Final = "application/json"
SIGNED_ANSWER: Final = "application/token-introspection+jwt"
OLDEST_ANSWER: Final = 60.0
"""Seconds after which a signed answer is not that to the question just asked."""

_TYPE: Final = "token-introspection+jwt"


def introspection_form(token: bytes) -> bytes:
    """Returns the content of the question about an access token."""
    fields = {"token": token.decode("ascii"), "token_type_hint": "access_token"}
    return urlencode(fields).encode("ascii")


def parse_answer(octets: bytes) -> Mapping[str, Json]:
    """Returns a plain answer.

    Raises:
        Malformed: it is no JSON object.
    """
    answer = loads(octets)
    if not isinstance(answer, Mapping):
        raise Malformed("is no object")
    return answer


def is_active(answer: Mapping[str, Json]) -> bool:
    """Returns whether the server says that the token is good (attack 131).

    Raises:
        Malformed: `active` is missing, or neither true nor false.
    """
    active = answer.get("active")
    if not isinstance(active, bool):
        raise Malformed("the answer does not say whether the token is active")
    return active


class SignedAnswer(NamedTuple):
    """An answer that is well-formed, and not verified by that."""

    compact: Compact
    claims: Mapping[str, Json]
    """About the answer itself."""
    answer: Mapping[str, Json]
    """About the token."""


def parse_signed_answer(octets: bytes) -> SignedAnswer:
    """Returns the parts of an answer that is a JWT.

    Raises:
        Malformed: it is no token of its type, or holds no answer.
    """
    compact = parse_compact(octets)
    if compact.header.media_type != _TYPE:
        raise Malformed("the signed answer is of another type")
    claims = parse_claims(compact.payload)
    answer = claims.get("token_introspection")
    if not isinstance(answer, Mapping):
        raise Malformed("the signed answer holds no answer")
    return SignedAnswer(compact, claims, answer)


def check_signed_answer(
    claims: Mapping[str, Json],
    issuers: Collection[str],
    audience: frozenset[str],
    now: float,
    leeway: float,
) -> str | None:
    """Returns what is wrong with the claims about a signed answer; None when nothing is.

    Args:
        claims: of the answer itself, whose signature was verified.
        issuers: who may have signed it.
        audience: as whom edgeauth asked; at least one has to be named.
        now: seconds since the epoch.
        leeway: seconds by which clocks may differ.
    """
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer not in issuers:
        return "the signed answer is from another issuer"
    if not audience or check_audience(claims, audience) is not None:
        return "the signed answer is for somebody else"
    issued = numeric_date(claims.get("iat"))
    if issued is None or check_times(claims, now, leeway) is not None:
        return "the signed answer is not current"
    if not now - issued <= OLDEST_ANSWER + leeway:
        return "the signed answer is too old to be that to this question"
    return None
