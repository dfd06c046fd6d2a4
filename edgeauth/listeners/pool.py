"""Connections to upstreams in the books: which are free, how many there are, and who waits for one.

Each origin may have a largest number of connections. Beyond it requests wait in a line that is
bounded in length and time, so that a slow service costs the edge little, and its clients hear
soon that it is overloaded.
"""

from collections import defaultdict, deque
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from msgspec import Struct, field

from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.origin import Origin
from edgeauth.services.listener_status import Occupancy

if TYPE_CHECKING:
    from edgeauth.listeners.upstream import UpstreamConnection

MOST_WAITING: Final = 1024
"""Requests that wait for one origin; the next ones are refused at once."""


class Waiting(NamedTuple):
    """A request that waits for a connection."""

    exchange: Exchange
    origin: Origin
    head: bytes
    deadline: float


class _Lane(Struct, eq=False):
    """What there is for one origin."""

    free: list["UpstreamConnection"] = []
    taken: int = 0
    """Places of connections, of those that are being made too."""
    line: deque[Waiting] = field(default_factory=deque)


class Sender(Protocol):
    """Sends requests once there is a connection for them."""

    def send_on(self, waiting: Waiting, connection: "UpstreamConnection | None") -> None:
        """Sends a request over a connection, or over a new one, whose place is reserved."""
        ...

    def overloaded(self, waiting: Waiting) -> None:
        """Refuses a request that has waited for too long."""
        ...


class Pool:
    """The connections of one listener to all its upstreams.

    Args:
        limits: how many there may be.
        deadlines: the clock of the listener.
        sender: is told whose turn it is.
    """

    def __init__(self, limits: Limits, deadlines: Deadlines, sender: Sender) -> None:
        self.open: set[UpstreamConnection] = set()
        self._limits = limits
        self._most_of_one = limits.idle_upstreams
        self._most_in_all = limits.idle_upstreams_in_all or inf
        self._deadlines = deadlines
        self._sender = sender
        self._lanes: defaultdict[Origin, _Lane] = defaultdict(_Lane)
        self._free_in_all = 0
        self._patience = limits.idle_timeout or inf

    def take(self, origin: Origin) -> "UpstreamConnection | None":
        """Returns a free connection to an origin, the one that was used last, or None."""
        free = self._lanes[origin].free
        while free:
            connection = free.pop()
            self._free_in_all -= 1
            if connection.usable:
                if connection.silent:
                    return connection
                connection.close()
        return None

    def reserve(self, origin: Origin) -> bool:
        """Takes a place for a new connection, if there is one; `leave` gives it back."""
        most, lane = self._limits.upstream_connections, self._lanes[origin]
        if most and lane.taken >= most:
            return False
        lane.taken += 1
        return True

    def leave(self, origin: Origin) -> None:
        """Gives a place back: its connection has ended, or there never was one."""
        self._lanes[origin].taken -= 1
        self._go_on(origin)

    def wait(self, exchange: Exchange, origin: Origin, head: bytes) -> bool:
        """Lets a request wait for its turn; returns whether there is room in the line."""
        lane = self._lanes[origin]
        line = lane.line
        if len(line) >= MOST_WAITING:
            # Clients that have left take no place.
            line = lane.line = deque(each for each in line if not each.exchange.answered)
            if len(line) >= MOST_WAITING:
                return False
        deadline = self._deadlines.until(self._limits.connect_timeout)
        line.append(Waiting(exchange, origin, head, deadline))
        return True

    def release(self, connection: "UpstreamConnection", patience: float) -> None:
        """Keeps a connection for the next request to its origin, which may wait already.

        Args:
            connection: on which nothing is under way.
            patience: seconds that it may be kept at the longest.
        """
        lane = self._lanes[connection.origin]
        too_many = len(lane.free) >= self._most_of_one or self._free_in_all >= self._most_in_all
        if too_many and not lane.line:
            connection.close()
            return
        connection.deadline = self._deadlines.until(min(self._patience, patience))
        lane.free.append(connection)
        self._free_in_all += 1
        if lane.line:
            self._go_on(connection.origin)

    def retire(self, connection: "UpstreamConnection") -> None:
        """Has a connection end as soon as what is under way is finished."""
        connection.retire()
        if connection in self._lanes[connection.origin].free:
            connection.close()

    def forget(self, connection: "UpstreamConnection") -> None:
        """Learns that a connection has ended."""
        free = self._lanes[connection.origin].free
        if connection in free:
            free.remove(connection)
            self._free_in_all -= 1
        if connection in self.open:
            self.open.discard(connection)
            self.leave(connection.origin)

    def _go_on(self, origin: Origin) -> None:
        """Lets the first of a line have its turn, when there is a connection or a place."""
        line = self._lanes[origin].line
        while line:
            if line[0].exchange.answered:
                line.popleft()
                continue
            connection = self.take(origin)
            if connection is None and not self.reserve(origin):
                return
            self._sender.send_on(line.popleft(), connection)

    def sweep(self) -> None:
        """Ends connections whose deadline has passed, and the waiting of those who waited long."""
        for connection in tuple(self.open):
            if self._deadlines.passed(connection.deadline):
                connection.expire()
        # A copy: whoever is refused may ask on for an origin that nobody has asked for before.
        for line in [lane.line for lane in self._lanes.values()]:
            while line and (line[0].exchange.answered or self._deadlines.passed(line[0].deadline)):
                waiting = line.popleft()
                if not waiting.exchange.answered:
                    self._sender.overloaded(waiting)

    def occupancy(self) -> Occupancy:
        """Returns how many connections and requests there are."""
        free = self._free_in_all
        lines = [lane.line for lane in self._lanes.values()]
        waiting = sum(not each.exchange.answered for line in lines for each in line)
        return Occupancy(idle_upstreams=free, busy_upstreams=len(self.open) - free, waiting=waiting)

    def close(self) -> None:
        """Ends all connections; nobody's turn comes any more."""
        for lane in self._lanes.values():
            lane.line.clear()
        for connection in tuple(self.open):
            connection.close()
