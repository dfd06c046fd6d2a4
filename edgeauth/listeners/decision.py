"""The decision door: a gateway asks, and forwards the request itself (forward authentication)."""

from typing import Final

from edgeauth.listeners.exchange import Exchange
from edgeauth.model.decision import Field, Permit, Response
from edgeauth.services.listener_status import Occupancy
from edgeauth.wire.headers import HOP_BY_HOP, check_value

_NOT_FOR_GATEWAYS: Final = HOP_BY_HOP | {b"content-length", b"host"}
"""Framing is ours; a gateway that is told another Host might route by it."""
_NOT_KEPT: Final = (b"cache-control", b"no-store")
"""A cache between here and the gateway must not decide for later requests (attack 166)."""


class DecisionDoor:
    """Answers a permitted request with what the gateway shall tell the upstream.

    Args:
        accepted: the status of a permit (`serve.respond.with.accepted`).
    """

    def __init__(self, accepted: int = 200) -> None:
        self._accepted = accepted

    def enforce(self, exchange: Exchange, permit: Permit) -> None:
        """Answers at once; a request whose content is still to come ends its connection."""
        fields: list[Field] = []
        may_be_kept = False
        for name, value in permit.edits.fields:
            if name not in _NOT_FOR_GATEWAYS:
                fields.append((name, check_value(value)))
                may_be_kept = may_be_kept or name == b"cache-control"
        for cookie, text in permit.edits.cookies:
            fields.append((b"set-cookie", check_value(f"{cookie}={text}".encode())))
        if not may_be_kept:
            fields.append(_NOT_KEPT)
        exchange.answer(Response(self._accepted, tuple(fields)))

    def occupancy(self) -> Occupancy:
        """Keeps no connections."""
        return Occupancy()

    def sweep(self) -> None:
        """Has nothing that could take too long."""

    def close(self) -> None:
        """Has nothing to give back."""
