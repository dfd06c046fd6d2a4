"""What the check of a proof asks of the world: whether it was used before, and fresh nonces."""

from typing import Protocol


class ReplayStore(Protocol):
    """Remembers what may be used only once."""

    async def first_use(self, key: bytes, expires_at: float) -> bool:
        """Returns True only if the key was not used before, and remembers that it is now.

        Args:
            key: a digest.
            expires_at: seconds since the epoch from which it can not be used anyway.

        Raises:
            Fault: nobody could tell, or there is no room to remember it. That is a "no".
        """
        ...


class Nonces(Protocol):
    """Values that show that something was made a moment ago; nothing is kept for them."""

    def issue(self, bound_to: bytes) -> str:
        """Returns a nonce, in characters of base64url.

        Args:
            bound_to: what it is worth nothing without, a token for instance.
        """
        ...

    def is_current(self, nonce: str, bound_to: bytes, max_age: float) -> bool:
        """Returns True only if the nonce was issued for this, at most `max_age` seconds ago."""
        ...
