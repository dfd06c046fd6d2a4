"""Connections whose requests are measured, where metrics are told and nobody keeps an access log.

They are of classes of their own, so that no clock is asked where nobody wants to know.
"""

from time import monotonic as _now
from typing import TYPE_CHECKING, ClassVar

from edgeauth.listeners.connection import ClientConnection
from edgeauth.listeners.exchange import Exchange
from edgeauth.services.telemetry.durations import OTHER, RequestDurations

if TYPE_CHECKING:
    from edgeauth.listeners.server import Listener


class MeasuredExchange(Exchange):
    """An exchange that is counted in the end, with the time that it took."""

    if TYPE_CHECKING:
        connection: "MeasuredConnection"  # type: ignore[mutable-override]  # no other makes it
    _begun: float = 0.0

    def __post_init__(self) -> None:
        """Notes when the request began."""
        self._begun = _now()

    def finish(self) -> None:
        """Is counted."""
        request = self.request
        method = OTHER if request is None else request.method
        self.connection.durations.note(method, self.status, _now() - self._begun)
        Exchange.finish(self)

    def cancel(self) -> None:
        """Is counted, if anything was done for it."""
        if self.started and not self.answered:
            method = OTHER if self.request is None else self.request.method
            self.connection.durations.note(method, self.status, _now() - self._begun)
        Exchange.cancel(self)


class MeasuredConnection(ClientConnection):
    """A connection whose requests are measured.

    Args:
        listener: what accepted it.
        address: of the client; `UNIX_SOCKET` when it has none.
        durations: where they are counted.

    Attributes:
        durations: the same.
    """

    __slots__ = ("durations",)
    exchange_type: ClassVar[type[Exchange]] = MeasuredExchange

    def __init__(self, listener: "Listener", address: str, durations: RequestDurations) -> None:
        self.durations = durations
        super().__init__(listener, address)
