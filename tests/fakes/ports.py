"""Ports for servers that have to be told one."""

import secrets
import socket
from contextlib import suppress
from typing import Final

_PORTS: Final = range(10_240, 32_768)
"""Below those that systems give to connections: one of these may be in the way a moment later."""


def free_port() -> int:
    """Returns a port that nobody listens on, most likely another one each time."""
    while True:
        port = secrets.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
