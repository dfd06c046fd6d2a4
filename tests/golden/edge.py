"""An edgeauth for one group of golden cases, in the process of the tests."""

import io
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from pathlib import Path

from edgeauth.app import Application, Blueprint, Mode
from edgeauth.cli.loading import load_configuration, rule_sets_of
from edgeauth.cli.options import enforcement_of
from edgeauth.config.decode import collect
from edgeauth.config.errors import ConfigurationError
from tests.golden.cases import Case, Group, dump
from tests.golden.messages import Message
from tests.golden.stage import Stage
from tests.golden.tokens import key_store

_FLAGS = (
    "insecure", "insecure_skip_all_tls_enforcement", "insecure_skip_ingress_tls_enforcement",
    "insecure_skip_egress_tls_enforcement", "insecure_skip_upstream_tls_enforcement",
    "insecure_skip_secure_default_rule_enforcement",
    "insecure_skip_secure_trusted_proxies_enforcement",
)  # fmt: skip


class Edge:
    """A server that answers, and its decision log."""

    def __init__(self, port: int, application: Application, console: io.TextIOWrapper) -> None:
        self._port = port
        self._application = application
        self._console = console

    async def ask(self, case: Case, stage: Stage) -> tuple[Message | None, str]:
        """Returns the answer to a case, and the rule that was found."""
        log = self._console.buffer
        log.seek(0)
        log.truncate()
        answer = await stage.send(case, self._port)
        self._application._log.flush()
        log.seek(0)
        lines = [json.loads(line) for line in log.read().splitlines()]
        return answer, next((line["rule"] for line in lines if "rule" in line), "")


def refusal(group: Group, cases: tuple[Case, ...], stage: Stage, folder: Path) -> str:
    """Returns what is wrong with a group and some of its cases; empty if nothing is."""
    try:
        with redirect_stdout(io.TextIOWrapper(io.BytesIO())), _environment(group):
            _build(group, cases, stage, folder)
    except ConfigurationError as error:
        return "; ".join(problem.message for problem in error.problems)
    return ""


@asynccontextmanager
async def running(
    group: Group, cases: tuple[Case, ...], stage: Stage, folder: Path
) -> AsyncIterator[Edge]:
    """Yields an edge that serves some cases of a group; afterwards it is gone.

    Raises:
        ConfigurationError: it does not serve.
    """
    console = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(console), _environment(group):
        port, application = _build(group, cases, stage, folder)
    await application.start()
    try:
        yield Edge(port, application, console)
    finally:
        await application.stop()


def _build(
    group: Group, cases: tuple[Case, ...], stage: Stage, folder: Path
) -> tuple[int, Application]:
    port = _write(group, cases, stage, folder)
    flags = {name: f"--{name.replace('_', '-')}" in group.flags for name in _FLAGS}
    mode = Mode(group.door)
    with collect() as problems:
        reading = load_configuration(folder / "edgeauth.yaml", "EDGEAUTHCFG_", problems)
        load = rule_sets_of(reading.configuration)
        application = Application(Blueprint(reading, enforcement_of(flags), mode, load), problems)
    return port, application


def _write(group: Group, cases: tuple[Case, ...], stage: Stage, folder: Path) -> int:
    stage.names["$FOLDER"] = str(folder)
    (folder / "signer.pem").write_bytes(key_store())
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
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
