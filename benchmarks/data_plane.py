"""What the data plane costs beside its peers: CPU a request, latency, content, workers.

The whole pipeline: a rule among a thousand, a warm token, a condition of five terms and a warm
contract; decision log and metrics on. Beside it, in the same run: a handler that does nothing but
parse, nginx as a proxy without authorization, and heimdall with the same configuration where its
binary is given. Needs wrk and nginx.

    python benchmarks/data_plane.py [--rounds 5] [--seconds 2] [--heimdall BINARY]
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.loads import Figure, Server, load, require
from benchmarks.paced import paced
from benchmarks.stage import BULK, Stage

_SHARE_OF_CAPACITY = 0.7
_BULK_CONNECTIONS = 8

Load = Callable[[Server], Figure]
Rows = dict[str, dict[str, float]]


def measure(servers: Sequence[Server], rounds: int, apply: Load) -> dict[str, list[Figure]]:
    """Returns figures by server; a round visits each server once."""
    figures: dict[str, list[Figure]] = {server.name: [] for server in servers}
    for server in servers:
        apply(server)
    for number in range(rounds):
        for server in servers:
            print(f"\rround {number + 1} of {rounds}: {server.name:<30}", end="", file=sys.stderr)
            figures[server.name].append(apply(server))
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return figures


def rows_of(figures: dict[str, list[Figure]]) -> Rows:
    """Returns medians by server, and ratios of CPU to every other one, round by round."""
    rows: Rows = {}
    for name, runs in figures.items():
        rows[name] = {
            "cpu_us": statistics.median(run.cpu_us for run in runs),
            "requests_per_second": statistics.median(run.requests / run.seconds for run in runs),
            "p99_ms": statistics.median(run.p99_ms for run in runs),
            "errors": sum(run.errors for run in runs),
        }
        for other, theirs in figures.items():
            if other != name:
                ratios = [a.cpu_us / b.cpu_us for a, b in zip(runs, theirs, strict=True)]
                rows[name][f"ratio to {other}"] = statistics.median(ratios)
    return rows


def show(title: str, rows: Rows, scale: float = 1.0, unit: str = "CPU us/req") -> None:
    """Prints a table; ratios are to the servers above the row."""
    print(f"\n{title}\n{'server':<30} {unit:>12} {'req/s':>9} {'p99 ms':>9} {'errors':>7}  ratios")
    above: list[str] = []
    for name, row in rows.items():
        ratios = ", ".join(f"{row[f'ratio to {other}']:.2f} {other}" for other in above)
        print(
            f"{name:<30} {row['cpu_us'] * scale:>12.2f} {row['requests_per_second']:>9.0f} "
            f"{row['p99_ms']:>9.2f} {row['errors']:>7.0f}  {ratios}"
        )
        above.append(name)


def latency(servers: Sequence[Server], rows: Rows, seconds: int) -> Rows:
    """Returns latencies at 70 % of what the slowest of the servers can do."""
    rate = _SHARE_OF_CAPACITY * min(rows[server.name]["requests_per_second"] for server in servers)
    found: Rows = {}
    print(f"\nlatency at {rate:.0f} requests a second, 70 % of the slowest")
    for server in servers:
        times = asyncio.run(paced(server, rate, seconds))
        found[server.name] = {
            "rate": rate,
            "p50_ms": times[len(times) // 2],
            "p99_ms": times[int(len(times) * 0.99)],
        }
        print(
            f"{server.name:<30} p50 {found[server.name]['p50_ms']:.2f} ms, "
            f"p99 {found[server.name]['p99_ms']:.2f} ms"
        )
    return found


def run(stage: Stage, options: argparse.Namespace) -> dict[str, Rows]:
    """Returns every table by its name."""
    heimdall: list[Server] = []
    if options.heimdall:
        heimdall = [stage.heimdall(options.heimdall, door) for door in ("decision", "proxy")]
    nginx, proxy = stage.nginx(), stage.edgeauth("proxy")
    decisions = [stage.bare(), *heimdall[:1], stage.edgeauth("decision")]
    proxies = [nginx, *heimdall[1:], proxy]

    def small(server: Server) -> Figure:
        return load(server, options.seconds)

    def bulk(server: Server) -> Figure:
        return load(replace(server, path=BULK), options.seconds, connections=_BULK_CONNECTIONS)

    tables = {"request": rows_of(measure([*decisions, *proxies], options.rounds, small))}
    show("one small request, 64 connections", tables["request"])
    tables["bulk"] = rows_of(measure(proxies, options.rounds, bulk))
    show("1 MiB down, 8 connections", tables["bulk"], 1e-3, "CPU ms/MiB")
    tables["latency"] = latency([*heimdall[1:], proxy], tables["request"], 3 * options.seconds)
    both = [stage.edgeauth("proxy", count, "0,1") for count in (1, 2)]
    tables["workers"] = rows_of(measure(both, options.rounds, small))
    show("workers on both processors, which the load wants as well", tables["workers"])
    return tables


def main() -> None:
    found = os.environ.get("HEIMDALL") or shutil.which("heimdall")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--heimdall", type=Path, default=found, help="its binary (or $HEIMDALL)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    require("wrk", "nginx", "taskset")
    if not options.heimdall:
        print("heimdall is left out: no binary was given", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="edgeauth-bench-") as folder:
        stage = Stage(Path(folder))
        try:
            tables = run(stage, options)
        finally:
            stage.stop()
    if options.json:
        about = {"machine": _machine(), "versions": _versions(options.heimdall), "tables": tables}
        options.json.write_text(json.dumps(about, indent=1) + "\n")


def compare(options: argparse.Namespace, servers: Callable[[Stage, str], Sequence[Server]]) -> None:
    """Measures at each door what small requests cost, and prints it.

    Args:
        options: with `rounds` and `seconds`.
        servers: to be compared at a door.
    """
    require("wrk", "nginx", "taskset")
    with tempfile.TemporaryDirectory(prefix="edgeauth-bench-") as folder:
        stage = Stage(Path(folder))
        try:
            for door in ("decision", "proxy"):
                there = servers(stage, door)
                figures = measure(there, options.rounds, lambda each: load(each, options.seconds))
                show(f"{door} door", rows_of(figures))
        finally:
            stage.stop()


def _machine() -> str:
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{platform.machine()}, {len(model)} x {model[0] if model else 'unknown'}"


def _versions(heimdall: Path | None) -> dict[str, str]:
    nginx = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False)
    versions = {"python": platform.python_version(), "nginx": nginx.stderr.strip()}
    if heimdall:
        said = subprocess.run([heimdall, "--version"], capture_output=True, text=True, check=False)
        versions["heimdall"] = said.stdout.strip()
    return versions


if __name__ == "__main__":
    main()
