"""A process of the reference for one group of golden cases."""

import asyncio
import json
import os
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.golden.cases import Case, Group, dump
from tests.golden.messages import Message
from tests.golden.stage import Stage
from tests.golden.tokens import key_store

_PAUSE = 0.02
"""Seconds between two looks at a process that starts."""


class Refused(Exception):
    """Raised when the reference ends instead of serving; says what it printed."""


class Process:
    """A server that answers.

    Args:
        port: of its main service.
        log: the file with its log.
    """

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log
        self._read = log.stat().st_size

    async def ask(self, case: Case, stage: Stage) -> tuple[Message | None, str]:
        """Returns the answer to a case, and the rule that was found."""
        self.rule()
        stage.begin()
        answer = await stage.send(case, self.port)
        return answer, self.rule()

    def rule(self) -> str:
        """Returns the rule that the log names since it was looked at last; empty if none."""
        with self._log.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        for line in new.decode().splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("short_message") == "Executing rule":
                return str(entry.get("_id") or entry["_rule_id"])  # 0.17, main
            if entry.get("short_message") == "Executing default rule":
                return "default"
        return ""


@asynccontextmanager
async def running(
    binary: Path, group: Group, cases: tuple[Case, ...], stage: Stage
) -> AsyncIterator[Process]:
    """Yields a process that serves some cases of a group; afterwards it is gone.

    Raises:
        Refused: it does not serve.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port, management = _free_port(), _free_port()
        arguments = _prepare(folder, group, cases, stage, (port, management))
        environment = {**os.environ, **group.environment, "OTEL_METRICS_EXPORTER": "none"}
        log = folder / "log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                binary, *arguments, stdout=output, stderr=output, env=environment, cwd=folder
            )
        try:
            for expected in (management, port):
                await _until_it_listens(process, expected, log)
            yield Process(port, log)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _prepare(
    folder: Path, group: Group, cases: tuple[Case, ...], stage: Stage, ports: tuple[int, int]
) -> list[str]:
    """Writes what the process reads, and returns its arguments."""
    stage.names["$FOLDER"] = str(folder)
    (folder / "signer.pem").write_bytes(key_store("ES256"))
    (folder / "ed25519.pem").write_bytes(key_store("EdDSA"))
    rules = folder / "rules"
    rules.mkdir()
    files = group.files(cases)
    for name, text in files.items():
        (rules / name).write_text(stage.named(text), "utf-8")
    serve = {"host": "127.0.0.1", "port": ports[0]}
    configuration = {
        "providers": {"file_system": {"src": str(rules)}} if files else {},
        **group.configuration,
        "management": {"host": "127.0.0.1", "port": ports[1]},
        "serve": {**group.configuration.get("serve", {}), **serve},
        "log": {"level": "debug", "format": "gelf"},
        "metrics": {"enabled": False},
        "tracing": {"enabled": False},
    }
    (folder / "heimdall.yaml").write_text(stage.named(dump(configuration)), "utf-8")
    return ["serve", group.door, "-c", str(folder / "heimdall.yaml"), *group.flags]


async def _until_it_listens(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    while process.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_PAUSE)
        else:
            writer.close()
            return
    raise Refused(log.read_text("utf-8", "replace"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
