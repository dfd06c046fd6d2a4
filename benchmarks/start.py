"""How long it takes from the command to the first decision, with many rules, beside heimdall.

    python benchmarks/start.py [--rules 10000] [--rounds 3] [--heimdall BINARY]

Seconds by the clock, and of CPU in all processes of the server; medians. `one rule` is what a start
takes anyway.
"""

import argparse
import http.client
import os
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.loads import Server, start
from benchmarks.rule_texts import CATALOGUE, KINDS, rule_sets
from tests.fakes.ports import free_port

PATIENCE_SECONDS = 300.0
SERVE = """\
serve: {{host: 127.0.0.1, port: {port}, trusted_proxies: [127.0.0.1]}}
management: {{host: 127.0.0.1, port: {management}}}
log: {{level: error}}
metrics: {{enabled: false}}
tracing: {{enabled: false}}
providers: {{file_system: {{src: {rules}}}}}
"""


class Start(NamedTuple):
    """What one start took, in seconds."""

    clock: float
    cpu: float


def begin(program: str, texts: list[str], path: str) -> Start | None:
    """Starts a decision service with these rule sets, and ends it after its first decision.

    Returns:
        None when it gives up before that.
    """
    with tempfile.TemporaryDirectory(prefix="edgeauth-start-") as name:
        folder, port = Path(name), free_port()
        rules = folder / "rules"
        rules.mkdir()
        for number, text in enumerate(texts):
            (rules / f"{number}.yaml").write_text(text)
        written = SERVE.format(port=port, management=free_port(), rules=rules)
        (folder / "edge.yaml").write_text(written + CATALOGUE)
        command = [program, "serve", "decision", "-c", str(folder / "edge.yaml"), "--insecure"]
        begun = time.monotonic()
        process = start(command, folder / "log", cpu="0,1", cwd=folder)
        server = Server(program, process, port, path, {})
        while not decided(server):
            if process.poll() is not None:
                return None
            if time.monotonic() - begun > PATIENCE_SECONDS:
                server.stop()
                return None
            time.sleep(0.01)
        took = Start(time.monotonic() - begun, server.cpu_seconds())
        server.stop()
        return took


def decided(server: Server) -> bool:
    """Returns whether the server has refused a request by its rule."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", server.path)
        return connection.getresponse().status == 401
    return False


def main() -> None:
    """Prints a line for each kind of rules and each server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    known = os.environ.get("HEIMDALL") or shutil.which("heimdall")
    parser.add_argument("--heimdall", default=known, help="its binary (or $HEIMDALL)")
    given = parser.parse_args()
    edgeauth = str(Path(sys.executable).parent / "edgeauth")
    servers = {"edgeauth": edgeauth} | ({"heimdall": given.heimdall} if given.heimdall else {})
    loads = {"one rule": rule_sets("plain", 1, 1)}
    loads |= {kind: rule_sets(kind, given.rules, 20) for kind in KINDS}
    path = "/shops0/eu-1/more"
    print(f"{'of their own':20} {'server':10} {'clock':>8} {'CPU':>8}")
    for kind, texts in loads.items():
        starts: dict[str, list[Start | None]] = {name: [] for name in servers}
        for _ in range(given.rounds):
            for name, program in servers.items():
                starts[name].append(begin(program, texts, path))
        for name, all_of_them in starts.items():
            print(f"{kind:20} {name:10} {_median([each for each in all_of_them if each])}")


def _median(starts: list[Start]) -> str:
    if not starts:
        return "gives up"
    clock = statistics.median(each.clock for each in starts)
    cpu = statistics.median(each.cpu for each in starts)
    return f"{clock:6.2f} s {cpu:6.2f} s"


if __name__ == "__main__":
    main()
