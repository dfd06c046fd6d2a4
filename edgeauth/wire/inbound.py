"""From the head of a message to the one canonical request, for the proxy and the decision door.

Trust: everything here is the client's, but for forwarding fields of a trusted peer.
"""

from collections.abc import Mapping
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
    X_FORWARDED_CLIENT_CERT,
    Element,
    parse_client_certificate_field,
)
from edgeauth.wire.forwarded import client_addresses
from edgeauth.wire.headers import (
    CLIENT_CERTIFICATES,
    HOP_BY_HOP,
    check_singletons,
    ended_here,
    is_of_proxies,
    is_token,
    some_are_of_proxies,
)
from edgeauth.wire.uri import parse_path, parse_query, parse_resolved_path

_LONGEST_METHOD: Final = 32
_KNOWN_METHODS: Final = {
    name.encode(): name
    for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE")
}
_OF_THIS_HOP: Final = HOP_BY_HOP | {b"content-length", b"expect", b"host"}
"""Fields that are read here, although the Connection field may list them."""
_UNBELIEVED_CERTIFICATES: Final[Mapping[bytes | None, frozenset[bytes]]] = {
    None: CLIENT_CERTIFICATES,
    CLIENT_CERT: CLIENT_CERTIFICATES - {CLIENT_CERT, CLIENT_CERT_CHAIN},
    X_FORWARDED_CLIENT_CERT: CLIENT_CERTIFICATES - {X_FORWARDED_CLIENT_CERT},
}
"""By the field that a proxy tells of certificates in: those that it just passes on (attack 151)."""
_SCHEMES: Final = {b"http": "http", b"https": "https"}
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
    ended = ended_here(headers) - _OF_THIS_HOP
    # A gateway may pass on what its client lists there, and the listed fields as well.
    if not (peer.trusted or ended.isdisjoint(headers)):
        # Upstreams will not see them, so nothing is decided by them (attack 44).
        fields = [each for each in fields if each[0] not in ended]
        headers = Headers(fields)
    host = headers.get(b"host")
    if host is None:
        raise Malformed("the Host field is missing")
    authority = parse_authority(host)
    if target[:1] != b"/":
        target = _origin_form(method, target, authority)
    path, _, query = target.partition(b"?")
    if peer.trusted:
        return _original_request(method, path, query, authority, headers, peer)
    if some_are_of_proxies(headers):
        headers = Headers(each for each in fields if not is_of_proxies(each[0]))
    if peer.certificate_told:
        headers = Headers((*headers.fields, *peer.certificate_told))
    request = Request(
        _KNOWN_METHODS.get(method) or _method(method),
        peer.scheme,
        authority,
        parse_resolved_path(path) if peer.only_resolved else parse_path(path),
        parse_query(query) if query else "",
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


def _origin_form(method: bytes, target: bytes, authority: str) -> bytes:
    """Returns path and query of a target that is more; an absolute one has to agree with Host."""
    if target == b"*" and method == b"OPTIONS":
        return b"/"
    scheme, separator, rest = target.partition(b"://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise Malformed("the request target is neither a path nor an absolute URL")
    host, slash, path = rest.partition(b"/")
    if b"?" in host or parse_authority(host) != authority:
        raise Malformed("the request target names another host than the Host field")
    return slash + path


def _method(raw: bytes) -> str:
    """Returns a method that is none of those that everybody knows."""
    if len(raw) > _LONGEST_METHOD or not is_token(raw):
        raise Malformed("the method is no token")
    return raw.decode("ascii")


def _original_request(
    method: bytes, path: bytes, query: bytes, authority: str, headers: Headers, peer: Peer
) -> Request:
    """Returns the request as the trusted peer describes it; what it leaves out is its own."""
    scheme = peer.scheme
    proto = headers.get(b"x-forwarded-proto")
    if proto is not None:
        scheme = _SCHEMES.get(proto) or _scheme(proto)
    field = peer.certificate_field
    unbelieved = _UNBELIEVED_CERTIFICATES[field]
    if not headers.keys().isdisjoint(unbelieved):
        headers = Headers(each for each in headers.fields if each[0] not in unbelieved)
    host = headers.get(b"x-forwarded-host")
    uri = headers.get(b"x-forwarded-uri")
    if uri is not None:
        if uri[:1] != b"/":
            uri = _without_authority(uri)
        forwarded_path, _, forwarded_query = uri.partition(b"?")
        path, query = forwarded_path or path, forwarded_query or query
    method = headers.get(b"x-forwarded-method") or method
    return Request(
        _KNOWN_METHODS.get(method) or _method(method),
        scheme,
        authority if host is None else parse_authority(host),
        parse_resolved_path(path) if peer.only_resolved else parse_path(path),
        parse_query(query) if query else "",
        headers,
        client_addresses(peer.address, headers.get(b"forwarded"), headers.get(b"x-forwarded-for")),
        None if field is None else _client_certificate(headers, field, peer.certificate_element),
    )


def _scheme(raw: bytes) -> str:
    """Returns a scheme that is not written as usual."""
    scheme = _SCHEMES.get(raw.lower())
    if scheme is None:
        raise Malformed("the forwarded scheme is neither http nor https")
    return scheme


def _client_certificate(
    headers: Headers, name: bytes, element: Element
) -> ClientCertificate | None:
    """Returns the certificate that the one believed field tells of (attack 151)."""
    value = headers.get(name)
    return None if value is None else parse_client_certificate_field(name, value, element)


def _without_authority(uri: bytes) -> bytes:
    """Returns path and query of a forwarded URI; its authority, if any, is nobody's business."""
    if not uri.startswith((b"http://", b"https://")):
        return uri
    # Else it is refused as a part of the path or the query.
    if _NUMBER_SIGN in uri:
        raise Malformed("the forwarded URI has a fragment")
    hierarchy, mark, query = uri.partition(b"://")[2].partition(b"?")
    _, slash, path = hierarchy.partition(b"/")
    return slash + path + mark + query
