"""Where uvloop or httptools can not be had, Python's loop and our parser serve as well."""

import os
import signal
from pathlib import Path

import pytest

from tests.integration.processes import Place, ask, stop
from tests.integration.test_workers import children, eventually

pytestmark = pytest.mark.slow


def without(monkeypatch: pytest.MonkeyPatch, folder: Path, *libraries: str) -> None:
    """Puts something that can not be imported in the place of libraries."""
    folder.mkdir()
    for library in libraries:
        (folder / f"{library}.py").write_text("raise ImportError\n")
    path = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))


def loaded(pid: int, library: str) -> bool:
    return library in Path(f"/proc/{pid}/maps").read_text()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("missing", "parser"), [(("uvloop",), "llhttp"), (("uvloop", "httptools"), "python")]
)
def test_attack_074_it_serves_reloads_and_drains_with_what_there_is(
    place: Place, monkeypatch, tmp_path, workers: int, missing: tuple[str, ...], parser: str
):
    without(monkeypatch, tmp_path / "first", *missing)
    monkeypatch.setenv("EDGEAUTHCFG_LOG_LEVEL", "info")
    place.write(f"  workers: {workers}")
    with place.running("proxy") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        pids = [process.pid, *children(process.pid)]
        for library in ("uvloop", "httptools"):
            assert any(loaded(pid, library) for pid in pids) is (library not in missing)
        rules = place.folder / "rules.yaml"
        rules.write_text(rules.read_text().replace("path: /open", "path: /other"))
        process.send_signal(signal.SIGHUP)
        eventually(lambda: [ask(place.port, "/open")[0] for _ in range(8)] == [401] * 8)
        assert ask(place.port, "/other")[0] == 200
        _, errors = stop(process)

    assert "Traceback" not in errors
    assert f'"parser": "{parser}", "event_loop": "asyncio"' in errors


@pytest.mark.parametrize("mode", ["proxy", "decision"])
def test_the_parser_in_python_is_used_where_it_is_asked_for(place: Place, monkeypatch, mode: str):
    monkeypatch.setenv("EDGEAUTHCFG_LOG_LEVEL", "info")
    place.write()
    with place.running(mode, "--parser", "python") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        _, errors = stop(process)

    assert '"parser": "python", "event_loop": "uvloop"' in errors


def test_a_parser_that_is_asked_for_and_not_there_ends_with_1(place: Place, monkeypatch, tmp_path):
    without(monkeypatch, tmp_path / "first", "httptools")
    place.write()

    done = place.run("proxy", "--parser", "llhttp")

    assert done.returncode == 1
    assert done.stderr == "edgeauth: the parser llhttp needs httptools, which is not installed\n"
