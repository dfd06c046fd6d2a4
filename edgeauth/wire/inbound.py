"""From the head of a message to the one canonical request, for the proxy and the decision door.

Trust: everything here is the client's, but for forwarding fields of a trusted peer.
"""

from ipaddress import ip_address
from typing import Final

from msgspec import Struct

from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers, Request
from edgeauth.wire.authority import parse_authority
from edgeauth.wire.client_certificates import (
    CLIENT_CERT,
    CLIENT_CERT_CHAIN,
    Element,
    parse_client_certificate_field,
)
from edgeauth.wire.forwarded import forwarded_addresses
from edgeauth.wire.headers import (
    CLIENT_CERTIFICATES,
    FORWARDING,
    ROUTING_HINTS,
    check_singletons,
    is_token,
)
from edgeauth.wire.uri import parse_path, parse_query, parse_resolved_path

_LONGEST_METHOD: Final = 32
_KNOWN_METHODS: Final = {
    name.encode(): name
    for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
}
_NEVER_BELIEVED: Final = FORWARDING | ROUTING_HINTS
_NUMBER_SIGN: Final = ord("#")


class Peer(Struct, frozen=True):
    """The other end of a connection; the same for all its requests."""

    address: str
    """IP address; `@` for a unix socket."""
    trusted: bool
    """Whether it is one of `serve.trusted_proxies`."""
    scheme: str
    """`https` when the connection is encrypted."""
    certificate_field: bytes | None = None
    """The field that tells of the client's certificate, if the peer is trusted to set one."""
    certificate_element: Element = "only"
    """Which certificate counts where the field tells of several."""
    certificate: ClientCertificate | None = None
    """What the peer itself has shown; of a trusted one it says nothing about its clients."""
    certificate_told: tuple[tuple[bytes, bytes], ...] = ()
    """The fields that tell upstreams of it; none where they are not told."""
    server_name: str | None = None
    """The one host that it may ask for, in normal form; empty for addresses, None for any host."""
    only_resolved: bool = False
    """Whether paths with dot segments or empty ones are malformed."""


def canonical_request(
    method: bytes, target: bytes, fields: list[tuple[bytes, bytes]], peer: Peer
) -> Request:
    """Returns what the client asked for.

    Args:
        method: as received.
        target: the request target (RFC 9112 section 3.2).
        fields: names lower-cased.
        peer: decides whether forwarding fields count; if not they are removed.

    Raises:
        Malformed: the request can be read in more than one way, or in none.
    """
    headers = Headers(fields)
    if headers.repeated:
        check_singletons(headers)
    host = headers.get(b"host")
    if host is None:
        raise Malformed("the Host field is missing")
    authority = parse_authority(host)
    path, query = _split_target(method, target, authority)
    if peer.trusted:
        return _original_request(method, path, query, authority, headers, peer)
    if not _NEVER_BELIEVED.isdisjoint(headers):
        headers = Headers(each for each in fields if each[0] not in _NEVER_BELIEVED)
    if peer.certificate_told:
        headers = Headers((*headers.fields, *peer.certificate_told))
    request = Request(
        _method(method),
        peer.scheme,
        authority,
        parse_resolved_path(path) if peer.only_resolved else parse_path(path),
        parse_query(query),
        headers,
        (peer.address,),
        peer.certificate,
    )
    if peer.server_name is not None:
        _check_server_name(request.hostname, peer.server_name)
    return request


def _check_server_name(host: str, name: str) -> None:
    """Refuses a host that the connection was not made for (RFC 9110 sections 7.4 and 15.5.20)."""
    if host != name and (name or not _is_address(host)):
        raise Malformed("the host is not the one that the connection was made for", 421)


def _is_address(host: str) -> bool:
    if host.startswith("["):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _split_target(method: bytes, target: bytes, authority: str) -> tuple[bytes, bytes]:
    """Returns path and query of the target; an absolute target has to agree with Host."""
    if target[:1] != b"/":
        if target == b"*" and method == b"OPTIONS":
            return b"/", b""
        scheme, separator, rest = target.partition(b"://")
        if not separator or scheme.lower() not in {b"http", b"https"}:
            raise Malformed("the request target is neither a path nor an absolute URL")
        host, slash, target = rest.partition(b"/")
        if b"?" in host or parse_authority(host) != authority:
            raise Malformed("the request target names another host than the Host field")
        target = slash + target
    path, _, query = target.partition(b"?")
    return path, query


def _method(raw: bytes) -> str:
    known = _KNOWN_METHODS.get(raw)
    if known is not None:
        return known
    if len(raw) > _LONGEST_METHOD or not is_token(raw):
        raise Malformed("the method is no token")
    return raw.decode("ascii")


def _original_request(
    method: bytes, path: bytes, query: bytes, authority: str, headers: Headers, peer: Peer
) -> Request:
    """Returns the request as the trusted peer describes it; what it leaves out is its own."""
    proto = headers.get(b"x-forwarded-proto")
    scheme = peer.scheme if proto is None else proto.decode("latin-1").lower()
    if scheme not in {"http", "https"}:
        raise Malformed("the forwarded scheme is neither http nor https")
    if not CLIENT_CERTIFICATES.isdisjoint(headers):
        headers = _without_unbelieved(headers, peer.certificate_field)
    host = headers.get(b"x-forwarded-host")
    uri = headers.get(b"x-forwarded-uri")
    if uri is not None:
        forwarded_path, forwarded_query = _split_forwarded_uri(uri)
        path, query = forwarded_path or path, forwarded_query or query
    return Request(
        _method(headers.get(b"x-forwarded-method") or method),
        scheme,
        authority if host is None else parse_authority(host),
        parse_resolved_path(path) if peer.only_resolved else parse_path(path),
        parse_query(query),
        headers,
        (*forwarded_addresses(headers), peer.address),
        _client_certificate(headers, peer),
    )


def _without_unbelieved(headers: Headers, believed: bytes | None) -> Headers:
    """Returns the fields without those on certificates that a proxy just passes on (attack 151)."""
    kept = {believed, CLIENT_CERT_CHAIN} if believed == CLIENT_CERT else {believed}
    return Headers(
        each for each in headers.fields if each[0] in kept or each[0] not in CLIENT_CERTIFICATES
    )


def _client_certificate(headers: Headers, peer: Peer) -> ClientCertificate | None:
    """Returns the certificate that the one believed field tells of (attack 151)."""
    name = peer.certificate_field
    value = None if name is None else headers.get(name)
    if name is None or value is None:
        return None
    return parse_client_certificate_field(name, value, peer.certificate_element)


def _split_forwarded_uri(uri: bytes) -> tuple[bytes, bytes]:
    """Returns path and query of a forwarded URI; its authority, if any, is nobody's business."""
    if _NUMBER_SIGN in uri:
        raise Malformed("the forwarded URI has a fragment")
    if uri.startswith((b"http://", b"https://")):
        hierarchy, _, query = uri.partition(b"://")[2].partition(b"?")
        _, slash, path = hierarchy.partition(b"/")
        return slash + path, query
    path, _, query = uri.partition(b"?")
    return path, query
