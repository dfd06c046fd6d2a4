"""From a permitted request to what the upstream receives, and back.

Everything the client said is sent on but for what ends at this hop, what the pipeline answers for
and what some upstream might mistake for it; then comes what the pipeline says, then who asked.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote_plus, urlencode

from edgeauth.model.decision import Field, Permit
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers, Request
from edgeauth.model.routing import Target
from edgeauth.wire.cookies import without_cookies
from edgeauth.wire.cors import CORS_FIELDS
from edgeauth.wire.forwarded import is_closed
from edgeauth.wire.headers import (
    FORWARDING,
    HOP_BY_HOP,
    REROUTING,
    STANDARD_RESPONSE_FIELDS,
    check_value,
    ended_here,
    is_of_proxies,
)
from edgeauth.wire.http1 import Framing
from edgeauth.wire.uri import decode_slashes, parse_path

_UNDERSCORE, _DOT = b"_."
_REBUILT: Final = HOP_BY_HOP | FORWARDING | REROUTING | {b"content-length", b"expect", b"host"}
"""Fields that are never copied: they are made anew or end here."""
_NEVER_ANSWERED: Final = HOP_BY_HOP | {b"authorization", b"content-length"}
"""Fields that no upstream tells a client: credentials of requests, and what is said anew."""
_NEVER_TOLD: Final = HOP_BY_HOP | {
    b"content-length",
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
}
"""Fields that the pipeline does not set either: they are made anew or end here."""


class Relay(NamedTuple):
    """A proxy on the way that reads the request, and passes it on to whom its target names."""

    authorization: str = ""
    """What it wants to be told to do so; empty for nothing."""


def request_head(
    request: Request,
    permit: Permit,
    target: Target,
    framing: Framing,
    upgrade: bytes | None = None,
    relay: Relay | None = None,
) -> bytes:
    """Returns the head of the upstream request, ready to be sent.

    Args:
        request: the canonical request.
        permit: what the pipeline says.
        target: where it goes.
        framing: of the content that will follow.
        upgrade: the protocol that the upstream is asked to switch to, if any.
        relay: whom it is sent to, unless that is the upstream itself. Then Host is always that of
            the target: proxies go by the target alone (RFC 9112 section 3.2.2).

    Raises:
        Malformed: the rewritten target or a field of the pipeline can not be sent safely.
    """
    pipeline, host = _pipeline_fields(permit)
    if host is None:
        host = (request.host if target.forward_host_header else target.authority).encode()
    asked = upstream_target(request, target).encode()
    if relay is not None:
        host = target.authority.encode()
        asked = b"http://%b%b" % (host, asked)
    parts = [b"%b %b HTTP/1.1\r\nhost: %b\r\n" % (request.method.encode(), asked, host)]
    if relay is not None and relay.authorization:
        parts.append(b"proxy-authorization: %b\r\n" % relay.authorization.encode())
    parts += _client_fields(request.headers, permit)
    parts += pipeline
    parts.append(_forwarding_fields(request))
    if framing.chunked:
        parts.append(b"transfer-encoding: chunked\r\n")
    elif framing.length or request.method in {"POST", "PUT", "PATCH"}:
        parts.append(b"content-length: %d\r\n" % (framing.length or 0))
    if upgrade is not None:
        parts.append(b"connection: upgrade\r\nupgrade: %b\r\n" % upgrade)
    parts.append(b"\r\n")
    return b"".join(parts)


def _client_fields(headers: Headers, permit: Permit) -> list[bytes]:
    dropped = _never_copied(permit.owned)
    ended = ended_here(headers)
    if ended:
        # Proxies often pass on what their clients list, but nobody takes away what they say.
        dropped |= {name for name in ended if not is_of_proxies(name)}
    names = b" ".join(headers)
    if _UNDERSCORE in names or _DOT in names:
        dropped |= {name for name in headers if _is_unclear(name, permit.owned)}
    if b"cookie" in headers or permit.edits.cookies:
        return _fields_with_cookies(headers, permit, dropped)
    return [b"%b: %b\r\n" % field for field in headers.fields if field[0] not in dropped]


@lru_cache(maxsize=1024)  # one set for each rule, or for all of them
def _never_copied(owned: frozenset[bytes]) -> frozenset[bytes]:
    """Returns the names of fields that upstreams never get from the client."""
    return _REBUILT | owned


def _fields_with_cookies(
    headers: Headers, permit: Permit, dropped: frozenset[bytes]
) -> list[bytes]:
    """Returns the client's fields, its cookies and the pipeline's in one of them."""
    is_copied = b"cookie" in headers and b"cookie" not in dropped
    kept = without_cookies(headers[b"cookie"], permit.owned) if is_copied else b""
    cookies = _cookie_value(kept, permit.edits.cookies)
    cookie = b"cookie: %b\r\n" % cookies if cookies else b""
    fields: list[bytes] = []
    for name, value in headers.fields:
        if name == b"cookie" and is_copied:
            fields.append(cookie)
            cookie = b""
        elif name not in dropped:
            fields.append(b"%b: %b\r\n" % (name, value))
    fields.append(cookie)
    return fields


def _is_unclear(name: bytes, owned: frozenset[bytes]) -> bool:
    """Returns whether some upstream would take it for another field."""
    return _UNDERSCORE in name or (_DOT in name and _is_alias(name, owned))


def _is_alias(name: bytes, owned: frozenset[bytes]) -> bool:
    """Returns whether an upstream that reads dots as dashes would take it for another field."""
    read = name.replace(b".", b"-")
    return read in owned or read in _REBUILT or is_of_proxies(read)


def _cookie_value(known: bytes, cookies: tuple[tuple[str, str], ...]) -> bytes:
    own = [check_value(f"{name}={value}".encode()) for name, value in cookies]
    return b"; ".join([known, *own] if known else own)


def _pipeline_fields(permit: Permit) -> tuple[list[bytes], bytes | None]:
    """Returns the pipeline's fields that are sent, and its Host, if it sets one."""
    fields: list[bytes] = []
    host: bytes | None = None
    for name, value in permit.edits.fields:
        if name == b"host":
            host = check_value(value)
        elif name not in _NEVER_TOLD:
            fields.append(b"%b: %b\r\n" % (name, check_value(value)))
    return fields, host


def _forwarding_fields(request: Request) -> bytes:
    """Returns who asked for what, in both families of forwarding fields (RFC 7239).

    What came in `Forwarded` is left out if ours would be read as a part of it.
    """
    addresses, host, scheme = request.client_addresses, request.host, request.scheme
    peer = addresses[-1]
    node = f'"[{peer}]"' if ":" in peer else peer
    chain = f'for={node};host="{host}";proto={scheme}'
    known = request.headers.get(b"forwarded")
    if known is not None and is_closed(known):
        chain = f"{known.decode('latin-1')}, {chain}"
    return (
        f"x-forwarded-for: {', '.join(addresses)}\r\n"
        f"x-forwarded-host: {host}\r\n"
        f"x-forwarded-proto: {scheme}\r\n"
        f"forwarded: {chain}\r\n"
    ).encode("latin-1")


def upstream_target(request: Request, target: Target) -> str:
    """Returns path and query as the upstream gets them: rewritten, still in normal form.

    Raises:
        Malformed: the rewritten path is no longer one that can be read in one way only.
    """
    path, query = request.path, request.raw_query
    if target.decode_slashes:
        path = decode_slashes(path)
    if target.strip_path_prefix or target.add_path_prefix:
        path = target.add_path_prefix + path.removeprefix(target.strip_path_prefix)
        if not path.startswith("/"):
            path = f"/{path}"
        if parse_path(path.encode("ascii")) != path:
            raise Malformed("the rewritten path is not in normal form")
    if query and target.strip_query_parameters:
        query = _without_parameters(query, target.strip_query_parameters)
    return f"{path}?{query}" if query else path


def _without_parameters(query: str, names: frozenset[str]) -> str:
    """Returns the query without the named parameters, sorted and encoded anew.

    A query that another reader could split differently is refused: the parameter might hide there.
    """
    if ";" in query and any(name in unquote_plus(query) for name in names):
        raise Malformed("the query separates parameters with a semicolon")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise Malformed("the query can not be decoded") from None
    return urlencode(sorted((pair for pair in pairs if pair[0] not in names), key=lambda p: p[0]))


def response_fields(
    written: Sequence[tuple[bytes, bytes]],
    owned: frozenset[bytes],
    cors_fields: Iterable[Field] = (),
) -> tuple[list[bytes], Headers]:
    """Returns the upstream's fields as the client gets them, and those that end here.

    What the pipeline tells upstreams stays inside: one that echoes its request would give the
    contract away.

    Args:
        written: the fields of the upstream's response, names as it wrote them.
        owned: names of the pipeline's fields; those that mean something of their own in responses
            go on, and so do cookies: `Set-Cookie` is no cookie of a request.
        cors_fields: what the browser is told about other origins; then the upstream says nothing
            about them.

    Returns:
        lines, without those about framing and connection, which the caller adds; and all fields
        that say something about framing and connection.
    """
    hidden = _never_answered(owned)
    if cors_fields:
        hidden |= CORS_FIELDS
    lines, ended = _divided(written, hidden)
    listed = ended_here(ended)
    if listed:
        lines, _ = _divided(written, hidden | listed)
    if cors_fields:
        lines += [b"%b: %b\r\n" % field for field in cors_fields]
    return lines, ended


def _divided(
    written: Sequence[tuple[bytes, bytes]], hidden: frozenset[bytes]
) -> tuple[list[bytes], Headers]:
    """Returns the lines of all fields but the hidden ones, and these."""
    lines: list[bytes] = []
    ended: list[Field] = []
    for field in written:
        name = field[0].lower()
        if name in hidden:
            ended.append((name, field[1]))
        else:
            lines.append(b"%b: %b\r\n" % field)
    return lines, Headers(ended)


@lru_cache(maxsize=1024)  # one set for each rule, or for all of them
def _never_answered(owned: frozenset[bytes]) -> frozenset[bytes]:
    """Returns the names of fields that clients never get from an upstream."""
    return _NEVER_ANSWERED | (owned - STANDARD_RESPONSE_FIELDS)
