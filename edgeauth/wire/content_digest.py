"""Digests of content, as fields carry them.

Source:
    RFC 9530 sections 2 (Content-Digest) and 5 (sha-256 and sha-512).
"""

from hashlib import sha256, sha512

from edgeauth.wire.structured_fields import serialize_octets


def content_digest(content: bytes) -> str:
    """Returns the value of a Content-Digest field, with SHA-256 and SHA-512."""
    short = serialize_octets(sha256(content).digest())
    long = serialize_octets(sha512(content).digest())
    return f"sha-256={short}, sha-512={long}"
