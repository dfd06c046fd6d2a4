"""Real servers of Redis for tests: one, with TLS and users, behind sentinels, in a cluster.

They come with the package redis-server of Debian and Ubuntu, which `.ci/run` installs.
"""

import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import trustme

from tests.fakes.ports import free_port

NEEDS_REDIS = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("redis-server") is None, reason="redis-server is not installed"
    ),
]
"""The marks of a module of tests with real servers."""

PATIENCE = 400
PAUSE = 0.025
PASSWORD = "right-password"
MASTER = "facts"
ADMIN = {"username": "admin", "password": PASSWORD}


@dataclass
class Server:
    """A process of redis-server."""

    port: int
    process: "subprocess.Popen[bytes]"
    options: dict[str, object]

    def client(self) -> "redis.Redis":
        """Returns a client of our own, to look behind the scenes."""
        return redis.Redis(port=self.port, **self.options)

    def ask(self, *command: object) -> object:
        with self.client() as client:
            return client.execute_command(*command)

    def wait_until(self, condition: Callable[["Server"], object]) -> None:
        for _ in range(PATIENCE):
            with suppress(redis.RedisError):
                if condition(self):
                    return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(PAUSE)
                break
        raise AssertionError("redis is not ready")

    def kill(self) -> None:
        """Ends the server as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def server(
    folder: Path, *arguments: object, port: int | None = None, **options: object
) -> Iterator[Server]:
    """Yields a server that answers.

    Args:
        folder: where it writes.
        arguments: of the command, in addition.
        port: a free one unless given.
        options: how to reach it, for the library.
    """
    command = shutil.which("redis-server")
    assert command, "the tests of the cache need redis-server: apt-get install redis-server"
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    listen = () if "--tls-port" in arguments else ("--port", port)
    settings = ("--bind", "127.0.0.1", "--dir", folder, "--save", "", "--logfile", folder / "log")
    words = [command, *arguments, *listen, *settings]
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL)
    try:
        made = Server(port, process, options)
        made.wait_until(lambda one: one.ask("PING"))
        yield made
    finally:
        process.kill()
        process.wait()


@dataclass
class Guard:
    """TLS and users of servers: they show certificates, and want to see one.

    Attributes:
        authority: the certificate of the authority that all trust.
        identity: key and certificate of a client.
    """

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        self.authority, self.identity = self.folder / "ca.pem", self.folder / "client.pem"
        self._certificate, self._key = self.folder / "cert.pem", self.folder / "key.pem"
        authority.cert_pem.write_to_path(self.authority)
        issued = authority.issue_cert("localhost", "127.0.0.1")
        issued.private_key_pem.write_to_path(self._key)
        issued.cert_chain_pems[0].write_to_path(self._certificate)
        authority.issue_cert("edge.test").private_key_and_cert_chain_pem.write_to_path(
            self.identity
        )

    def users(self, folder: Path) -> Path:
        """Returns a file with `admin`, and with `edge`, who may do what edgeauth needs."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "users"
        file.write_text(
            f"user admin on >{PASSWORD} ~* &* +@all\n"
            f"user edge on >{PASSWORD} ~edgeauth:* +getrange +set +del +ping +client|tracking"
            " +command +cluster|slots\n"
            "user default off\n"
        )
        return file

    def arguments(self, port: int, *, client_certificates: bool = True) -> tuple[object, ...]:
        """Returns the arguments of a server that speaks TLS, also with others of its kind."""
        return (
            *("--port", 0, "--tls-port", port, "--tls-replication", "yes"),
            *("--tls-cert-file", self._certificate, "--tls-key-file", self._key),
            *("--tls-ca-cert-file", self.authority),
            *("--tls-auth-clients", "yes" if client_certificates else "no"),
        )

    def context(self) -> ssl.SSLContext:
        """Returns what a server of our own shows."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self._certificate, self._key)
        return made

    def reached(self, **more: object) -> dict[str, object]:
        """Returns how the library reaches such a server."""
        mine = {"ssl_certfile": str(self._certificate), "ssl_keyfile": str(self._key)}
        return {"ssl": True, "ssl_ca_certs": str(self.authority), **mine, **more}


@dataclass
class Guarded:
    """A server with TLS and a user."""

    server: Server
    authority: Path


@contextmanager
def guarded_server(folder: Path) -> Iterator[Guarded]:
    """Yields a server that speaks TLS and lets in `edge`, whether or not it has a certificate."""
    guard, port = Guard(folder), free_port()
    arguments = guard.arguments(port, client_certificates=False)
    users = ("--aclfile", guard.users(folder))
    with server(folder, *arguments, *users, port=port, **guard.reached(**ADMIN)) as made:
        yield Guarded(made, guard.authority)


@dataclass
class Sentinels:
    """A master with a replica, and three who watch."""

    master: Server
    replica: Server
    ports: list[int]


@contextmanager
def sentinels(folder: Path, guard: Guard | None = None) -> Iterator[Sentinels]:
    """Yields a master with a replica and three sentinels that know all of them.

    Args:
        folder: where they write.
        guard: has all of them speak TLS and want certificates, users and, the sentinels, a
            password.
    """
    with ExitStack() as stack:

        def begin(name: str, *arguments: object, users: bool = False) -> Server:
            place = folder / name
            if guard is None:
                return stack.enter_context(server(place, *arguments))
            port = free_port()
            more = (*guard.arguments(port), *(("--aclfile", guard.users(place)) if users else ()))
            reached = guard.reached(**(ADMIN if users else {"password": PASSWORD}))
            return stack.enter_context(server(place, *arguments, *more, port=port, **reached))

        login = () if guard is None else ("--masteruser", "admin", "--masterauth", PASSWORD)
        quickly = ("--repl-diskless-sync-delay", 0, *login)
        master = begin("master", *quickly, users=True)
        follow = (*quickly, "--replicaof", f"127.0.0.1 {master.port}")
        replica = begin("replica", *follow, users=True)
        replica.wait_until(lambda one: b"link_status:up" in info(one, "replication"))
        watching = []
        for number in range(3):
            place = folder / f"sentinel-{number}"
            place.mkdir()
            (place / "conf").write_text(_watching(master, guarded=guard is not None))
            watching.append(begin(place.name, place / "conf", "--sentinel"))
        for each in watching:
            each.wait_until(knows_all)
        yield Sentinels(master, replica, [each.port for each in watching])


def _watching(master: Server, *, guarded: bool) -> str:
    """Returns the configuration of a sentinel."""
    login = (
        f"sentinel auth-user {MASTER} admin\n"
        f"sentinel auth-pass {MASTER} {PASSWORD}\n"
        f"sentinel sentinel-pass {PASSWORD}\n"
        f"requirepass {PASSWORD}\n"
    )
    return (
        f"sentinel monitor {MASTER} 127.0.0.1 {master.port} 2\n"
        f"sentinel down-after-milliseconds {MASTER} 300\n"
        f"sentinel failover-timeout {MASTER} 2000\n"
    ) + (login if guarded else "")


def knows_all(sentinel: Server) -> bool:
    with sentinel.client() as client:
        state = client.sentinel_masters()[MASTER]
    return bool(state["num-other-sentinels"] == 2 and state["num-slaves"] == 1)


def info(one: Server, section: str) -> bytes:
    """Returns a section as Redis writes it."""
    with one.client() as client:
        client.set_response_callback("INFO", lambda text: text)
        reply = client.execute_command("INFO", section)
    return reply if isinstance(reply, bytes) else str(reply).encode()


@contextmanager
def cluster(folder: Path, *arguments: object, guard: Guard | None = None) -> Iterator[list[Server]]:
    """Yields three nodes that share the slots.

    Args:
        folder: where they write.
        arguments: of each, in addition.
        guard: has them speak TLS, and want certificates and users.
    """
    with ExitStack() as stack:
        nodes = []
        for number in range(3):
            place, port = folder / f"node-{number}", free_port()
            settings: tuple[object, ...] = (
                *("--cluster-enabled", "yes", "--cluster-port", free_port()),
                *("--cluster-node-timeout", 500, *arguments),
            )
            reached: dict[str, object] = {}
            if guard is not None:
                users = ("--aclfile", guard.users(place))
                settings += (*guard.arguments(port), "--tls-cluster", "yes", *users)
                reached = guard.reached(**ADMIN)
            nodes.append(stack.enter_context(server(place, *settings, port=port, **reached)))
        first, bounds = nodes[0], (0, 5461, 10923, 16384)
        for number, node in enumerate(nodes):
            node.ask("CLUSTER", "ADDSLOTSRANGE", bounds[number], bounds[number + 1] - 1)
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            bus = first.ask("CONFIG", "GET", "cluster-port")
            first_bus = next(iter(bus.values())) if isinstance(bus, dict) else bus[1]
            node.ask("CLUSTER", "MEET", "127.0.0.1", first.port, first_bus)
        for node in nodes:
            node.wait_until(is_complete)
        yield nodes


def is_complete(node: Server) -> bool:
    with node.client() as client:
        state = client.execute_command("CLUSTER INFO")
    return state["cluster_state"] == "ok" and state["cluster_known_nodes"] == "3"
