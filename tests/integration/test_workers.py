"""Several processes at one port: they start together, die alone, and come and go unnoticed."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

import pytest

from tests.fakes.ports import free_port
from tests.integration.processes import (
    PATIENCE,
    PAUSE,
    TRIES,
    Place,
    Upstream,
    ask,
    stop,
)

pytestmark = pytest.mark.slow

METRICS = "metrics: {enabled: true}"


def eventually(holds: Callable[[], object]) -> None:
    for _ in range(TRIES):
        with suppress(OSError, http.client.HTTPException):
            if holds():
                return
        time.sleep(PAUSE)  # polls a process; nothing tells when it is ready
    raise AssertionError("it never came to that")


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(each) for each in file.read().split()]


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Load:
    """Asks again and again on new connections, and counts what was not answered."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]
        self.answered = 0
        self.failures: list[str] = []

    def _ask(self) -> None:
        # Not as quickly as can be: whoever starts meanwhile needs a processor as well.
        while not self._over.wait(0.01):
            try:
                status = ask(self._port, "/open")[0]
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            else:
                self.answered += 1
                if status != 200:
                    self.failures.append(str(status))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_requests_are_answered_by_every_worker_and_the_log_has_a_line_for_each(place: Place):
    place.write("  workers: 3")
    with place.running("proxy") as process:
        eventually(lambda: len(children(process.pid)) == 4)
        for _ in range(60):
            assert ask(place.port, "/open")[0] == 200
        assert ask(place.management, "/.well-known/health")[0] == 200
        out, errors = stop(process)

    lines = [json.loads(line) for line in out.splitlines()]
    assert sum(line["decision"] == "permit" for line in lines) == 60
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_worker_that_is_killed_is_replaced_and_serves_the_rules_of_now(place: Place):
    place.write("  workers: 2")
    with place.running("proxy") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        before = children(process.pid)
        rules = place.folder / "rules.yaml"
        rules.write_text(rules.read_text().replace("path: /open", "path: /other"))
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: len(set(children(process.pid)) - set(before)) == 3)

        eventually(lambda: ask(place.management, "/.well-known/health")[0] == 200)
        assert ask(place.port, "/open")[0] == 401
        assert ask(place.port, "/other")[0] == 200
        _, errors = stop(process)

    assert errors.count("a process has died and is replaced") == 3


def test_workers_end_by_themselves_when_their_supervisor_is_killed(place: Place):
    place.write("  workers: 2")
    with place.running("proxy") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        pids = children(process.pid)
        process.kill()
        process.wait(PATIENCE)

        eventually(lambda: not any(is_alive(pid) for pid in pids))


def test_what_is_under_way_is_finished_when_the_end_comes(place: Place, upstream: Upstream):
    place.write("  workers: 2")
    answers: list[int] = []
    with place.running("proxy") as process:
        asking = threading.Thread(target=lambda: answers.append(ask(place.port, "/slow")[0]))
        asking.start()
        assert upstream.slow_began.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        eventually(lambda: not _accepts(place.port))
        upstream.go_on.set()
        asking.join(PATIENCE)
        process.wait(PATIENCE)

    assert answers == [200]
    assert process.returncode == 0


def _accepts(port: int) -> bool:
    try:
        ask(port, "/open")
    except (OSError, http.client.HTTPException):
        return False
    return True


def test_sighup_has_every_worker_read_the_rules_again(place: Place):
    place.write("  workers: 3")
    with place.running("proxy") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        rules = place.folder / "rules.yaml"
        rules.write_text(rules.read_text().replace("path: /open", "path: /other"))
        process.send_signal(signal.SIGHUP)

        eventually(lambda: [ask(place.port, "/open")[0] for _ in range(12)] == [401] * 12)
        stop(process)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_successor_takes_over_without_a_request_that_fails(place: Place, workers: int):
    place.write(f"  workers: {workers}")
    with place.running("proxy") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        with Load(place.port) as load:
            process.send_signal(signal.SIGUSR2)
            process.wait(3 * PATIENCE)
            begun = load.answered
            eventually(lambda: load.answered > begun + 50)
        assert process.returncode == 0
        assert load.failures == []
        successor = _listening(place.port, process.pid)
        os.kill(successor, signal.SIGTERM)
        eventually(lambda: not is_alive(successor))


def _listening(port: int, predecessor: int) -> int:
    """Returns the process that was started last with this configuration, but for workers."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal() and int(name) != predecessor:
            with suppress(OSError):
                with open(f"/proc/{name}/environ", "rb") as file:
                    environment = file.read()
                if f"EDGEAUTH_PREDECESSOR={predecessor}".encode() in environment:
                    found.append(int(name))
    return min(found)


def test_a_successor_that_refuses_its_configuration_changes_nothing(place: Place):
    place.write("  workers: 2")
    with place.running("proxy") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        place.write("  prot: 1")
        process.send_signal(signal.SIGUSR2)
        with Load(place.port) as load:
            eventually(lambda: load.answered > 100)
        assert load.failures == []
        assert process.poll() is None
        _, errors = stop(process)

    assert 'unknown key "prot"' in errors


def test_counts_are_those_of_all_workers_and_stay_when_one_dies(place: Place):
    port = free_port()
    os.environ["OTEL_METRICS_EXPORTER"] = "prometheus"
    os.environ["OTEL_EXPORTER_PROMETHEUS_PORT"] = str(port)
    try:
        place.write("  workers: 3")
        with place.running("proxy") as process:
            for _ in range(30):
                ask(place.port, "/open")
            eventually(lambda: _permits(port) == 30)
            os.kill(children(process.pid)[0], signal.SIGKILL)
            eventually(lambda: len(children(process.pid)) == 4)
            for _ in range(10):
                eventually(lambda: ask(place.port, "/open")[0] == 200)
            eventually(lambda: _permits(port) == 40)
            stop(process)
    finally:
        del os.environ["OTEL_METRICS_EXPORTER"], os.environ["OTEL_EXPORTER_PROMETHEUS_PORT"]


def _permits(port: int) -> int:
    text = ask(port, "/metrics")[2].decode()
    found = [line for line in text.splitlines() if 'outcome="permit"' in line]
    return int(float(found[0].split()[-1])) if found else 0
