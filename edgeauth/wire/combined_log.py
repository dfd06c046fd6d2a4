"""The combined log format of Apache, which nginx and every analyser of logs know.

Trust: everything but addresses, numbers and moments is the client's words. None of them ends a
line, a quotation or a field.

Source:
    Apache HTTP Server 2.4, mod_log_config: "Combined Log Format", and "Format Notes" on escaping.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip
_ESCAPED: Final = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0x100))
} | {ord('"'): '\\"', ord("\\"): "\\\\"}  # fmt: skip


class CombinedEntry(NamedTuple):
    """What a line says; an empty text is written as `-`."""

    client: str
    user: str
    seconds: float
    """When the request came, since the epoch."""
    method: str
    target: str
    protocol: str
    status: int
    octets: int
    """Of the content of the answer."""
    referer: str
    user_agent: str


def combined_line(entry: CombinedEntry) -> bytes:
    """Returns one line of ASCII without its line break."""
    start = f"{entry.method} {entry.target} {entry.protocol}" if entry.method else "-"
    user = escaped(entry.user).replace(" ", "\\x20") if entry.user else "-"
    return (
        f"{entry.client or '-'} - {user} [{_moment(int(entry.seconds))}] "
        f'"{escaped(start)}" {entry.status or "-"} {entry.octets or "-"} '
        f'"{escaped(entry.referer) or "-"}" "{escaped(entry.user_agent) or "-"}"'
    ).encode("ascii")


def escaped(text: str) -> str:
    """Returns a text as it may stand between quotes: printable ASCII only."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    # Octets of UTF-8, as Apache writes them; what is no text is a question mark.
    return text.encode("utf-8", "replace").decode("latin-1").translate(_ESCAPED)


@lru_cache(maxsize=4)
def _moment(seconds: int) -> str:
    """Returns a second as `10/Oct/2026:13:55:36 +0000`, whatever the locale is."""
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at.day:02}/{_MONTHS[at.month - 1]}/{at.year}:{at:%H:%M:%S} +0000"
