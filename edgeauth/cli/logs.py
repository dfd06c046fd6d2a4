"""The operational log: one line for what is not a decision, on standard error."""

import logging
import socket
import sys
from typing import Final, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from edgeauth.cli.lossy_stream import LossyStream

_LEVELS: Final = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
    "panic": logging.CRITICAL,
}
_SYSLOG: Final = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
"""Severities. Source: RFC 5424 section 6.2.1."""


def configure_logs(level: str, form: str = "json", stream: TextIO | None = None) -> None:
    """Sends log lines of a level and above to standard error, and waits for no reader.

    Args:
        level: as in `log.level`.
        form: as in `log.format`.
        stream: where lines go instead of standard error.
    """
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt=None if form == "gelf" else "iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    processors = [*shared, *_renderers(form)]

    def told(lines: int) -> str:
        event: object = {"event": "log lines were lost", "lines": lines}
        for processor in processors:
            event = processor(None, "error", cast("EventDict", event))
        return f"{event}\n"

    stream = cast("TextIO", LossyStream(stream or sys.stderr, told))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    # Libraries log in the way of the standard library; their lines look the same.
    handler = logging.StreamHandler(stream)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[remove, *_renderers(form)]
        )
    )
    logging.basicConfig(level=_LEVELS[level], handlers=[handler], force=True)
    sys.unraisablehook = report_unraisable


def report_unraisable(what: "sys.UnraisableHookArgs") -> None:
    """Tells of an error that nobody could catch, without the data that Python would show.

    Args:
        what: the error and the object that it came from. A client that asks for a server name
            beyond ASCII makes one in Python's ssl module, with the name as the object; its
            handshake is refused and counted, and to log it too would be to let clients write logs.
    """
    if what.exc_type is UnicodeDecodeError and isinstance(what.object, bytes):
        return
    structlog.get_logger().error("an error could not be raised", error=what.exc_type.__name__)


def _renderers(form: str) -> list[Processor]:
    if form == "text":
        order = ["timestamp", "level", "event"]
        # Values as Python writes them: no line break or control character gets through.
        return [structlog.processors.KeyValueRenderer(key_order=order)]
    if form == "gelf":
        return [_gelf, structlog.processors.JSONRenderer()]
    return [structlog.processors.JSONRenderer()]


def _gelf(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Returns the fields as Graylog calls them.

    Source:
        GELF 1.1 (Graylog documentation, "GELF Payload Specification").
    """
    level = event.pop("level")
    known: dict[str, object] = {
        "version": "1.1",
        "host": socket.gethostname(),
        "short_message": event.pop("event"),
        "timestamp": event.pop("timestamp"),
        "level": _SYSLOG[level],
        "_level_name": level.upper(),
    }
    if "exception" in event:
        known["full_message"] = event.pop("exception")
    return {**known, **{f"_{name}": value for name, value in event.items()}}
