"""API keys: what they look like, and what is kept of them.

Keys are random, so one round of SHA-256 keeps them: nobody can guess 128 bits, however quick a
guess is. What can be guessed, such as a word of six letters, is no key and never accepted.
"""

import hmac
from hashlib import sha256
from typing import Final

SHORTEST: Final = 20
"""Characters of a key; below that it can be guessed."""
LONGEST: Final = 512
SHORTEST_PEPPER: Final = 16
"""Octets of a pepper."""


def digest_of(key: bytes, pepper: bytes | None = None) -> bytes:
    """Returns what is kept of a key.

    Args:
        key: as the client sends it.
        pepper: a secret that is kept elsewhere than the digests; None makes a plain digest.
    """
    return sha256(key).digest() if pepper is None else hmac.digest(pepper, key, "sha256")


def has_form_of_key(key: bytes) -> bool:
    """Returns whether something may be a key at all: neither guessable nor endless."""
    return SHORTEST <= len(key) <= LONGEST
