"""SPIFFE ids: the name of a workload within a trust domain.

Trust: the id stands in a certificate whose issuer was checked; it is still parsed strictly, as two
spellings of one name must not be two workloads, and no path may leave its place.

Source:
    SPIFFE-ID section 2 (syntax, 2048 octets); X509-SVID section 2 (one URI, a path).
"""

import re
from typing import Final, NamedTuple

from edgeauth.model.errors import Malformed

_LONGEST: Final = 2048
_TRUST_DOMAIN: Final = re.compile(r"[a-z0-9._-]{1,255}")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._-]+")
_SCHEME: Final = "spiffe://"


class SpiffeId(NamedTuple):
    """A workload."""

    trust_domain: str
    path: str
    """Begins with a slash."""


def is_trust_domain(text: str) -> bool:
    """Returns whether a text is the name of a trust domain."""
    return _TRUST_DOMAIN.fullmatch(text) is not None


def parse_spiffe_id(uri: str) -> SpiffeId:
    """Returns the workload that a URI names.

    Raises:
        Malformed: it is no SPIFFE id of a workload: of another scheme or in capital letters, with
            user, port, query or fragment, an escaped character, a dot segment or no path.
    """
    domain, slash, path = uri.removeprefix(_SCHEME).partition("/")
    segments = path.split("/") if len(uri) <= _LONGEST else []
    if not (uri.startswith(_SCHEME) and slash and is_trust_domain(domain) and segments):
        raise Malformed("the URI of the client certificate is no SPIFFE id")
    if not all(_SEGMENT.fullmatch(each) and each not in (".", "..") for each in segments):
        raise Malformed("the URI of the client certificate is no SPIFFE id")
    return SpiffeId(domain, f"/{path}")
