"""What the claims of a verified token must say before anybody believes them (RFC 7519).

Every check is written as "passes only if", never as "fails if": NaN, booleans and text where a
number belongs compare false and are therefore refused, not let through.

Trust: the claims were signed by the issuer, which may still be the wrong one, or careless.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.json import Json
from edgeauth.wire.json import loads
from edgeauth.wire.jws import JoseHeader

DEFAULT_ALGORITHMS: Final = frozenset({"ES256", "ES384", "ES512", "PS256", "PS384", "PS512"})
DEFAULT_MEDIA_TYPES: Final = frozenset({"", "jwt", "at+jwt"})
"""`typ` of tokens that say who somebody is: none, RFC 7519 section 5.1, RFC 9068 section 2.1."""

_LAST_DATE: Final = 253_402_300_799
"""The end of the year 9999. Later is no date, but milliseconds where seconds belong."""


@dataclass(frozen=True, slots=True)
class Assertions:
    """What a token must say.

    Attributes:
        issuers: the token's `iss` must be one of them; with none, no token passes.
        audience: the token's `aud` must have one of them; with none, it is not looked at.
        allowed_algorithms: values of `alg` that are accepted.
        validity_leeway: seconds by which clocks may differ, on either side.
        media_types: values of `typ` that are accepted, in lower case and without `application/`:
            a logout token or a proof of possession is no login (RFC 8725 section 3.11).
    """

    issuers: frozenset[str]
    audience: frozenset[str] = frozenset()
    allowed_algorithms: frozenset[str] = DEFAULT_ALGORITHMS
    validity_leeway: float = 10.0
    media_types: frozenset[str] = DEFAULT_MEDIA_TYPES


def parse_claims(payload: bytes) -> dict[str, Json]:
    """Returns the claims set of a token (RFC 7519 section 7.2).

    Raises:
        Malformed: the payload is no JSON object.
    """
    try:
        claims = loads(payload)
    except Malformed as problem:
        raise Malformed(f"the token's payload {problem}") from None
    if not isinstance(claims, dict):
        raise Malformed("the token's payload is no object")
    return claims


def check_header(header: JoseHeader, assertions: Assertions) -> Refusal | None:
    """Refuses a token of another type or algorithm than expected, before any key is looked for."""
    if header.algorithm not in assertions.allowed_algorithms:
        return _refused("the token's algorithm is not allowed")
    if header.media_type not in assertions.media_types:
        return _refused("the token is of another type")
    return None


def check_claims(claims: Mapping[str, Json], assertions: Assertions, now: float) -> Refusal | None:
    """Refuses claims that are not for us, not from a trusted issuer or not current.

    Args:
        claims: the claims of a token whose signature was verified.
        assertions: what they must say.
        now: seconds since the epoch.

    Returns:
        None if everything holds, else the first of: issuer, audience, times. Scopes come last
        (`edgeauth.wire.scopes`), when it is known whether the bearer owns the token.
    """
    issuer = claims.get("iss")
    if not (isinstance(issuer, str) and issuer in assertions.issuers):
        return _refused("the token's issuer is not trusted")
    return check_audience(claims, assertions.audience) or check_times(
        claims, now, assertions.validity_leeway
    )


def check_times(claims: Mapping[str, Json], now: float, leeway: float) -> Refusal | None:
    """Refuses claims that are not current at `now`.

    Each of `exp`, `nbf` and `iat` may be absent; one that is there has to be a date.

    Args:
        claims: the claims of a token.
        now: seconds since the epoch.
        leeway: seconds by which clocks may differ, on either side.

    Source:
        RFC 7519 section 4.1.4: refused *on or after* `exp`, hence `<` and not `<=`.
        RFC 7519 section 4.1.5: accepted *on or after* `nbf`.
    """
    if "exp" in claims:
        end = numeric_date(claims["exp"])
        if end is None or not now - leeway < end:
            return _refused("the token has expired, or its exp is no date")
    if "nbf" in claims:
        start = numeric_date(claims["nbf"])
        if start is None or not start <= now + leeway:
            return _refused("the token is not valid yet, or its nbf is no date")
    if "iat" in claims:
        issued = numeric_date(claims["iat"])
        if issued is None or not issued <= now + leeway:
            return _refused("the token is from the future, or its iat is no date")
    return None


def expires_at(claims: Mapping[str, Json]) -> float | None:
    """Returns the end of the token in seconds since the epoch, or None when it has no end."""
    return numeric_date(claims.get("exp"))


def check_audience(claims: Mapping[str, Json], audience: frozenset[str]) -> Refusal | None:
    """Refuses claims that are for none of an audience; an empty one is not looked at.

    Source:
        RFC 7519 section 4.1.3.
    """
    if not audience:
        return None
    named = claims.get("aud")
    listed = [named] if isinstance(named, str) else named
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        return _refused("the token names no audience")
    if audience.isdisjoint(listed):
        return _refused("the token is for another audience")
    return None


def numeric_date(value: Json) -> float | None:
    """Returns a NumericDate (RFC 7519 section 2) between 1970 and 9999, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= _LAST_DATE else None


def _refused(detail: str) -> Refusal:
    return Refusal(Reason.AUTHENTICATION, detail)
