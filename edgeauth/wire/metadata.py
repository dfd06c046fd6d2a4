"""What an issuer says of itself (RFC 8414, OpenID Connect Discovery 1.0).

Trust: an issuer's answer. It must be about the issuer that was asked, or anybody who can answer
for one issuer could speak for all.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json

_WELL_KNOWN: Final = "/.well-known/"
_MAX_URL_LENGTH: Final = 2048


class IssuerMetadata(NamedTuple):
    """The part of an issuer's metadata that is used here."""

    issuer: str
    jwks_uri: str | None
    introspection_endpoint: str | None


def parse_metadata(document: Json, url: str, *, check_issuer: bool = True) -> IssuerMetadata:
    """Returns what the issuer at `url` says of itself.

    Args:
        document: the answer.
        url: what it was fetched from.
        check_issuer: whether the issuer must be the one that this URL belongs to.

    Raises:
        Malformed: no issuer, another issuer than the one asked, or a value that is no absolute
            URL. Templates are refused: an issuer does not get to write our configuration.

    Source:
        RFC 8414 sections 2, 3.1 and 3.3; OpenID Connect Discovery 1.0 sections 3 and 4.3.
    """
    if not isinstance(document, Mapping):
        raise Malformed("the metadata is no object")
    issuer = _url(document, "issuer")
    if issuer is None:
        raise Malformed("the metadata names no issuer")
    if check_issuer and issuer.removesuffix("/") != issuer_of(url):
        raise Malformed("the metadata is that of another issuer")
    return IssuerMetadata(
        issuer, _url(document, "jwks_uri"), _url(document, "introspection_endpoint")
    )


def issuer_of(url: str) -> str:
    """Returns the issuer whose metadata stands at `url`, without a slash at its end.

    Both placements are known, with paths of any length: `https://a/x/y/.well-known/NAME` (OpenID
    Connect Discovery) and `https://a/.well-known/NAME/x/y` (RFC 8414) belong to `https://a/x/y`.

    Raises:
        Malformed: the URL is none of metadata.
    """
    parts = urlsplit(url)
    before, found, rest = parts.path.partition(_WELL_KNOWN)
    name, _, after = rest.partition("/")
    if not found or not name or _WELL_KNOWN in f"/{after}" or (before and after):
        raise Malformed("the issuer cannot be told from the metadata's URL")
    path = before or (f"/{after}" if after else "")
    return f"{parts.scheme}://{parts.netloc}{path}".removesuffix("/")


def _url(document: Mapping[str, Json], member: str) -> str | None:
    value = document.get(member)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _MAX_URL_LENGTH or not _is_plain_url(value):
        raise Malformed(f"the metadata's {member} is no plain URL")
    return value


def _is_plain_url(text: str) -> bool:
    """Returns whether the text is an absolute URL without user, fragment, braces and blanks."""
    if not text.isascii() or not text.isprintable() or not set(text).isdisjoint(' {}<>"\\^`|#@'):
        return False
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
