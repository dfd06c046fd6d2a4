"""Files that logs are appended to, and lines that find no reader."""

import errno
import os
import resource

import pytest

from edgeauth.services.line_writer import LineWriter
from edgeauth.services.log_file import LogFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "access.log"


def opened(path) -> LogFile:
    file = LogFile(str(path))
    file.open()
    return file


def test_a_file_that_can_not_be_opened_is_refused(tmp_path):
    with pytest.raises(OSError, match=r"access\.log can not be written to: No such file"):
        opened(tmp_path / "missing" / "access.log")


def test_a_pipe_that_nobody_reads_is_refused_and_not_waited_for(path):
    os.mkfifo(path)

    with pytest.raises(OSError, match="can not be written to"):
        opened(path)


def test_lines_that_come_before_a_file_is_open_are_counted(path):
    writer = LineWriter(LogFile(str(path)))

    writer.keep(b"one")
    writer.flush()

    assert writer.status.lost == 1
    assert not path.exists()


def test_lines_are_appended_to_what_is_there(path):
    path.write_text("before\n")
    writer = LineWriter(opened(path))

    writer.keep(b"one")
    writer.keep(b"two")
    writer.flush()

    assert path.read_text() == "before\none\ntwo\n"


def test_a_new_file_is_for_its_owner_and_group(path):
    opened(path)

    assert path.stat().st_mode & 0o777 & ~0o640 == 0


def test_after_it_was_moved_away_a_file_is_made_anew(path):
    file = opened(path)
    writer = LineWriter(file)
    writer.keep(b"one")
    writer.flush()
    former = path.rename(path.with_suffix(".1"))
    writer.keep(b"two")
    writer.flush()

    file.reopen()
    writer.keep(b"three")
    writer.flush()

    assert former.read_text() == "one\ntwo\n"
    assert path.read_text() == "three\n"


def test_files_of_before_are_closed(path):
    file = opened(path)
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(5):
        file.reopen()
        file.flush()

    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_that_can_not_be_opened_again_is_written_to_as_before(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    file = opened(folder / "access.log")
    moved = folder.rename(tmp_path / "moved")

    file.reopen()
    file.write(b"one\n")

    assert (moved / "access.log").read_text() == "one\n"


def test_lines_that_find_no_room_are_counted_and_half_a_line_is_ended(path, monkeypatch):
    file = opened(path)
    writer = LineWriter(file)
    write = os.write
    full = OSError(errno.ENOSPC, "No space left on device")

    def some(descriptor, data):
        if len(data) < 8:
            raise full
        return write(descriptor, data[:8])

    monkeypatch.setattr("edgeauth.services.log_file.os.write", some)
    writer.keep(b"first line")
    writer.flush()
    monkeypatch.undo()
    writer.keep(b"second line")
    writer.flush()

    assert writer.status.lost == 1
    assert path.read_text() == "first li\nsecond line\n"


def test_lines_beyond_the_buffer_are_counted(path):
    writer = LineWriter(opened(path), buffer_octets=10)

    for _ in range(5):
        writer.keep(b"12345")
    writer.flush()

    assert path.read_text() == "12345\n"
    assert writer.status.lost == 4


def test_half_a_line_of_another_process_is_not_continued(path):
    file = opened(path)
    copy = os.fork()
    if copy == 0:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (5, 5))
            file.write(b"first line\n")
        finally:
            os._exit(0)
    os.waitpid(copy, 0)

    file.write(b"second line\n")

    assert path.read_text() == "first\nsecond line\n"
