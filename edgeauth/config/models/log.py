"""What is logged: how the process does, and the exchanges with clients."""

from typing import Literal, TypeAlias

from pydantic import model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Text
from edgeauth.config.specification import Specification

AccessLogForm: TypeAlias = Literal["json", "combined", "gelf"]


class AccessLog(Specification):
    """What the access log looks like and where it goes."""

    format: AccessLogForm = "json"
    """What a line looks like; `combined` is the format of that name of Apache and nginx."""
    to: Text = "stdout"
    """`stdout`, `stderr` or a file, which SIGHUP and SIGUSR1 have opened again."""
    management: bool = False
    """Whether health, keys and metrics are logged, too."""


class Log(Specification):
    """The logs of the process, but for that of decisions, which is always written."""

    level: Literal["trace", "debug", "info", "warn", "error", "fatal", "panic"] = "error"
    format: Literal["json", "text", "gelf"] = "json"
    """What a line looks like."""
    access_log_enabled: bool = False
    """Whether there is a line for every exchange with a client."""
    access_log: AccessLog = AccessLog()

    @model_validator(mode="after")
    def _check_access_log(self) -> "Log":
        told = self.model_fields_set
        if "access_log" in told and "access_log_enabled" not in told:
            message = "access_log has no effect without access_log_enabled"
            refuse([Finding(message, ("access_log",), on_key=True)])
        return self
