"""Where uvloop can not be had, the loop of the standard library serves as well."""

import os
import signal
from pathlib import Path

import pytest

from tests.integration.processes import Place, ask, stop
from tests.integration.test_workers import children, eventually

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def without_uvloop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts something that can not be imported in the place of uvloop."""
    folder = tmp_path / "first"
    folder.mkdir()
    (folder / "uvloop.py").write_text("raise ImportError\n")
    path = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))


def loaded(pid: int, library: str) -> bool:
    return library in Path(f"/proc/{pid}/maps").read_text()


@pytest.mark.parametrize("workers", [1, 2])
def test_attack_074_it_serves_reloads_and_drains_with_the_one_parser(place: Place, workers: int):
    place.write(f"  workers: {workers}")
    with place.running("proxy") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        pids = [process.pid, *children(process.pid)]
        assert any(loaded(pid, "httptools") for pid in pids)
        assert not any(loaded(pid, "uvloop") for pid in pids)
        rules = place.folder / "rules.yaml"
        rules.write_text(rules.read_text().replace("path: /open", "path: /other"))
        process.send_signal(signal.SIGHUP)
        eventually(lambda: [ask(place.port, "/open")[0] for _ in range(8)] == [401] * 8)
        assert ask(place.port, "/other")[0] == 200
        _, errors = stop(process)

    assert "Traceback" not in errors
