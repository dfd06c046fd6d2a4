"""What a process and its workers cost, added up."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import ProcessCollector

from edgeauth.services.telemetry.processes import ProcessTotals
from edgeauth.services.telemetry.sharing import Workers

pytestmark = pytest.mark.skipif(
    not tuple(ProcessCollector(registry=None).collect()), reason="the system does not tell"
)
OPEN = """
import sys
files = [open("/dev/null") for _ in range(int(sys.argv[1]))]
print("open", flush=True)
sys.stdin.read()
"""


def costs(workers: Workers) -> dict[str, float]:
    families = ProcessTotals(workers).collect()
    return {family.name: sample.value for family in families for sample in family.samples}


@contextmanager
def worker(files: int) -> Iterator[int]:
    command = [sys.executable, "-c", OPEN, str(files)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        yield process.pid
        process.stdin.close()


def test_memory_is_that_of_all_and_files_those_of_the_process_that_has_most():
    most = int(costs(Workers())["process_open_fds"]) + 50
    with worker(most) as process:
        alone, together = costs(Workers()), costs(Workers((process,)))

    assert together["process_resident_memory_bytes"] > alone["process_resident_memory_bytes"]
    assert together["process_open_fds"] >= most > alone["process_open_fds"]
    assert together["process_max_fds"] == alone["process_max_fds"]
    assert together["process_start_time_seconds"] == alone["process_start_time_seconds"]


def test_what_was_computed_counts_when_the_process_is_gone():
    told = costs(Workers((2**30,), 1000.0))

    assert told["process_cpu_seconds"] >= 1000.0
    assert told["process_resident_memory_bytes"] > 0
