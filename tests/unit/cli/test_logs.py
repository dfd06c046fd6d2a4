"""What lines of the operational log look like."""

import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import structlog
from structlog.testing import capture_logs

from edgeauth.cli.logs import configure_logs, report_unraisable


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.unraisablehook
    yield
    sys.unraisablehook = hook
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(form: str, *, level: str = "info") -> list[str]:
    """Returns what is written for one line of ours and one of a library."""
    stream = io.StringIO()
    configure_logs(level, form, stream)
    structlog.get_logger().error("upstream failed", upstream="a\nb:80")
    logging.getLogger("library").warning("odd\n%s", "thing")
    return stream.getvalue().splitlines()


def test_nothing_below_the_level_is_written():
    assert len(lines("json", level="error")) == 1
    assert lines("json", level="fatal") == []


@pytest.mark.parametrize("form", ["json", "text", "gelf"])
def test_every_event_is_one_line_whatever_stands_in_it(form: str):
    assert len(lines(form)) == 2


@pytest.mark.parametrize("form", ["json", "text", "gelf"])
def test_lines_that_nobody_reads_are_lost_and_counted(form: str):
    reader, writer = os.pipe()
    with open(reader, "rb", buffering=0) as reading, open(writer, "w") as stream:
        configure_logs("info", form, stream)
        for number in range(2000):
            structlog.get_logger().error("upstream failed", number=number)
        filled = reading.read(1_000_000).decode().splitlines()
        structlog.get_logger().error("read again")
        lost, again = reading.read(1_000_000).decode().splitlines()

    assert 0 < len(filled) < 2000
    assert "lines were lost" in lost
    assert str(2000 - len(filled)) in lost
    assert "read again" in again


def test_a_reader_that_has_left_is_no_trouble():
    reader, writer = os.pipe()
    with open(writer, "w") as stream:
        configure_logs("info", "json", stream)
        os.close(reader)
        structlog.get_logger().error("upstream failed")
        logging.getLogger("library").warning("odd")


def test_a_line_is_an_object_of_json_by_default():
    ours, theirs = map(json.loads, lines("json"))

    assert ours.pop("timestamp").endswith("Z")
    assert ours == {"event": "upstream failed", "level": "error", "upstream": "a\nb:80"}
    assert (theirs["event"], theirs["level"]) == ("odd\nthing", "warning")


def test_a_line_of_text_has_a_value_for_each_key():
    ours, theirs = lines("text")

    assert ours.startswith("timestamp='20")
    assert ours.endswith(r"level='error' event='upstream failed' upstream='a\nb:80'")
    assert theirs.endswith(r"level='warning' event='odd\nthing'")


def test_a_line_of_gelf_has_the_fields_of_its_version():
    ours, theirs = map(json.loads, lines("gelf"))

    assert isinstance(ours.pop("timestamp"), float)
    assert ours.pop("host")
    assert ours == {
        "version": "1.1",
        "short_message": "upstream failed",
        "level": 3,
        "_level_name": "ERROR",
        "_upstream": "a\nb:80",
    }
    assert (theirs["level"], theirs["_level_name"]) == (4, "WARNING")


def test_gelf_tells_of_an_exception_in_full():
    stream = io.StringIO()
    configure_logs("error", "gelf", stream)
    try:
        {}["missing"]
    except LookupError:
        logging.getLogger("library").exception("broken")

    told = json.loads(stream.getvalue())
    assert told["short_message"] == "broken"
    assert told["full_message"].endswith("KeyError: 'missing'")


def unraisable(error: Exception, about: object) -> SimpleNamespace:
    return SimpleNamespace(exc_type=type(error), exc_value=error, object=about)


def test_an_error_that_nobody_could_catch_is_told_without_data() -> None:
    with capture_logs() as logs:
        report_unraisable(unraisable(ValueError("secret"), b"secret"))

    (line,) = logs
    assert line == {
        "event": "an error could not be raised",
        "error": "ValueError",
        "log_level": "error",
    }


@pytest.mark.parametrize("name", [b"caf\xe9.test", b"\xff" * 200])
def test_clients_do_not_write_logs_by_the_server_name_that_they_ask_for(name: bytes) -> None:
    error = UnicodeDecodeError("ascii", name, 0, 1, "ordinal not in range(128)")

    with capture_logs() as logs:
        report_unraisable(unraisable(error, name))

    assert logs == []
