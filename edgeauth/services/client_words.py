"""What clients say of themselves, as logs hold it.

Trust: hostile; logs escape it.
"""

from typing import Final

LONGEST: Final = 512
"""Octets of what a client says of itself; the rest is left out."""


def words(value: bytes | None) -> str:
    """Returns the value of a field as text, not more of it than logs hold; empty for none."""
    return value[:LONGEST].decode("utf-8", "replace") if value else ""
