"""Challenges: the values of `WWW-Authenticate` that tell a client how to mend its request.

Trust: configuration only. Nothing that a client sent belongs into a challenge.

Source:
    RFC 9110 sections 11.6.1 and 5.6.4 (quoted-string), RFC 6750 section 3, RFC 7617 section 2,
    RFC 9449 section 7.1.
"""

import re
from collections.abc import Mapping
from typing import Final

from edgeauth.model.errors import Malformed

_QUOTABLE: Final = re.compile(r"[\t\x20-\x7e]*")
# RFC 6750 section 3: error and error_description hold neither quotes nor backslashes.
_ERROR_TEXT: Final = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")


def bearer_challenge(
    realm: str = "", error: str = "", description: str = "", error_uri: str = "", scope: str = ""
) -> bytes:
    """Returns a challenge for a bearer token; parameters that are empty are left out.

    Args:
        realm: where the token is wanted.
        error: `invalid_token`, `insufficient_scope` or `invalid_request`. Left out for requests
            without a credential, so that a probe learns nothing (RFC 6750 section 3.1).
        description: for developers, never for attackers.
        error_uri: a page that explains the error.
        scope: the demanded scopes, separated by blanks.

    Raises:
        Malformed: a value holds characters that its parameter does not allow.
    """
    said = {
        "error": error,
        "error_description": description,
        "error_uri": error_uri,
        "scope": scope,
    }
    return _token_challenge(b"Bearer", realm, said)


def dpop_challenge(
    algorithms: str = "",
    realm: str = "",
    error: str = "",
    description: str = "",
    error_uri: str = "",
    scope: str = "",
) -> bytes:
    """Returns a challenge for a token with a proof of possession (RFC 9449 section 7.1).

    Args:
        algorithms: what proofs may be signed with, separated by blanks.
        realm: as for `bearer_challenge`, like the others.
        error: those of `bearer_challenge`, `invalid_dpop_proof` or `use_dpop_nonce`.
        description: for developers, never for attackers.
        error_uri: a page that explains the error.
        scope: the demanded scopes, separated by blanks.

    Raises:
        Malformed: a value holds characters that its parameter does not allow.
    """
    said = {
        "error": error,
        "error_description": description,
        "error_uri": error_uri,
        "scope": scope,
        "algs": algorithms,
    }
    return _token_challenge(b"DPoP", realm, said)


def _token_challenge(scheme: bytes, realm: str, said: Mapping[str, str]) -> bytes:
    if not all(_ERROR_TEXT.fullmatch(value) for value in said.values()):
        raise Malformed("the challenge holds characters that are not allowed there")
    parameters = {"realm": realm, **said}
    listed = b", ".join(_parameter(name, value) for name, value in parameters.items() if value)
    return scheme + b" " + listed if listed else scheme


def scheme_challenge(scheme: str, realm: str = "") -> bytes:
    """Returns the plainest challenge of a scheme.

    Args:
        scheme: a token.
        realm: what is protected; empty is left out.

    Raises:
        Malformed: the realm is not visible ASCII.
    """
    return _token_challenge(scheme.encode("ascii"), realm, {})


def basic_challenge(realm: str) -> bytes:
    """Returns a challenge for user-id and password.

    Raises:
        Malformed: the realm is not visible ASCII.
    """
    return b"Basic " + _parameter("realm", realm)


def _parameter(name: str, value: str) -> bytes:
    if not _QUOTABLE.fullmatch(value):
        raise Malformed(f"the {name} is not visible ASCII")
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{quoted}"'.encode("ascii")
