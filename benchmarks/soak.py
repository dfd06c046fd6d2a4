"""Serves a mixed load for a long time, and fails when something grows or goes wrong.

Clients keep connections, pipeline, send slowly, leave in the middle or send nonsense; the upstream
fails in every way; rules are reloaded every minute and a worker is killed now and then.

    python benchmarks/soak.py [--minutes 60] [--clients 2]
"""

import argparse
import asyncio
import json
import os
import platform
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uvloop

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.soak_load import Books, Loads, Upstream  # noqa: E402
from tests.integration.processes import COMMAND, Place, wait_for_port  # noqa: E402
from tests.integration.test_workers import children  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "soak.json"
SAMPLES = 60
WORKERS = 2
RELOAD_SECONDS = 60
KILL_SECONDS = 150
GROWTH = 1.25
"""How much more memory the last third of the time may take than the first one after warming up."""
MORE_DESCRIPTORS = 64
COMPLAINTS = ("Traceback", "bug in the data plane", "a process has failed")
RULES = """\
  - id: soak
    match: {{routes: [{{path: "/soak/**"}}]}}
    forward_to: {{host: "127.0.0.1:{port}", rewrite: {{scheme: http}}}}
    execute: [{{authenticator: anyone}}, {{authorizer: allow}}, {{finalizer: tell}}]  # {version}
"""


@dataclass
class Sample:
    """What was seen at a moment, and since the one before."""

    seconds: int
    resident_mib: float
    descriptors: int
    requests: int
    p50_ms: float
    p99_ms: float
    excused: int
    unexpected: int


@dataclass
class Soak:
    """A process under load, and what is recorded of it."""

    process: "subprocess.Popen[bytes]"
    place: Place
    upstream_port: int
    books: Books = field(default_factory=Books)
    samples: list[Sample] = field(default_factory=list)
    reloads: int = 0
    kills: int = 0
    begun: float = field(default_factory=time.monotonic)

    def pids(self) -> list[int]:
        return [self.process.pid, *children(self.process.pid)]

    def reload(self) -> None:
        self.reloads += 1
        version = f"version {self.reloads}"
        self.place.write(
            f"  workers: {WORKERS}", RULES.format(port=self.upstream_port, version=version)
        )
        self.process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """Kills a worker, or the process that manages."""
        self.kills += 1
        self.books.killed = time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(random.choice(children(self.process.pid)), signal.SIGKILL)

    def sample(self) -> None:
        latencies, self.books.latencies = sorted(self.books.latencies), []
        at = [percentile(latencies, part) * 1e3 for part in (0.5, 0.99)]
        found = Sample(
            round(time.monotonic() - self.begun),
            round(sum(resident(pid) for pid in self.pids()), 1),
            sum(descriptors(pid) for pid in self.pids()),
            self.books.done.total(),
            round(at[0], 2),
            round(at[1], 2),
            self.books.excused,
            self.books.unexpected.total(),
        )
        self.samples.append(found)
        print(
            f"{found.seconds:5} s  {found.resident_mib:7} MiB  {found.descriptors:4} descriptors"
            f"  {found.requests:8} done  p50 {found.p50_ms:6} ms  p99 {found.p99_ms:7} ms"
            f"  {found.excused} excused  {found.unexpected} unexpected",
            flush=True,
        )

    async def run(self, minutes: float, clients: int) -> None:
        """Serves for so long."""
        loads = Loads(self.place.port, self.books)
        tasks = loads.start(clients)
        end, pause = self.begun + minutes * 60, minutes * 60 / SAMPLES
        sampled = reloaded = killed = self.begun
        while (now := time.monotonic()) < end:
            await asyncio.sleep(0.5)
            if now - reloaded >= RELOAD_SECONDS:
                reloaded = now
                self.reload()
            if now - killed >= KILL_SECONDS:
                killed = now
                self.kill()
            if now - sampled >= pause:
                sampled = now
                self.sample()
            if self.process.poll() is not None:
                self.books.unexpected["the process has ended"] += 1
                break
        loads.over.set()
        for bug in await asyncio.gather(*tasks, return_exceptions=True):
            if bug is not None:
                self.books.unexpected[f"a client has ended: {bug!r}"] += 1
        self.sample()


def percentile(ordered: list[float], part: float) -> float:
    """Returns what so much is below; 0 of nothing, as when the last sample comes right away."""
    return ordered[int(len(ordered) * part)] if ordered else 0.0


def resident(pid: int) -> float:
    """Returns MiB; 0 for a process that has gone."""
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


def descriptors(pid: int) -> int:
    """Returns how many a process has open; 0 when it has gone."""
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/fd"))
    return 0


def grown(samples: list[Sample]) -> list[str]:
    """Returns what is more in the last third than in the second sixth, when all was warm."""
    early = samples[len(samples) // 6 : len(samples) // 3]
    late = samples[-len(samples) // 3 :]
    found = []
    memory = [statistics.median(each.resident_mib for each in part) for part in (early, late)]
    if memory[1] > memory[0] * GROWTH:
        found.append(f"memory grew from {memory[0]:.0f} to {memory[1]:.0f} MiB")
    files = [statistics.median(each.descriptors for each in part) for part in (early, late)]
    if files[1] > files[0] + MORE_DESCRIPTORS:
        found.append(f"descriptors grew from {files[0]:.0f} to {files[1]:.0f}")
    return found


async def soak(folder: Path, minutes: float, clients: int) -> bool:
    """Runs it; returns whether all was well."""
    server = await asyncio.start_server(Upstream().serve, "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    place = Place(folder, port)
    place.write(f"  workers: {WORKERS}", RULES.format(port=port, version="version 0"))
    errors = folder / "errors.log"
    with errors.open("w") as log:
        process = subprocess.Popen(
            [COMMAND, *place.arguments("proxy")],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        wait_for_port(process, place.port)
        found = Soak(process, place, port)
        try:
            await found.run(minutes, clients)
        finally:
            process.terminate()
            status = await asyncio.to_thread(process.wait, 30)
    problems = grown(found.samples) + [f"{n} times {w}" for w, n in found.books.unexpected.items()]
    text = errors.read_text()
    problems += [f"the log says {each!r}" for each in COMPLAINTS if each in text]
    problems += [] if status == 0 else [f"it ended with {status}"]
    record(found, minutes, problems)
    server.close()
    return not problems


def record(found: Soak, minutes: float, problems: list[str]) -> None:
    """Writes the results, and prints what was wrong."""
    results = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "minutes": minutes,
        "workers": WORKERS,
        "reloads": found.reloads,
        "kills": found.kills,
        "done": dict(sorted(found.books.done.items())),
        "excused": found.books.excused,
        "problems": problems,
        "samples": [asdict(each) for each in found.samples],
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(*(problems or ["all was well"]), sep="\n")


def main() -> None:
    """Runs it in a folder of its own."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=60)
    options.add_argument("--clients", type=int, default=2, help="of each of the nine kinds")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        well = uvloop.run(soak(Path(folder), given.minutes, given.clients))
    sys.exit(not well)


if __name__ == "__main__":
    main()
