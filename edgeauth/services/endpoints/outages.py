"""Which questions were not answered a moment ago, so that nobody waits for them who need not.

A question and not a host: what one path of a service hides behind says nothing of the others. That
whole hosts are left alone is the matter of circuit breakers (`gates`).
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

RETRY: Final = 5.0
"""Seconds after a failure until a question is asked again beside the requests."""
REMEMBERED: Final = 30.0
"""Seconds after the last failure for which a question counts as one that is not answered."""
MOST: Final = 10_000
"""Questions that are remembered; of more the oldest are forgotten, and waited for again."""


class _Outage(NamedTuple):
    over_at: float
    next_try: float


class Outages:
    """Remembers failures for a while.

    Args:
        monotonic: seconds that only ever grow.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._known: OrderedDict[bytes, _Outage] = OrderedDict()

    def note(self, key: bytes, *, failed: bool) -> None:
        """Remembers what became of a question.

        Args:
            key: of the question.
            failed: whether there was no answer, or one that says that something is broken.
        """
        _ = self._known.pop(key, None)
        if not failed:
            return
        now = self._monotonic()
        self._known[key] = _Outage(now + REMEMBERED, now + RETRY)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def is_known(self, key: bytes) -> bool:
        """Returns whether there was no answer a moment ago, and none since."""
        known = self._known.get(key)
        return known is not None and self._monotonic() < known.over_at

    def may_try(self, key: bytes) -> bool:
        """Returns True once every few seconds: whoever is told so asks again."""
        known, now = self._known[key], self._monotonic()
        if now < known.next_try:
            return False
        self._known[key] = known._replace(next_try=now + RETRY)
        return True
