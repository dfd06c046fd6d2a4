"""Builds the logs of decisions and of exchanges."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from edgeauth.config.models.log import Log
from edgeauth.ports.services import Clock
from edgeauth.services.access_log import AccessLog, dropped_line
from edgeauth.services.decision_log import DecisionLog
from edgeauth.services.line_writer import LineWriter, LogStream
from edgeauth.services.log_file import LogFile
from edgeauth.services.log_output import LogOutput
from edgeauth.services.log_status import LogStatus
from edgeauth.services.turn import Turn


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of a process.

    Attributes:
        decisions: one line each.
        access: one line for each exchange; None when nobody wants it.
        writers: by the name of their log; have to run.
        file: that the access log is appended to; None when it goes elsewhere.
    """

    decisions: DecisionLog
    access: AccessLog | None
    writers: Mapping[str, LineWriter]
    file: LogFile | None = None

    @property
    def statuses(self) -> dict[str, LogStatus]:
        """Returns how they do, by name."""
        return {name: writer.status for name, writer in self.writers.items()}

    def open(self) -> None:
        """Opens the file.

        Raises:
            OSError: it can not be written to; the text names it.
        """
        if self.file is not None:
            self.file.open()

    def reopen(self) -> None:
        """Writes to what the path of the configuration names now."""
        if self.file is not None:
            self.file.reopen()


def logs_of(settings: Log, clock: Clock) -> Logs:
    """Returns the logs that a configuration wants.

    Args:
        settings: the `log` section.
        clock: the time of the lines.
    """
    turn = Turn()
    standard = _output(sys.stdout)
    decisions = DecisionLog(standard, clock, turn=turn)
    writers = {"decision": decisions.writer}
    if not settings.access_log_enabled:
        return Logs(decisions, None, writers)
    form, to = settings.access_log.format, settings.access_log.to
    file: LogFile | None = None
    stream = _output(sys.stderr) if to == "stderr" else standard
    if to not in ("stdout", "stderr"):
        stream = file = LogFile(to)
    if to != "stdout":
        turn = Turn()  # whoever is slow to read it must not hold up the other log
    told = None if form == "combined" else lambda lines: dropped_line(form, clock.now(), lines)
    writers["access"] = LineWriter(stream, told, turn=turn)
    return Logs(decisions, AccessLog(writers["access"], form), writers, file)


def _output(stream: TextIO) -> LogStream:
    try:
        return LogOutput(stream.fileno())
    except OSError:  # nothing that the operating system knows
        return stream.buffer
