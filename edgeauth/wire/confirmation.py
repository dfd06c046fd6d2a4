"""Which key or certificate a token belongs to (RFC 7800, the claim `cnf`).

A token that is bound to a key is worth nothing without it. A way of binding that is not understood
here can not be checked, so it refuses the token (attack 147). What issuers say besides is passed
over, as RFC 7800 has it, when it stands beside a digest and is no known way of binding: Keycloak
tells what kind of proof it has seen.

Trust: the claims were signed by the issuer or come from it.

Source:
    RFC 7800 section 3.1; RFC 9449 section 6.1 (`jkt`); RFC 8705 section 3.1 (`x5t#S256`).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.base64url import decode_base64url

_KEY: Final = "jkt"
_CERTIFICATE: Final = "x5t#S256"
_NOT_UNDERSTOOD: Final = frozenset(("jwk", "jwe", "kid", "jku", "osc", "x5t"))
"""Other ways of binding: those of the IANA registry, and the one with a weak digest."""


class Confirmation(NamedTuple):
    """What the bearer of a token has to show; everything that is named has to be shown."""

    key: bytes | None
    """SHA-256 thumbprint of the key that signs proofs of possession."""
    certificate: bytes | None
    """SHA-256 of the client certificate."""


def parse_confirmation(claims: Mapping[str, Json]) -> Confirmation | None:
    """Returns what a token is bound to; None when it is bound to nothing.

    Raises:
        Malformed: `cnf` is no object, holds neither digest, another way of binding beside one, or
            one that is no SHA-256 digest.
    """
    if "cnf" not in claims:
        return None
    confirmation = claims["cnf"]
    if not isinstance(confirmation, Mapping) or not confirmation:
        raise Malformed("the token's cnf names nothing that it is bound to")
    is_understood = _KEY in confirmation or _CERTIFICATE in confirmation
    if not is_understood or not _NOT_UNDERSTOOD.isdisjoint(confirmation):
        raise Malformed("the token is bound in a way that is not understood")
    return Confirmation(_digest(confirmation, _KEY), _digest(confirmation, _CERTIFICATE))


def _digest(confirmation: Mapping[str, Json], member: str) -> bytes | None:
    if member not in confirmation:
        return None
    value = confirmation[member]
    if not isinstance(value, str) or len(value) != 43 or not value.isascii():
        raise Malformed("what the token is bound to is no digest")
    return decode_base64url(value.encode("ascii"))
