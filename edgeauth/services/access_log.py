"""The access log: one line for every exchange with a client, however it ended.

A line never holds a query, a credential or a cookie. The decision log says why something was
decided; this one says what became of it.

Trust: method, host, path, subject and the names of programs are the client's words; JSON escapes
them, and so does the combined format.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from edgeauth.config.models.log import AccessLogForm
from edgeauth.services.gelf import gelf_line
from edgeauth.services.line_writer import LineWriter
from edgeauth.wire.combined_log import CombinedEntry, combined_line

_ENCODE: Final = msgspec.json.Encoder().encode
NO_TIME: Final = 0.0
"""A duration that is left out: encoders know a default by what it is, not by what it equals."""

_GELF_NAMES: Final = {
    "time": "tx_start",
    "client_address": "client_ip",
    "method": "http_method",
    "scheme": "http_scheme",
    "host": "http_host",
    "path": "http_path",
    "user_agent": "http_user_agent",
    "status": "http_status_code",
    "bytes_out": "body_bytes_sent",
    "rule": "rule_id",
}
"""Our names of fields, and those that the reference has in its log."""


class Entry(msgspec.Struct, omit_defaults=True, tag_field="log", tag="access", gc=False):
    """The fields of a line; empty ones are left out. Those of the decision log have its names.

    Attributes:
        time: when the request came; seconds since the epoch.
        listener: `proxy`, `decision`, `management` or `metrics`.
        client: the addresses of the forwarding chain, the peer last.
        client_address: the one of them that is the client's: the last that is no trusted proxy.
        status: of the answer; 0 when there was none.
        bytes_in: octets of content that the client has sent.
        bytes_out: octets of content that were sent to it, framing of chunks included.
        duration: seconds from the request to the end of the answer.
        first_byte: seconds from the request to the head of the answer.
        upstream: address of the service that was asked.
        upstream_time: seconds from the decision to the head of its answer.
        upstream_connect_time: of them, those until there was a connection.
        upstream_error: how it has failed; a value of `UpstreamFailure`.
        upstream_detail: the same in words, which are ours.
        error: why it did not go well.
        upgrade: the protocol that the connection has switched to.
    """

    time: float
    listener: str
    client: tuple[str, ...]
    client_address: str
    method: str = ""
    scheme: str = ""
    host: str = ""
    path: str = ""
    protocol: str = ""
    status: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    duration: float = NO_TIME
    first_byte: float = NO_TIME
    decision: str = ""
    rule: str = ""
    subject: str = ""
    error: str = ""
    upstream: str = ""
    upstream_time: float = NO_TIME
    upstream_connect_time: float = NO_TIME
    upstream_error: str = ""
    upstream_detail: str = ""
    upgrade: str = ""
    tls: str = ""
    user_agent: str = ""
    referer: str = ""
    request_id: str = ""
    traceparent: str = ""


class AccessLog:
    """Makes lines of exchanges.

    Args:
        writer: takes them.
        form: what a line looks like.

    Attributes:
        record: keeps the line of an exchange until the next write.
    """

    def __init__(self, writer: LineWriter, form: AccessLogForm) -> None:
        self._keep = writer.keep
        forms: dict[AccessLogForm, Callable[[Entry], None]] = {
            "json": self._json,
            "combined": self._combined,
            "gelf": self._gelf,
        }
        self.record = forms[form]

    def _json(self, entry: Entry) -> None:
        self._keep(_ENCODE(entry))

    def _gelf(self, entry: Entry) -> None:
        self._keep(gelf_line("TX finished", entry.time + entry.duration, _gelf_fields(entry)))

    def _combined(self, entry: Entry) -> None:
        self._keep(
            combined_line(
                CombinedEntry(
                    entry.client_address,
                    entry.subject,
                    entry.time,
                    entry.method,
                    entry.path,
                    entry.protocol,
                    entry.status,
                    entry.bytes_out,
                    entry.referer,
                    entry.user_agent,
                )
            )
        )


def dropped_line(form: AccessLogForm, seconds: float, lines: int) -> bytes:
    """Returns the line that says how many are missing, where lines have names for what they say."""
    if form == "gelf":
        return gelf_line("lines were dropped", seconds, {"log": "access", "dropped": lines})
    return _ENCODE({"log": "access", "time": seconds, "dropped": lines})


def _gelf_fields(entry: Entry) -> dict[str, str | float]:
    """Returns what a line says under the names of the reference, as far as it has names."""
    known = msgspec.structs.asdict(entry)
    said = {_GELF_NAMES.get(name, name): value for name, value in known.items() if value}
    said.update(log="access", client=", ".join(entry.client))
    said["access_granted"] = "true" if entry.decision == "permit" and not entry.error else "false"
    said["tx_duration_ms"] = int(said.pop("duration", 0) * 1000)
    return said
