"""Real servers of Redis for tests: one, with TLS and users, behind sentinels, in a cluster.

They come with the package redis-server of Debian and Ubuntu, which `.ci/run` installs.
"""

import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import redis
import trustme

PATIENCE = 400
PAUSE = 0.025
PASSWORD = "right-password"
MASTER = "facts"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


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
class Guarded:
    """A server with TLS and a user."""

    server: Server
    authority: Path


@contextmanager
def guarded_server(folder: Path) -> Iterator[Guarded]:
    """Yields a server that speaks TLS and lets in `edge`, who may do what edgeauth needs."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    (folder / "users").write_text(
        f"user admin on >{PASSWORD} ~* &* +@all\n"
        f"user edge on >{PASSWORD} ~edgeauth:* +getrange +set +del\n"
        "user default off\n"
    )
    port = free_port()
    arguments = (
        *("--port", 0, "--tls-port", port, "--aclfile", folder / "users"),
        *("--tls-cert-file", folder / "cert.pem", "--tls-key-file", folder / "key.pem"),
        *("--tls-auth-clients", "no"),
    )
    reached = {
        "ssl": True,
        "ssl_ca_certs": str(folder / "ca.pem"),
        "username": "admin",
        "password": PASSWORD,
    }
    with server(folder, *arguments, port=port, **reached) as made:
        yield Guarded(made, folder / "ca.pem")


@dataclass
class Sentinels:
    """A master with a replica, and three who watch."""

    master: Server
    replica: Server
    ports: list[int]


@contextmanager
def sentinels(folder: Path) -> Iterator[Sentinels]:
    """Yields a master with a replica and three sentinels that know all of them."""
    with ExitStack() as stack:
        quickly = ("--repl-diskless-sync-delay", 0)
        master = stack.enter_context(server(folder / "master", *quickly))
        follow = (*quickly, "--replicaof", f"127.0.0.1 {master.port}")
        replica = stack.enter_context(server(folder / "replica", *follow))
        replica.wait_until(lambda one: b"link_status:up" in info(one, "replication"))
        watching = []
        for number in range(3):
            place = folder / f"sentinel-{number}"
            place.mkdir()
            (place / "conf").write_text(
                f"sentinel monitor {MASTER} 127.0.0.1 {master.port} 2\n"
                f"sentinel down-after-milliseconds {MASTER} 300\n"
                f"sentinel failover-timeout {MASTER} 2000\n"
            )
            watching.append(stack.enter_context(server(place, place / "conf", "--sentinel")))
        for each in watching:
            each.wait_until(knows_all)
        yield Sentinels(master, replica, [each.port for each in watching])


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
def cluster(folder: Path, *arguments: object) -> Iterator[list[Server]]:
    """Yields three nodes that share the slots."""
    with ExitStack() as stack:
        nodes = []
        for number in range(3):
            settings = (
                *("--cluster-enabled", "yes", "--cluster-port", free_port()),
                *("--cluster-node-timeout", 500, *arguments),
            )
            nodes.append(stack.enter_context(server(folder / f"node-{number}", *settings)))
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
