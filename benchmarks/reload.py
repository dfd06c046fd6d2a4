"""What requests notice of a reload: latencies at a steady rate, with and without one.

Two processes decide by the same rules; in one of them every rule changes, at last a single one; the
other one tells what the machine does to both. The client sends at fixed moments whether or not
answers have come, so that a pause is seen by all that had to wait.

    python benchmarks/reload.py [--rules 10000] [--rate 150] [--reloads 3]
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.rule_texts import CATALOGUE, rule_sets  # noqa: E402
from tests.fakes.ports import free_port  # noqa: E402
from tests.integration.processes import COMMAND  # noqa: E402

CONNECTIONS = 16
ASKED = """\
version: "1alpha4"
name: asked
rules:
  - id: asked
    match: {routes: [{path: /asked}]}
    forward_to: {host: orders:9000}
    execute:
      - authenticator: anyone
      - authorizer: policy
      - finalizer: tell
"""


class Load:
    """Requests at a steady rate over a few connections, and how long their answers took."""

    def __init__(self, port: int, rate: float) -> None:
        self._port = port
        self._rate = rate
        self.latencies: list[float] = []
        self.failures = 0

    async def run(self, ended: Callable[[], bool], at_least: float) -> None:
        """Sends until it has ended, and for so many seconds at least."""
        begin = time.perf_counter()
        until = begin + at_least
        waiting: asyncio.Queue[float | None] = asyncio.Queue()
        workers = [asyncio.create_task(self._work(waiting)) for _ in range(CONNECTIONS)]
        number = 0
        while time.perf_counter() < until or not ended():
            moment = begin + number / self._rate
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            waiting.put_nowait(moment)
            number += 1
        for _ in workers:
            waiting.put_nowait(None)
        await asyncio.gather(*workers)

    async def _work(self, waiting: "asyncio.Queue[float | None]") -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while (moment := await waiting.get()) is not None:
            writer.write(b"GET /asked HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            self.latencies.append(time.perf_counter() - moment)
            self.failures += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    def show(self, name: str) -> None:
        """Prints what the answers took."""
        found = sorted(self.latencies)
        at = [found[min(int(len(found) * part), len(found) - 1)] * 1e3 for part in (0.5, 0.99, 1)]
        print(
            f"  {name:28} {len(found):6} requests, {self.failures} failed;"
            f" median {at[0]:5.1f} ms, p99 {at[1]:6.1f} ms, slowest {at[2]:6.1f} ms"
        )


@contextmanager
def serving(folder: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """Yields a process that decides by the rules of a folder."""
    arguments = ["serve", "decision", "-c", "edgeauth.yaml", "--insecure"]
    with (
        (folder / "decisions.log").open("w") as log,
        subprocess.Popen(
            [COMMAND, *arguments], cwd=folder, stdout=log, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        try:
            wait_until_it_answers(port)
            yield process
        finally:
            process.terminate()


def wait_until_it_answers(port: int) -> None:
    """Waits for minutes if it has to: so many rules take their time."""
    for _ in range(3000):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError


def prepare(folder: Path, port: int, rules: int) -> None:
    """Writes the configuration and the rules."""
    mechanisms = CATALOGUE.replace(
        "[{id: sso, type: unauthorized}]",
        "[{id: sso, type: unauthorized}, {id: anyone, type: anonymous}]",
    )
    (folder / "edgeauth.yaml").write_text(
        f"{mechanisms}"
        f"serve: {{host: 127.0.0.1, port: {port}, workers: 1}}\n"
        f"management: {{host: 127.0.0.1, port: {free_port()}}}\n"
        "log: {level: info}\n"
        "providers: {file_system: {src: rules, watch: true}}\n"
    )
    (folder / "rules").mkdir()
    (folder / "rules" / "asked.yaml").write_text(ASKED)
    (folder / "rules" / "many.yaml").write_text(rule_sets("everything", rules, 1)[0])


def reloaded(process: "subprocess.Popen[str]") -> Callable[[], bool]:
    """Returns a test whether the process has told of one more reload."""
    stream = process.stderr
    assert stream is not None
    os.set_blocking(stream.fileno(), False)
    seen = b""

    def ended() -> bool:
        nonlocal seen
        with suppress(BlockingIOError):
            seen += os.read(stream.fileno(), 65_536)
        return b"rule sets reloaded" in seen

    return ended


def resident(process: "subprocess.Popen[str]") -> float:
    """Returns the resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Prints every figure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rules", type=int, default=10_000)
    options.add_argument("--rate", type=float, default=150)
    options.add_argument("--reloads", type=int, default=3)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), given.rules, given.rate, given.reloads)


def measure(folder: Path, rules: int, rate: float, reloads: int) -> None:
    """Prints the latencies of both processes in each reload."""
    changing, resting = folder / "changing", folder / "resting"
    ports = free_port(), free_port()
    for each, port in zip((changing, resting), ports, strict=True):
        each.mkdir()
        prepare(each, port, rules)
    with serving(changing, ports[0]) as process, serving(resting, ports[1]):
        asyncio.run(Load(ports[0], rate).run(reloaded(process), 2))  # the first look
        changed, text = 0, rule_sets("everything", rules, 1)[0]
        for number in range(reloads + 2):
            if number:
                changed = rules if number <= reloads else 1
                aside = changing / "rules" / ".many.yaml"
                text = text.replace("message: ", f"message: {number} ", changed)
                aside.write_text(text)
                aside.replace(changing / "rules" / "many.yaml")
            loads = [Load(port, rate) for port in ports]
            begin = time.perf_counter()
            ended = reloaded(process) if number else lambda: True
            asyncio.run(both(loads, ended, 2 if number else 10))
            print(f"{time.perf_counter() - begin:.1f} s, {resident(process):.0f} MiB resident")
            loads[0].show(f"reloading {changed} changed" if number else "at rest")
            loads[1].show("beside it")


async def both(loads: list[Load], ended: Callable[[], bool], at_least: float) -> None:
    """Sends to both processes until it has ended."""
    over = asyncio.Event()

    def also() -> bool:
        if ended():
            over.set()
        return over.is_set()

    await asyncio.gather(*(load.run(also, at_least) for load in loads))


if __name__ == "__main__":
    main()
