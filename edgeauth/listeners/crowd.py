"""How many connections there are, in all and from each address."""

from collections import Counter

from edgeauth.services.listener_status import Limited


class Crowd:
    """Counts connections, up to a limit.

    Args:
        most: connections.
        most_per_origin: connections of each origin.
    """

    def __init__(self, most: int, most_per_origin: int) -> None:
        self._most = most
        self._most_per_origin = most_per_origin
        self._size = 0
        self._origins: Counter[str] = Counter()

    def enter(self, origin: str) -> Limited | None:
        """Counts one more connection; returns the limit that there is no room beyond.

        Args:
            origin: whose it is; empty for one that is counted with no other.
        """
        if self._size >= self._most:
            return Limited.CONNECTIONS
        if origin:
            if self._origins[origin] >= self._most_per_origin:
                return Limited.CONNECTIONS_PER_ADDRESS
            self._origins[origin] += 1
        self._size += 1
        return None

    def leave(self, origin: str) -> None:
        """Forgets a connection that was counted.

        Args:
            origin: whose it was.
        """
        self._size -= 1
        if origin:
            self._origins[origin] -= 1
            if not self._origins[origin]:
                del self._origins[origin]
