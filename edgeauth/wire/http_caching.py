"""How long an answer may be used again (RFC 9111), for a cache of one user: edgeauth itself.

Only what a server plainly allows is kept: unknown, repeated or malformed directives make an answer
stale at once, never fresh for longer.

Trust: the server's fields.

Source:
    RFC 9111 sections 3 (storing), 4.2 (freshness), 4.3 (validation) and 5.2 (directives);
    RFC 5861 section 4 (`stale-if-error`).
"""

import re
from collections.abc import Mapping
from typing import Final

from edgeauth.wire.http_dates import parse_http_date

LONGEST_STALE: Final = 3_600.0
"""Seconds for which a stale answer may be used at most while nobody can be asked."""

LONGEST_FRESHNESS: Final = 86_400.0
"""Seconds: a slip of a server (`max-age` of years) ends after a day."""

_DIRECTIVE: Final = re.compile(
    r"""[ \t]*([A-Za-z0-9_-]+)(?:=(?:"([^"\\]*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+)))?[ \t]*(?:,|\Z)"""
)
_SECONDS: Final = re.compile(r"[0-9]{1,10}")
_MAX_LENGTH: Final = 1_000


def parse_cache_control(value: str) -> Mapping[str, str | None] | None:
    """Returns the directives by lower-cased name; None when the field can not be read.

    Of a directive that is there twice the first one counts, unless they differ: then nothing does.
    """
    found: dict[str, str | None] = {}
    position = 0
    if len(value) > _MAX_LENGTH:
        return None
    while position < len(value):
        match = _DIRECTIVE.match(value, position)
        if match is None:
            return None
        name = match[1].lower()
        argument = match[3] if match[2] is None else match[2]
        if found.setdefault(name, argument) != argument:
            return None
        position = match.end()
    return found


def may_be_stored(fields: Mapping[str, str]) -> bool:
    """Returns whether an answer may be kept at all.

    Args:
        fields: the answer's, by lower-cased name.
    """
    directives = parse_cache_control(fields.get("cache-control", ""))
    if directives is None or "no-store" in directives:
        return False
    return "*" not in fields.get("vary", "")


def freshness(fields: Mapping[str, str], now: float, default_ttl: float) -> float:
    """Returns for how many seconds an answer may be used without asking; 0 when it may not.

    Args:
        fields: the answer's, by lower-cased name.
        now: when it came, in seconds since the epoch.
        default_ttl: what counts when the answer does not say.
    """
    directives = parse_cache_control(fields.get("cache-control", ""))
    if directives is None or "no-cache" in directives:
        return 0.0
    if "max-age" in directives:
        lifetime = parse_seconds(directives["max-age"] or "")
    elif "expires" in fields:
        expires = parse_http_date(fields["expires"])
        sent = parse_http_date(fields.get("date", ""))
        lifetime = None if expires is None else expires - (now if sent is None else sent)
    else:
        lifetime = default_ttl
    if lifetime is None:
        return 0.0
    age = parse_seconds(fields["age"]) if "age" in fields else 0.0
    if age is None:
        return 0.0
    return max(0.0, min(lifetime - age, LONGEST_FRESHNESS))


def stale_if_error(fields: Mapping[str, str], most: float) -> float:
    """Returns for how many seconds an answer may be used when it is stale and nobody answers.

    Args:
        fields: the answer's, by lower-cased name.
        most: what is configured; an answer that says less, or that it must not, is obeyed.
    """
    directives = parse_cache_control(fields.get("cache-control", ""))
    if directives is None or not directives.keys().isdisjoint({"must-revalidate", "no-cache"}):
        return 0.0
    if "stale-if-error" not in directives:
        return most
    return min(most, parse_seconds(directives["stale-if-error"] or "") or 0.0)


def validators(fields: Mapping[str, str]) -> dict[str, str]:
    """Returns the fields that ask whether an answer is still the current one; may be empty."""
    found = {}
    if "etag" in fields:
        found["if-none-match"] = fields["etag"]
    if "last-modified" in fields:
        found["if-modified-since"] = fields["last-modified"]
    return found


def confirms(fields: Mapping[str, str], kept: Mapping[str, str]) -> bool:
    """Returns whether 304 speaks of the answer that is kept, and not of another version of it.

    Args:
        fields: those of the answer 304, by lower-cased name.
        kept: those of the answer that is kept.

    Source:
        RFC 9111 section 4.3.4; what names no version speaks of the one that was asked about.
    """
    if "etag" in fields:
        return fields["etag"].removeprefix("W/") == kept.get("etag", "").removeprefix("W/")
    return fields.get("last-modified", "") in ("", kept.get("last-modified"))


def parse_seconds(text: str) -> float | None:
    """Returns a number of seconds; None for anything but digits (RFC 9111 section 1.2.2)."""
    return float(text) if _SECONDS.fullmatch(text) else None
