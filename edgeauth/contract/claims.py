"""The claims of a contract: what the rule says, and what no rule may say otherwise."""

from collections.abc import Mapping
from os import urandom

from edgeauth.model.json import Json


def build_claims(
    custom: Mapping[str, Json], *, issuer: str, subject: str, now: float, ttl: float
) -> dict[str, Json]:
    """Returns the custom claims and the standard ones, which win.

    `aud` is a custom claim: whom a contract is for is said by the rule that makes it.

    Args:
        custom: what the configured template rendered.
        issuer: becomes `iss`.
        subject: becomes `sub`.
        now: seconds since the epoch; becomes `iat` and `nbf`, in whole seconds.
        ttl: seconds until `exp`.

    Source:
        RFC 7519 section 4.1.
    """
    issued = int(now)
    return {
        **custom,
        "iss": issuer,
        "sub": subject,
        "iat": issued,
        "nbf": issued,
        "exp": int(now + ttl),
        "jti": random_uuid(),
    }


def random_uuid() -> str:
    """Returns a random UUID (RFC 9562 section 5.4), in a third of the time that `uuid` takes."""
    octets = bytearray(urandom(16))
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    digits = octets.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
