"""Challenges: the values of `WWW-Authenticate` that tell a client how to mend its request.

Trust: configuration only. Nothing that a client sent belongs into a challenge.

Source:
    RFC 9110 sections 11.6.1 and 5.6.4 (quoted-string), RFC 6750 section 3, RFC 7617 section 2.
"""

import re
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
    for value in (error, description, error_uri, scope):
        if not _ERROR_TEXT.fullmatch(value):
            raise Malformed("the challenge holds characters that are not allowed there")
    parameters = (
        ("realm", realm),
        ("error", error),
        ("error_description", description),
        ("error_uri", error_uri),
        ("scope", scope),
    )
    listed = b", ".join(_parameter(name, value) for name, value in parameters if value)
    return b"Bearer " + listed if listed else b"Bearer"


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
