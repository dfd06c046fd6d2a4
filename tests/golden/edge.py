"""An edgeauth for one group of golden cases, in the process of the tests."""

import asyncio
import io
import json
import os
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from edgeauth.app import Application, Blueprint, Mode
from edgeauth.cli.loading import load_configuration, rule_sets_of
from edgeauth.cli.options import enforcement_of
from edgeauth.config.decode import collect
from edgeauth.config.errors import ConfigurationError, Problem
from tests.golden.cases import RULES, Case, Group, dump
from tests.golden.credentials import authority
from tests.golden.messages import Message
from tests.golden.stage import Stage
from tests.golden.tokens import key_store

_FLAGS = (
    "insecure", "insecure_skip_all_tls_enforcement", "insecure_skip_ingress_tls_enforcement",
    "insecure_skip_egress_tls_enforcement", "insecure_skip_upstream_tls_enforcement",
    "insecure_skip_secure_default_rule_enforcement",
    "insecure_skip_secure_trusted_proxies_enforcement",
)  # fmt: skip

_LOOKS, _PAUSE = 20, 0.01
"""How often to look for a line of the decision log, and the seconds between."""


class Edge:
    """A server that answers, and its decision log."""

    def __init__(self, port: int, application: Application, console: io.TextIOWrapper) -> None:
        self._port = port
        self._application = application
        self._console = console

    async def ask(self, case: Case, stage: Stage) -> tuple[Message | None, dict]:
        """Returns the answer to a case, and its line of the decision log, which may be missing."""
        stage.begin()
        if case.before:
            await self._exchange(replace(case, request=case.before), stage)
        return await self._exchange(case, stage)

    async def _exchange(self, case: Case, stage: Stage) -> tuple[Message | None, dict]:
        log = self._console.buffer
        log.seek(0)
        log.truncate()
        answer = await stage.send(case, self._port)
        return answer, await self._line(log)

    async def _line(self, log: BinaryIO) -> dict:
        for _ in range(_LOOKS):
            self._application._logs.decisions.writer.flush()
            log.seek(0)
            lines = [json.loads(line) for line in log.read().splitlines()]
            if lines:
                return next((line for line in lines if "rule" in line), lines[0])
            await asyncio.sleep(_PAUSE)  # another thread is about to write it
        return {}


class Refused(Exception):
    """Raised when edgeauth would end instead of serving; says what is wrong.

    Args:
        problems: all of them.

    Attributes:
        lines: of the rule file, in which they are, and what is wrong there.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.lines: dict[int, str] = {}
        for each in problems:
            if each.file.endswith(RULES):
                before = self.lines.get(each.line)
                self.lines[each.line] = f"{before}; {each.message}" if before else each.message


class Made:
    """An application that could be started.

    Args:
        group: says which configuration.
        cases: those whose rules stand beside the group's.
        stage: knows addresses.
        folder: for the files that are read.

    Raises:
        Refused: something is wrong with the configuration or the rules.
    """

    def __init__(self, group: Group, cases: tuple[Case, ...], stage: Stage, folder: Path) -> None:
        self._port = _write(group, cases, stage, folder)
        self._console = io.TextIOWrapper(io.BytesIO())
        flags = {name: f"--{name.replace('_', '-')}" in group.flags for name in _FLAGS}
        try:
            with redirect_stdout(self._console), _environment(group), collect() as problems:
                reading = load_configuration(folder / "edgeauth.yaml", "EDGEAUTHCFG_", problems)
                load = rule_sets_of(reading.configuration)
                blueprint = Blueprint(reading, enforcement_of(flags), Mode(group.door), load)
                self._application = Application(blueprint, problems)
        except ConfigurationError as error:
            raise Refused(error.problems) from None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Edge]:
        """Yields it as it serves; afterwards it is gone."""
        await self._application.start()
        try:
            yield Edge(self._port, self._application, self._console)
        finally:
            await self._application.stop()


def _write(group: Group, cases: tuple[Case, ...], stage: Stage, folder: Path) -> int:
    stage.names["$FOLDER"] = str(folder)
    rules = folder / "rules"
    if not rules.exists():
        rules.mkdir()
        (folder / "signer.pem").write_bytes(key_store("ES256"))
        (folder / "ed25519.pem").write_bytes(key_store("EdDSA"))
        (folder / "clients.pem").write_bytes(authority())
    for path in rules.iterdir():
        path.unlink()
    files = group.files(cases)
    for name, text in files.items():
        (rules / name).write_text(stage.named(text), "utf-8")
    port, management = _free_port(), _free_port()
    serve = group.configuration.get("serve", {})
    configuration = {
        "providers": {"file_system": {"src": str(rules)}} if files else {},
        **group.configuration,
        "management": {"host": "127.0.0.1", "port": management},
        "serve": {**serve, "host": "127.0.0.1", "port": port},
    }
    (folder / "edgeauth.yaml").write_text(stage.named(dump(configuration)), "utf-8")
    return port


@contextmanager
def _environment(group: Group) -> Iterator[None]:
    before = dict(os.environ)
    # No case needs the machine's trust anchors, and reading them takes longer than anything else.
    os.environ.update({"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull})
    os.environ.update(group.environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
