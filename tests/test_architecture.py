"""Promises about the sources that no type checker holds."""

from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "edgeauth"
SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_a_granted_request_is_made_in_one_place() -> None:
    makers = [
        source.relative_to(PACKAGE).as_posix()
        for source in SOURCES
        if "Granted(" in source.read_text().replace("class Granted(", "")
    ]

    assert makers == ["engine/authorize.py"]


def test_a_permit_is_made_in_one_place() -> None:
    makers = [
        source.relative_to(PACKAGE).as_posix()
        for source in SOURCES
        if "Permit(" in source.read_text().replace("class Permit(", "")
    ]

    assert makers == ["engine/decide.py"]


@pytest.mark.parametrize("floor", ["model", "wire", "engine", "mechanisms", "catalogue"])
def test_only_the_decision_point_catches_everything(floor: str) -> None:
    catchers = [
        source.relative_to(PACKAGE).as_posix()
        for source in (PACKAGE / floor).rglob("*.py")
        if "except Exception" in source.read_text() or "except BaseException" in source.read_text()
    ]

    assert catchers == (["engine/decide.py"] if floor == "engine" else [])


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "common", "base", "misc"}

    assert {source.stem for source in SOURCES} & drawers == set()
