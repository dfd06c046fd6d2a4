"""What is started, where it listens, and with which keys."""

import os
import secrets
import socket
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from services.serving import DEFAULTS, Address, address_of

EXAMPLE = Path(__file__).parent.parent
SERVICES = ("accounts", "subscription", "articles", "analysis", "wiring", "pdp")
# It listens without TLS and calls the other parts without TLS: all of them are on loopback.
EDGE_OPTIONS = ("-c", "edgeauth.yaml", "--insecure-skip-all-tls-enforcement")


class NotStarted(Exception):
    """The platform cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the platform."""

    name: str
    command: tuple[str, ...]
    health_url: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before the first process starts."""

    folder: Path
    """For keys, logs and the control socket; readable for its owner only."""
    addresses: dict[str, Address]
    environment: dict[str, str]

    def url(self, part: str) -> str:
        """Returns the origin of a part, e.g. of `edge`."""
        return self.addresses[part].url

    def parts(self) -> list[Part]:
        """Returns the processes to start."""
        parts = [
            Part(name, (sys.executable, f"services/{name}.py"), f"{self.url(name)}/health")
            for name in SERVICES
        ]
        program = str(Path(sys.executable).parent / "edgeauth")
        health = f"{self.url('management')}/.well-known/health"
        return [*parts, Part("edge", (program, "serve", "proxy", *EDGE_OPTIONS), health)]


def plan_usual(folder: Path) -> Plan:
    """Returns the plan with the ports that edgeauth.yaml names, or those of the environment.

    Raises:
        NotStarted: one of the ports is taken.
    """
    addresses = {name: address_of(name) for name in DEFAULTS}
    for name, address in addresses.items():
        _require_free(name, address)
    return _plan(folder, addresses)


def plan_on_free_ports(folder: Path) -> Plan:
    """Returns a plan that is in nobody's way."""
    with ExitStack() as listeners:
        ports = {name: _free_port(listeners) for name in DEFAULTS}
    return _plan(folder, {name: Address("127.0.0.1", port) for name, port in ports.items()})


def _free_port(listeners: ExitStack) -> int:
    """Returns a port below those that systems give to connections, and listens there."""
    while True:
        port = secrets.choice(range(10_240, 32_768))
        with suppress(OSError):
            listeners.enter_context(socket.create_server(("127.0.0.1", port)))
            return port


def _plan(folder: Path, addresses: dict[str, Address]) -> Plan:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        log.unlink()
    own = {f"{name.upper()}_HOST": f"{at.host}:{at.port}" for name, at in addresses.items()}
    own["EDGE_PORT"] = str(addresses["edge"].port)
    own["MANAGEMENT_PORT"] = str(addresses["management"].port)
    own["SIGNER_KEY_STORE"] = str(_make_key(folder / "signer.pem"))
    own["ACCOUNTS_KEY"] = str(_make_key(folder / "issuer.pem"))
    for service in ("articles", "subscription", "pdp", "operator"):
        own[f"{service.upper()}_SERVICE_TOKEN"] = secrets.token_urlsafe(32)
    return Plan(folder, addresses, {**os.environ, **own, "PYTHONUNBUFFERED": "1"})


def _require_free(name: str, address: Address) -> None:
    try:
        socket.create_server((address.host, address.port)).close()
    except OSError as error:
        variable = f"{name.upper()}_HOST"
        raise NotStarted(
            f"Port {address.port} is in use, but {name} needs it. Stop what listens there, "
            f"or choose another one: {variable}={address.host}:PORT make demo"
        ) from error


def _make_key(path: Path) -> Path:
    """Writes a new P-256 key (PKCS#8, PEM) that only its owner may read."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return path
