"""Rule files change under a process that serves: nothing is lost, and nothing wrong gets in."""

import http.client
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from tests.integration.processes import PATIENCE, PAUSE, TRIES, Place, ask, stop

pytestmark = pytest.mark.slow

RULES = """\
version: "1alpha4"
name: {name}
rules:
  - id: {name}
    match: {{routes: [{{path: {path}}}]}}
    execute:
      - authenticator: anyone
      - authorizer: allow
      - {{finalizer: tell, config: {{headers: {{X-Version: "{version}"}}}}}}
"""


ALONE = "  workers: 1"


def rules(version: object, name: str = "shop", path: str = "/open") -> str:
    return RULES.format(name=name, path=path, version=version)


@pytest.fixture
def watched(place: Place) -> Path:
    """Returns the directory that is watched; `shop.yaml` of version 0 is in it.

    One process decides and is there for operators, so that they see what it does at once.
    """
    place.write(ALONE)
    text = (place.folder / "edgeauth.yaml").read_text()
    (place.folder / "edgeauth.yaml").write_text(
        text.replace("{src: rules.yaml}", "{src: rules, watch: true}")
    )
    folder = place.folder / "rules"
    folder.mkdir()
    (folder / "shop.yaml").write_text(rules(0))
    return folder


@contextmanager
def running(place: Place) -> Iterator[Popen[str]]:
    """Yields a decision service that has answered: its sockets were there before it was."""
    with place.running("decision") as process:
        assert ask(place.port, "/")[0] > 0
        assert ask(place.management, "/.well-known/health")[0] == 200
        yield process


def until(met: Callable[[], bool], what: str) -> None:
    pause = threading.Event()
    for _ in range(TRIES):
        if met():
            return
        pause.wait(PAUSE)
    raise AssertionError(f"never: {what}")


def version(place: Place, path: str = "/open") -> str:
    """Returns the version of the rule that decides, empty when none permits."""
    status, fields, _ = ask(place.port, path)
    return fields["x-version"] if status == 200 else ""


def has_version(place: Place, wanted: object, path: str = "/open") -> None:
    until(lambda: version(place, path) == str(wanted), f"version {wanted} at {path}")


def details(place: Place) -> dict[str, object]:
    found = json.loads(ask(place.management, "/.well-known/health?details")[2])["rules"]
    assert isinstance(found, dict)
    return found


class Client(threading.Thread):
    """Asks again and again over one connection, and keeps what was not answered with 200."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.enough = threading.Event()
        self.answers = 0
        self.failures: list[object] = []

    def run(self) -> None:
        with closing(self._connection):
            self._ask()

    def _ask(self) -> None:
        while not self.enough.is_set():
            try:
                self._connection.request("GET", "/open")
                answer = self._connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
                return
            self.answers += 1
            if answer.status != 200:
                self.failures.append(answer.status)


@contextmanager
def clients(port: int, count: int) -> Iterator[list[Client]]:
    made = [Client(port) for _ in range(count)]
    for each in made:
        each.start()
    try:
        yield made
    finally:
        ended(made)


def ended(load: list[Client]) -> None:
    """Returns when the last answer has come: a request may cross with the end of its connection."""
    for each in load:
        each.enough.set()
    for each in load:
        each.join()


def replaced(path: Path, text: str) -> None:
    """Writes a file as careful programs do: aside, and renamed into its place."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text)
    aside.replace(path)


def test_fifty_reloads_lose_no_request(place: Place, watched: Path):
    with running(place) as process, clients(place.port, 4) as load:
        for number in range(1, 51):
            replaced(watched / "shop.yaml", rules(number))
            process.send_signal(signal.SIGHUP)
            has_version(place, number)
        ended(load)
        stop(process)

    assert [each.failures for each in load] == [[], [], [], []]
    assert all(each.answers > 50 for each in load)


def test_files_that_come_change_and_go_are_noticed(place: Place, watched: Path):
    with running(place) as process:
        (watched / "shop.yaml").write_text(rules("in place"))
        has_version(place, "in place")
        replaced(watched / "shop.yaml", rules("renamed"))
        has_version(place, "renamed")
        (watched / "more.yaml").write_text(rules("new", "more", "/more"))
        has_version(place, "new", "/more")
        (watched / "shop.yaml").unlink()
        has_version(place, "")
        assert version(place, "/more") == "new"
        assert details(place)["sets"] == 1
        stop(process)


def test_volumes_of_kubernetes_are_followed(place: Place, watched: Path):
    (watched / "shop.yaml").unlink()

    def publish(name: str) -> None:
        (watched / name).mkdir()
        (watched / name / "shop.yaml").write_text(rules(name))
        aside = watched / "..data_tmp"
        aside.symlink_to(name)
        aside.replace(watched / "..data")

    publish("..2026_1")
    (watched / "shop.yaml").symlink_to("..data/shop.yaml")
    with running(place) as process:
        assert version(place) == "..2026_1"
        publish("..2026_2")
        has_version(place, "..2026_2")
        stop(process)


def test_a_file_that_is_wrong_keeps_its_last_good_rules(place: Place, watched: Path):
    good = rules("good")
    with running(place) as process:
        replaced(watched / "shop.yaml", good.replace("authorizer: allow", "authorizer: alow"))
        (watched / "more.yaml").write_text(rules("new", "more", "/more"))
        has_version(place, "new", "/more")
        health = json.loads(ask(place.management, "/.well-known/health")[2])
        assert version(place) == "0"
        assert health["status"] == "ok"
        (refused,) = health["rules"]["refused"]
        assert refused["set"] == "file_system:rules/shop.yaml"
        assert refused["problems"] == 1
        assert refused["first"] == {"code": "unknown-mechanism", "line": 8}
        replaced(watched / "shop.yaml", good)
        has_version(place, "good")
        assert json.loads(ask(place.management, "/.well-known/health")[2]) == {"status": "ok"}
        _, errors = stop(process)

    (line,) = map(json.loads, errors.splitlines())
    assert line["event"] == "rule set refused"
    assert 'shop.yaml:8:21: unknown authorizer "alow"' in line["problems"]
    assert 'did you mean "allow"?' in line["problems"]


def test_a_set_that_conflicts_stays_out_until_the_other_one_makes_room(place: Place, watched: Path):
    with running(place) as process:
        (watched / "a.yaml").write_text(rules("taken over", "a", "/**"))
        until(lambda: bool(details(place)["refused"]), "it is refused")
        assert version(place) == "0"
        assert version(place, "/other") == ""
        replaced(watched / "shop.yaml", rules("elsewhere", path="/"))
        has_version(place, "taken over", "/other")
        assert version(place, "/") == "elsewhere"
        stop(process)


def test_two_sets_can_swap_their_paths_at_once(place: Place, watched: Path):
    (watched / "more.yaml").write_text(rules("more", "more", "/more"))
    with running(place) as process:
        os.kill(process.pid, signal.SIGSTOP)
        replaced(watched / "more.yaml", rules("swapped", "more", "/open"))
        replaced(watched / "shop.yaml", rules("swapped", "shop", "/more"))
        os.kill(process.pid, signal.SIGCONT)
        has_version(place, "swapped")
        has_version(place, "swapped", "/more")
        assert details(place)["refused"] == []
        stop(process)


def test_without_a_directory_the_rules_stay(place: Place, watched: Path):
    with running(place) as process:
        watched.rename(place.folder / "elsewhere")
        until(lambda: bool(details(place)["refused"]), "it is missed")
        assert version(place) == "0"
        (place.folder / "elsewhere").rename(watched)
        replaced(watched / "shop.yaml", rules(1))
        has_version(place, 1)
        stop(process)


def test_a_signal_reloads_what_is_not_watched(place: Place):
    extra = "match: {routes: [{path: /extra}]}"
    steps = "execute: [{authenticator: anyone}, {authorizer: allow}]"
    place.write(ALONE, f"  - {{id: extra, {extra}, {steps}}}")
    with running(place) as process:
        assert ask(place.port, "/extra")[0] == 200
        place.write(ALONE)
        assert ask(place.port, "/extra")[0] == 200
        process.send_signal(signal.SIGHUP)
        until(lambda: ask(place.port, "/extra")[0] == 401, "it is gone")
        stop(process)


def test_a_process_stops_in_the_middle_of_a_reload(place: Place, watched: Path):
    with running(place) as process:
        head, _, rule = rules("{n}", "{n}", "/{n}").partition("rules:\n")
        many = "".join(rule.replace("{n}", f"r{number}") for number in range(3000))
        replaced(watched / "shop.yaml", head.replace("{n}", "many") + "rules:\n" + many)
        process.send_signal(signal.SIGHUP)
        stop(process)


def test_every_worker_has_the_new_rules(place: Place, watched: Path):
    text = (place.folder / "edgeauth.yaml").read_text()
    (place.folder / "edgeauth.yaml").write_text(text.replace("workers: 1", "workers: 2"))
    with running(place) as process, clients(place.port, 4) as load:
        replaced(watched / "shop.yaml", rules(1))
        until(lambda: all(version(place) == "1" for _ in range(20)), "all of them have it")
        ended(load)
        stop(process)

    assert [each.failures for each in load] == [[], [], [], []]


def test_a_signal_that_comes_too_early_ends_nothing(place: Place):
    place.write(ALONE)
    with place.running("decision") as process:
        process.send_signal(signal.SIGHUP)
        assert ask(place.port, "/open")[0] == 200
        stop(process)
