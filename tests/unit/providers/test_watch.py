"""A change counts when the file is still again, whoever made it and however."""

import os
import resource
from pathlib import Path

import pytest

from edgeauth.providers.watch import FileWatch


def written(path: Path, text: str, moment: int) -> None:
    """Writes a file in place; the clock of the file system may be too coarse for tests."""
    path.write_text(text)
    os.utime(path, ns=(moment, moment))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path / "a.yaml", "one", 1)
    return tmp_path


def test_nothing_has_changed_at_first(folder: Path):
    watch = FileWatch(folder)

    assert [watch.changed() for _ in range(3)] == [False, False, False]


def test_attack_179_a_file_that_is_being_written_has_not_changed_yet(folder: Path):
    watch = FileWatch(folder)
    for moment in range(2, 6):
        written(folder / "a.yaml", "half" * moment, moment)
        assert not watch.changed()

    assert watch.changed()
    assert not watch.changed()


def test_another_file_is_told_while_one_is_being_written(folder: Path):
    watch = FileWatch(folder)
    written(folder / "b.yaml", "whole", 2)
    written(folder / "a.yaml", "half", 3)
    assert not watch.changed()
    written(folder / "a.yaml", "halves", 4)

    assert watch.changed()
    assert watch.changed()
    assert not watch.changed()


def test_a_file_of_the_same_size_and_time_in_its_place_is_another_one(folder: Path):
    watch = FileWatch(folder)
    aside = folder / ".a.yaml"
    written(aside, "two", 1)
    aside.replace(folder / "a.yaml")

    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_a_file_that_goes_and_comes_back_at_once_has_not_gone(folder: Path):
    watch = FileWatch(folder)
    text = (folder / "a.yaml").read_text()
    (folder / "a.yaml").rename(folder / ".a.yaml")
    assert not watch.changed()
    (folder / ".a.yaml").rename(folder / "a.yaml")

    assert text == "one"
    assert not watch.changed()


def test_a_file_that_is_gone_is_told(folder: Path):
    watch = FileWatch(folder)
    (folder / "a.yaml").unlink()

    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_links_are_followed(folder: Path):
    for name in ("..1", "..2"):
        (folder / name).mkdir()
        written(folder / name / "b.yaml", name, 7)
    (folder / "..data").symlink_to("..1")
    (folder / "b.yaml").symlink_to("..data/b.yaml")
    watch = FileWatch(folder)
    (folder / "..new").symlink_to("..2")
    (folder / "..new").replace(folder / "..data")

    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_hidden_files_do_not_matter(folder: Path):
    watch = FileWatch(folder)
    (folder / ".a.yaml.swp").write_text("editor")

    assert [watch.changed() for _ in range(2)] == [False, False]


def test_a_directory_that_vanishes_is_told(folder: Path):
    root = folder / "rules"
    root.mkdir()
    (root / "a.yaml").write_text("one")
    watch = FileWatch(root)
    root.rename(folder / "elsewhere")

    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_a_file_can_be_watched_by_itself(folder: Path):
    watch = FileWatch(folder / "a.yaml")
    (folder / "b.yaml").write_text("other")
    assert [watch.changed() for _ in range(2)] == [False, False]
    (folder / "a.yaml").unlink()

    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_a_file_that_can_not_be_opened_for_want_of_descriptors_is_told_later(folder: Path):
    watch = FileWatch(folder / "a.yaml")
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    written(folder / "a.yaml", "two", 2)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, usual[1]))
        assert [watch.changed() for _ in range(3)] == [False, False, False]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)

    assert [watch.changed() for _ in range(2)] == [True, False]
