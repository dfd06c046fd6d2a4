"""What was used once, remembered for all processes (RFC 9449 section 11.1).

Where Redis can not tell, nothing passes: a proof that may have been used before is worth nothing.
Where it has forgotten, as after a restart without its data, whoever has seen the use still knows.
"""

from typing import Final

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.proofs import ReplayStore
from edgeauth.ports.services import Clock, leave_fast_path
from edgeauth.services.redis.lanes import RefusedError, UnavailableError
from edgeauth.services.redis.sealing import Sealer
from edgeauth.services.redis.store import RedisStore

_KIND: Final = "replay.1"
_SKEW: Final = 60.0
"""Seconds by which a use is remembered longer than we would accept it: as late as that it could be
used where the clock is slow."""


class RedisReplayStore:
    """Remembers keys in Redis.

    Args:
        store: remembers them.
        sealer: gives them names that nobody can guess.
        clock: tells how long they have to be remembered.
        own: remembers what was used here.
    """

    def __init__(self, store: RedisStore, sealer: Sealer, clock: Clock, own: ReplayStore) -> None:
        self._store = store
        self._sealer = sealer
        self._now = clock.now
        self._own = own

    async def first_use(self, key: bytes, expires_at: float) -> bool:
        """Returns True only if no process has used the key before, and remembers that.

        Args:
            key: a digest.
            expires_at: seconds since the epoch from which it can not be used anyway.

        Raises:
            Fault: COMMUNICATION, when Redis could not tell.
        """
        await leave_fast_path()
        # A process that does not have the new secret yet, or the former one no more, shares one of
        # them with us.
        names = [place.name for place in self._sealer.places(_KIND, key)]
        milliseconds = int((max(expires_at - self._now(), 0.0) + _SKEW) * 1000)
        try:
            for name in names:
                if not await self._store.claim(name, milliseconds):
                    return False
        except (UnavailableError, RefusedError):
            raise Fault(Reason.COMMUNICATION, "redis can not tell what was used before") from None
        # Last: what nobody could tell of may be tried again, as a webhook is delivered again.
        return await self._is_first_here(key, expires_at)

    async def _is_first_here(self, key: bytes, expires_at: float) -> bool:
        try:
            return await self._own.first_use(key, expires_at)
        except Fault:
            # There is room for much more in Redis, which knows of no use.
            return True
