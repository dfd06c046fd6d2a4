"""Realms: the name of what is protected, as challenges tell it."""

from typing import Annotated

from pydantic import AfterValidator

from edgeauth.config.findings import not_expected
from edgeauth.model.errors import Malformed
from edgeauth.wire.challenges import basic_challenge


def _check_realm(realm: str) -> str:
    try:
        basic_challenge(realm)
    except Malformed:
        raise not_expected("a realm in visible ASCII") from None
    return realm


Realm = Annotated[str, AfterValidator(_check_realm)]
"""A text that fits into a challenge (RFC 9110 section 11.5)."""
