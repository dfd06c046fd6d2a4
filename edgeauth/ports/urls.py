"""URLs of the configuration: absolute, without credentials, encrypted unless told otherwise."""

import re
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, ValidationInfo

from edgeauth.config.findings import not_expected

_LITERAL_AUTHORITY: Final = re.compile(r"(https?)://[^/?#{}\s]+(?=[/?#]|\Z)")
_LITERAL: Final = re.compile(r"[!$-;=?-\[\]_a-z~]+")


def check_url(text: str, *, tls: bool) -> None:
    """Refuses a URL that is not absolute, names its host by a template or is not encrypted.

    Args:
        text: the URL, its path and query possibly a template.
        tls: whether it has to be https.

    Raises:
        PydanticCustomError: with a sentence for the operator.
    """
    found = _LITERAL_AUTHORITY.match(text)
    if found is None:
        raise not_expected(
            "an absolute URL such as https://pdp.example/v1, its scheme and host literal"
        )
    try:
        fits = bool(urlsplit(found.group()).hostname) and "@" not in found.group()
        _ = urlsplit(found.group()).port
    except ValueError:
        fits = False
    if not fits:
        raise not_expected("a host and an optional port, and no credentials")
    if tls and found.group(1) != "https":
        raise not_expected("an https URL; --insecure-skip-egress-tls-enforcement allows http")


def _check_literal(text: str, info: ValidationInfo) -> str:
    check_url(text, tls=(info.context or {}).get("egress_tls", True))
    if _LITERAL.fullmatch(text) is None:
        raise not_expected("a URL in visible ASCII, without a fragment and without templates")
    return text


LiteralUrl: TypeAlias = Annotated[str, AfterValidator(_check_literal)]
"""A URL that is the same for every request.

The validation context key `egress_tls` (true unless given) demands https.
"""
