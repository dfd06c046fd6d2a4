"""Processes under load: what they cost, measured from outside.

The figure is CPU time (user and system) of the whole process tree per completed request. It says
more than requests a second on a machine where the load generator and others want the same cores.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def require(*programs: str) -> None:
    """Ends the process with advice when a program that is needed is not there."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        names = " ".join(missing)
        sys.exit(f"{names}: not found. On Debian and Ubuntu: apt-get install {names}")


def wait_for(port: int, log: Path, seconds: float = 15.0) -> None:
    """Returns when somebody listens on the port; shows the log when nobody does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"nobody listens on port {port} after {seconds:.0f} s\n{log.read_text()}")


@dataclass(frozen=True)
class Server:
    """A process under test."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    path: str
    headers: Mapping[str, str]

    def cpu_seconds(self) -> float:
        """Returns the CPU time of the process and its children so far."""
        return sum(_cpu(pid) for pid in _tree(self.process.pid))

    def stop(self) -> None:
        """Ends the process and everything that it started."""
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def start(command: Iterable[str], log: Path, *, cpu: str, env: Mapping[str, str] | None = None,
          cwd: Path | None = None) -> subprocess.Popen[bytes]:  # fmt: skip
    """Starts a process on some processors, in a group of its own, its output in a file."""
    pinned = ["taskset", "-c", cpu, *command] if shutil.which("taskset") else list(command)
    with log.open("wb") as output:
        return subprocess.Popen(
            pinned,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )


@dataclass(frozen=True)
class Figure:
    """One measurement."""

    requests: int
    seconds: float
    cpu_seconds: float
    errors: int
    p99_ms: float

    @property
    def cpu_us(self) -> float:
        """Returns microseconds of CPU a request."""
        return self.cpu_seconds * 1e6 / max(self.requests, 1)


def load(server: Server, seconds: int, connections: int = 64, cpu: str = "1") -> Figure:
    """Returns what a server costs under as many requests as it takes."""
    command = ["taskset", "-c", cpu, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["--latency", f"http://127.0.0.1:{server.port}{server.path}"]
    for name, value in server.headers.items():
        command += ["-H", f"{name}: {value}"]
    before = server.cpu_seconds()
    begun = time.monotonic()
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    elapsed = time.monotonic() - begun
    return Figure(
        _number(r"(\d+) requests in", result.stdout),
        elapsed,
        server.cpu_seconds() - before,
        _number(r"Non-2xx or 3xx responses: (\d+)", result.stdout) + _socket_errors(result.stdout),
        _milliseconds(result.stdout),
    )


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0


def _socket_errors(text: str) -> int:
    found = re.search(r"Socket errors: (.*)", text)
    return sum(map(int, re.findall(r"\d+", found.group(1)))) if found else 0


def _milliseconds(text: str) -> float:
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
    if found is None:
        return 0.0
    return float(found.group(1)) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found.group(2)]


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _tree(pid: int) -> list[int]:
    found = [pid]
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return found
    for child in children:
        found += _tree(int(child))
    return found
