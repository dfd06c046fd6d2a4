"""Two connections that speak another protocol now: octets go both ways, and nobody looks at them.

Each end stops when the other does not take what it says, and says that it has ended when it has.
The whole ends when nothing has flowed for too long, and when the credentials end by which it was
permitted: nobody decides about it again. The client of a WebSocket is told so in a Close frame, if
the upstream is not in the middle of a frame.

Trust: none, in either end; only time and memory are bounded.
"""

from typing import TYPE_CHECKING

from edgeauth.listeners.tunnel_ends import End, Owner, WebSocketClient
from edgeauth.wire.upgrades import WEBSOCKET

if TYPE_CHECKING:
    from edgeauth.listeners.exchange import Upgrade
    from edgeauth.listeners.limits import Limits


class Tunnel:
    """Joins a client and an upstream until one of them leaves.

    Args:
        limits: `idle_timeout` is how long nothing may flow in either direction.
        upgrade: what is spoken, and until when.
        head: tells the client that the protocol is another one from now on.

    Attributes:
        over: whether one of the connections is gone, or about to go.
    """

    __slots__ = ("_client", "_ends", "_head", "_upgrade", "limits", "over")

    def __init__(self, limits: "Limits", upgrade: "Upgrade", head: bytes) -> None:
        self._head = head
        self.limits = limits
        self.over = False
        self._upgrade = upgrade

    def join(
        self,
        client: Owner,
        upstream: Owner,
        said: tuple[bytes, bytes],
        *,
        client_ended: bool,
    ) -> None:
        """Takes over both connections.

        Args:
            client: to the client.
            upstream: to the upstream.
            said: what the client has said already, and the upstream.
            client_ended: whether the client says nothing more.
        """
        self._client = client
        told = self._upgrade.protocol == WEBSOCKET and self._upgrade.ends_at
        near, far = (WebSocketClient if told else End)(self, client), End(self, upstream)
        near.greet(self._head)
        near.join(far)
        far.join(near)
        self.touch()
        self._ends = near, far
        near.pass_on(said[0])
        far.pass_on(said[1])
        if client_ended:
            near.eof_received()

    @property
    def octets(self) -> tuple[int, int]:
        """Returns how much has come from the client, and from the upstream."""
        near, far = self._ends
        return near.octets, far.octets

    def leave(self) -> bool:
        """Lets the client of a WebSocket know that its credentials have ended, and ends all of it.

        Returns:
            Whether that could be said; otherwise nothing has happened.
        """
        near, far = self._ends
        if self.over or not isinstance(near, WebSocketClient) or not near.leave():
            return False
        self.over = True
        far.close()
        return True

    def touch(self) -> None:
        """Notes that something flows."""
        if self.over:
            return
        idle, ends_at = self._client.until(self.limits.idle_timeout), self._upgrade.ends_at
        self._client.deadline = min(idle, ends_at) if idle and ends_at else idle or ends_at
