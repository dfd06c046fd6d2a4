"""Digests of content, as fields carry them.

Trust: a field that is read is hostile, until a signature over it was verified.

Source:
    RFC 9530 sections 2 (Content-Digest) and 5 (sha-256 and sha-512).
"""

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256, sha512
from typing import Final

from edgeauth.model.errors import Malformed
from edgeauth.wire.structured_fields import Item, serialize_octets
from edgeauth.wire.structured_parser import parse_dictionary

_DIGESTS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "sha-256": lambda content: sha256(content).digest(),
    "sha-512": lambda content: sha512(content).digest(),
}
"""Algorithms that are strong; digests of others count for nothing."""


def content_digest(content: bytes) -> str:
    """Returns the value of a Content-Digest field, with SHA-256 and SHA-512."""
    return ", ".join(
        f"{name}={serialize_octets(digest(content))}" for name, digest in _DIGESTS.items()
    )


def parse_content_digest(text: str) -> dict[str, bytes]:
    """Returns the digests that count, by their algorithms.

    Raises:
        Malformed: the text is no such field, or has none that counts.
    """
    found: dict[str, bytes] = {}
    for name, member in parse_dictionary(text).items():
        if not isinstance(member, Item) or not isinstance(member.value, bytes):
            raise Malformed("a digest of the content is none")
        if name in _DIGESTS:
            found[name] = member.value
    if not found:
        raise Malformed("the content has no digest of an algorithm that counts")
    return found


def is_content_of(digests: Mapping[str, bytes], content: bytes) -> bool:
    """Returns True only if there are digests, and every one of them is that of the content.

    Args:
        digests: as `parse_content_digest` returns them.
        content: the whole of it.
    """
    return bool(digests) and all(
        hmac.compare_digest(_DIGESTS[name](content), digest) for name, digest in digests.items()
    )
