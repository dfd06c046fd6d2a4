"""Signals at every bad moment: they do what they are for, and nothing else ends."""

import http.client
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.integration.processes import COMMAND, PATIENCE, Place, Upstream, ask, stop, wait_for_port
from tests.integration.test_workers import children, eventually, is_alive

pytestmark = pytest.mark.slow

UNSHARE = ["unshare", "--pid", "--fork", "--kill-child"]


def successors(predecessor: int) -> list[int]:
    """Returns the first processes of generations that are to succeed a process."""
    told = f"EDGEAUTH_PREDECESSOR={predecessor}".encode()
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
            if told in file.read():
                found.append(int(name))
    return [each for each in found if not any(each in children(other) for other in found)]


@contextmanager
def succeeded(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Ends the successors of a process in any case."""
    try:
        yield
    finally:
        for each in successors(process.pid):
            os.kill(each, signal.SIGKILL)


def serves(place: Place) -> bool:
    return ask(place.port, "/open")[0] == 200


def test_signals_that_come_while_workers_are_made_end_none_of_them(place: Place):
    place.write("  workers: 3")
    with place.running("proxy") as process:
        eventually(lambda: serves(place))
        killed = children(process.pid)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        while len({*children(process.pid)} - {*killed}) < len(killed):
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGUSR1)
        eventually(lambda: serves(place))
        _, errors = stop(process)

    assert errors.count("a process has died and is replaced") == len(killed)


def test_a_successor_with_one_process_ends_when_it_is_told_to(place: Place):
    """Its predecessor, which has several, holds signals back."""
    place.write("  workers: 2")
    with place.running("proxy") as process, succeeded(process):
        eventually(lambda: serves(place))
        place.write("  workers: 1")
        process.send_signal(signal.SIGUSR2)
        process.wait(PATIENCE)
        [successor] = successors(process.pid)
        os.kill(successor, signal.SIGTERM)
        eventually(lambda: not is_alive(successor))


def test_there_is_one_successor_however_often_it_is_asked_for_until_it_fails(place: Place):
    place.write("  workers: 2")
    with place.running("proxy") as process, succeeded(process):
        eventually(lambda: serves(place))
        place.write("  prot: 1")
        process.send_signal(signal.SIGUSR2)
        eventually(lambda: successors(process.pid))
        eventually(lambda: not successors(process.pid))
        place.write("  workers: 2")
        for _ in range(3):
            process.send_signal(signal.SIGUSR2)
            eventually(lambda: successors(process.pid))

        assert process.wait(PATIENCE) == 0
        assert len(successors(process.pid)) == 1
        assert serves(place)


def test_a_process_that_drains_has_no_successor(place: Place, upstream: Upstream):
    place.write()
    answers: list[int] = []
    with place.running("proxy") as process:
        asking = threading.Thread(target=lambda: answers.append(ask(place.port, "/slow")[0]))
        asking.start()
        assert upstream.slow_began.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        eventually(lambda: refuses(place))
        process.send_signal(signal.SIGUSR2)
        upstream.go_on.set()
        asking.join(PATIENCE)
        _, errors = process.communicate(timeout=PATIENCE)
        assert successors(process.pid) == []

    assert answers == [200]
    assert errors == ""


def refuses(place: Place) -> bool:
    try:
        ask(place.port, "/open")
    except (OSError, http.client.HTTPException):
        return True
    return False


@pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode != 0,
    reason="nobody but root may make containers here",
)
@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_process_of_a_container_ends_alone_and_has_no_successor(
    place: Place, workers: int
):
    place.write(f"  workers: {workers}")
    with subprocess.Popen(
        [*UNSHARE, COMMAND, *place.arguments("proxy")],
        cwd=place.folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as container:
        wait_for_port(container, place.port)
        eventually(lambda: serves(place))
        [first] = children(container.pid)
        os.kill(first, signal.SIGUSR2)
        os.kill(first, signal.SIGHUP)
        eventually(lambda: serves(place) and children(container.pid) == [first])
        os.kill(first, signal.SIGTERM)
        _, errors = container.communicate(timeout=PATIENCE)

    assert container.returncode == 0
    assert "process 1 can not be succeeded" in errors
