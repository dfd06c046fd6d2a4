"""Gateways as `examples/gateways` configures them: whom they ask, and what is behind them."""

import http.client
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.fakes.certificates import pem
from tests.fakes.ports import free_port
from tests.integration.processes import (
    COMMAND,
    PATIENCE,
    PAUSE,
    TRIES,
    wait_for_port,
)
from tests.integration.recording import Recorded, Service

EXAMPLES = Path(__file__).parents[2] / "examples" / "gateways"
ENVOY = Path(__file__).parents[1] / "peers" / "envoy" / ".installed" / "envoy" / "_bin"
"""Where `make envoy` puts one."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "nginx": ("nginx", "-p", ".", "-e", "stderr", "-c", "nginx.conf"),
    "caddy": ("caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"),
    "haproxy": ("haproxy", "-f", "haproxy.cfg"),
    "traefik": ("traefik", "--configFile=traefik.yaml"),
    "envoy": ("envoy", "-c", "envoy.yaml", "--use-dynamic-base-id", "--concurrency", "1"),
}
"""How each of them is started in a folder with the examples."""
FORWARDING_WHAT_CAME = ("nginx", "caddy", "haproxy")
"""Those that do not resolve paths before they ask."""
_REFUSALS = re.compile(
    r"\n *if \(\$request_uri(?s:.*?)\n *}|\n.*@unresolved.*|\n.*deny_status 400 if .*"
)
"""The lines with which these refuse what they would have to resolve."""
SIGNER = Ed25519PrivateKey.generate()
ALICE = b"Authorization: Basic YWxpY2U6YWxpY2Utb24tbG9vcGJhY2s="
SEEN = """{{ dict "user" .Subject.ID "method" .Request.Method "url" (print .Request.URL)
  "from" .Request.ClientIPAddresses | toJson }}"""


def _write(folder: Path, ports: dict[str, int], change: Callable[[str], str]) -> None:
    # Whoever has tried an example has left folders there.
    for example in filter(Path.is_file, EXAMPLES.iterdir()):
        text = change(example.read_text(encoding="utf-8"))
        found = re.sub(r"\b(8080|4456|4457|9000)\b", lambda port: str(ports[port[0]]), text)
        (folder / example.name).write_text(found, encoding="utf-8")


@contextmanager
def deciding(folder: Path, trusted: str = "127.0.0.1") -> Iterator[int]:
    """Runs the decision service of the example, which tells in `X-User` what it has seen."""
    ports = {"8080": 0, "4456": free_port(), "4457": free_port(), "9000": 0}

    def changed(text: str) -> str:
        text = text.replace("trusted_proxies: [ 127.0.0.1 ]", f"trusted_proxies: [ {trusted} ]")
        return text.replace('"{{ .Subject.ID }}"', f"'{SEEN}'")

    _write(folder, ports, changed)
    (folder / "signer.pem").write_bytes(pem(SIGNER))
    with running(folder, ports["4456"], COMMAND, "serve", "decision", "--insecure"):
        yield ports["4456"]


class Answer(NamedTuple):
    """What the client got; a status of 0 for a connection that ended without an answer."""

    status: int
    fields: http.client.HTTPMessage
    content: bytes


class Front(NamedTuple):
    """A gateway that runs, and the service behind it."""

    name: str
    port: int
    service: Service

    @property
    def refusals(self) -> set[int]:
        """Returns how it says no; nginx makes 500 of what edgeauth calls malformed."""
        return {400, 401, 403, 404, 405} | ({500} if self.name == "nginx" else set())

    def ask(self, raw: bytes) -> tuple[Answer, list[Recorded]]:
        """Returns the answer to a request, and what the service has got."""
        self.service.recorded.clear()
        return send(self.port, raw), list(self.service.recorded)

    def permitted(self, raw: bytes) -> Recorded:
        """Returns the one request that the service has got."""
        answer, (recorded,) = self.ask(raw)
        assert answer.status == 200
        return recorded

    def refused(self, raw: bytes) -> Answer:
        """Returns the answer to a request that the service did not get."""
        answer, recorded = self.ask(raw)
        assert recorded == []
        return answer


@contextmanager
def gateway(
    name: str,
    folder: Path,
    *,
    asks: int,
    before: Service,
    with_content: bool = False,
    careless: bool = False,
) -> Iterator[Front]:
    """Runs a gateway that asks at a port and forwards to a service.

    Args:
        name: one of COMMANDS.
        folder: where its files are written to.
        asks: the port of the decision service.
        before: the service.
        with_content: whether the lines that send content along are no comments.
        careless: whether the lines are left out that refuse paths which are not resolved.
    """
    program, *arguments = COMMANDS[name]
    found = shutil.which(program) or shutil.which(program, path=ENVOY)
    if found is None:
        pytest.skip(f"{program} is not installed")
    ports = {"8080": free_port(), "4456": asks, "4457": 0, "9000": before.port}

    def changed(text: str) -> str:
        # One second to answer is enough here, and several of one machine need names of their own.
        text = re.sub(r"\b5s\b", "1s", text)
        if with_content:
            text = re.sub(r"# (\w*(_b|B)ody|preserve)", r"\1", text)
        if careless:
            text = _REFUSALS.sub("", text)
        return text.replace("abns@edgeauth", f"abns@edgeauth-{ports['8080']}")

    _write(folder, ports, changed)
    with running(folder, ports["8080"], found, *arguments) as process:
        _wait_for_routes(process, ports["8080"])
        yield Front(name, ports["8080"], before)


def _wait_for_routes(process: "subprocess.Popen[str]", port: int) -> None:
    """Waits until a gateway has read where requests go; Traefik listens before it has."""
    for _ in range(TRIES):
        if send(port, request(b"/"), patience=2).status != HTTPStatus.NOT_FOUND:
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(PAUSE)
    raise AssertionError("it has no routes")


@contextmanager
def running(
    folder: Path, port: int, *command: str | Path, environment: dict[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """Runs a command in a folder until it is no longer needed; it listens at a port."""
    with (
        (folder / "output").open("w") as output,
        subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=output,
            text=True,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **(environment or {})},
        ) as process,
    ):
        try:
            wait_for_port(process, port)
            yield process
        except AssertionError as failure:
            failure.add_note((folder / "output").read_text()[-2000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def send(port: int, raw: bytes, patience: float = PATIENCE) -> Answer:
    """Sends octets as they are, and returns the answer."""
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        connection.sendall(raw)
        answer = http.client.HTTPResponse(connection, method=raw.split(b" ")[0].decode("latin-1"))
        try:
            answer.begin()
            return Answer(answer.status, answer.headers, answer.read())
        except (http.client.HTTPException, ConnectionError, TimeoutError):
            return Answer(0, http.client.HTTPMessage(), b"")


def request(
    target: bytes = b"/open/x",
    *fields: bytes,
    method: bytes = b"GET",
    host: bytes = b"shop.test",
    content: bytes = b"",
) -> bytes:
    """Returns a request for one answer, as octets; nothing is checked."""
    lines = [
        b"%b %b HTTP/1.1" % (method, target),
        b"Host: " + host,
        *fields,
        b"Connection: close",
        b"",
        content,
    ]
    return b"\r\n".join(lines)
