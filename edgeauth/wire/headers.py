"""Which header fields may be believed, forwarded or repeated (RFC 9110 sections 5 and 7.6).

Trust: the client's, and the upstream's. Names arrive lower-cased.
"""

from collections.abc import Iterable
from typing import Final

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers

HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Connection-specific fields: they end at this hop (RFC 9110 section 7.6.1)."""

FORWARDING: Final = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-method",
        b"x-forwarded-path",
        b"x-forwarded-proto",
        b"x-forwarded-uri",
    }
)
"""What proxies say about the original request: removed unless the peer is trusted."""

REROUTING: Final = frozenset(
    {
        b"proxy",
        b"x-envoy-original-path",
        b"x-host",
        b"x-http-host-override",
        b"x-http-method",
        b"x-http-method-override",
        b"x-method-override",
        b"x-middleware-subrequest",
        b"x-original-host",
        b"x-original-method",
        b"x-original-uri",
        b"x-original-url",
        b"x-override-url",
        b"x-rewrite-url",
        b"x-waws-unencoded-url",
    }
)
"""Fields by which some upstreams read another request than the one that was decided about.

`Proxy` is no such field, but CGI makes `HTTP_PROXY` of it, through which many libraries send what
the upstream itself asks for (httpoxy, CVE-2016-5385). With `X-Middleware-Subrequest` Next.js leaves
its own checks out (CVE-2025-29927).

Nobody may say them to an upstream: a trusted proxy often passes on what its client said.
"""

CLIENT_CERTIFICATES: Final = frozenset(
    {b"client-cert", b"client-cert-chain", b"x-client-cert", b"x-forwarded-client-cert"}
)
"""Fields by which upstreams know a client's certificate.

Edgeauth says them, or a trusted proxy that is configured to; nobody else, and nobody takes away
what was said.
"""

ROUTING_HINTS: Final = (
    REROUTING
    | CLIENT_CERTIFICATES
    | frozenset(
        {
            b"cf-connecting-ip",
            b"client-ip",
            b"fastly-client-ip",
            b"forwarded-for",
            b"front-end-https",
            b"ssl-client-cert",
            b"true-client-ip",
            b"x-arr-clientcert",
            b"x-client-ip",
            b"x-client-verify",
            b"x-cluster-client-ip",
            b"x-envoy-external-address",
            b"x-envoy-internal",
            b"x-forwarded",
            b"x-original-forwarded-for",
            b"x-originating-ip",
            b"x-real-ip",
            b"x-remote-addr",
            b"x-remote-ip",
            b"x-scheme",
            b"x-ssl-client-cert",
            b"x-ssl-client-s-dn",
            b"x-ssl-client-verify",
            b"x-url-scheme",
        }
    )
)
"""Those, and what upstreams believe of the client and its connection.

Removed unless a trusted proxy says them, as is everything in X-Forwarded-*.
"""
_BY_PROXIES: Final = b"x-forwarded-"
_BELIEVED_OF_PROXIES: Final = FORWARDING | ROUTING_HINTS


def is_of_proxies(name: bytes) -> bool:
    """Returns whether only a proxy may say this field, for instance to whom a login belongs."""
    return name in _BELIEVED_OF_PROXIES or name.startswith(_BY_PROXIES)


def some_are_of_proxies(headers: Headers) -> bool:
    """Returns whether there are such fields among these."""
    if not _BELIEVED_OF_PROXIES.isdisjoint(headers):
        return True
    return b" ".join(headers).find(_BY_PROXIES) >= 0


# Octets are looked for by their numbers: `bytes in bytes` takes ten times as long, because CPython
# writes an exception before it looks.
_CR, _LF, _NUL = b"\r\n\0"
_SINGLETONS: Final = frozenset(
    {
        b"authorization",
        b"client-cert",
        b"content-length",
        b"content-type",
        b"dpop",
        b"expect",
        b"host",
        b"transfer-encoding",
        b"x-forwarded-client-cert",
        b"x-forwarded-host",
        b"x-forwarded-method",
        b"x-forwarded-proto",
        b"x-forwarded-uri",
    }
)


STANDARD_REQUEST_FIELDS: Final = frozenset(
    {
        b"accept",
        b"accept-charset",
        b"accept-encoding",
        b"accept-language",
        b"authorization",
        b"cache-control",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-type",
        b"cookie",
        b"date",
        b"from",
        b"host",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"max-forwards",
        b"origin",
        b"pragma",
        b"prefer",
        b"range",
        b"referer",
        b"user-agent",
    }
)
"""Fields that clients send for reasons of their own."""

STANDARD_RESPONSE_FIELDS: Final = frozenset(
    {
        b"accept-ranges",
        b"age",
        b"allow",
        b"cache-control",
        b"content-digest",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-location",
        b"content-range",
        b"content-security-policy",
        b"content-type",
        b"date",
        b"etag",
        b"expires",
        b"last-modified",
        b"link",
        b"location",
        b"pragma",
        b"repr-digest",
        b"retry-after",
        b"server",
        b"set-cookie",
        b"strict-transport-security",
        b"vary",
        b"via",
        b"www-authenticate",
    }
)
"""Fields that upstreams send for reasons of their own; without some, clients would be less safe."""


def check_singletons(headers: Headers) -> None:
    """Refuses fields that two readers could take two values from.

    Raises:
        Malformed: a field that may come only once came twice.
    """
    for name in headers.repeated:
        if name in _SINGLETONS:
            raise Malformed(f"the field {name.decode()} is repeated")


def connection_options(headers: Headers) -> frozenset[bytes]:
    """Returns the lower-cased options of the Connection field, the names it lists among them."""
    value = headers.get(b"connection")
    if value is None:
        return frozenset()
    return frozenset(option.strip().lower() for option in value.split(b","))


def ended_here(headers: Headers) -> frozenset[bytes]:
    """Returns the names that are listed in the Connection field: who sent them means this hop.

    What almost everybody lists there ends here anyway.
    """
    if headers.get(b"connection", b"keep-alive") == b"keep-alive":
        return frozenset()
    return connection_options(headers)


def check_value(value: bytes) -> bytes:
    """Returns the value of a field that edgeauth sets, if it is one line.

    Raises:
        Malformed: it holds CR, LF or NUL (RFC 9110 section 5.5).
    """
    if _CR in value or _LF in value or _NUL in value:
        raise Malformed("the value of a header field would hold a line break or NUL")
    return value


_TOKEN: Final = frozenset(
    b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)


def is_token(text: Iterable[int]) -> bool:
    """Returns whether the octets are a token (RFC 9110 section 5.6.2), e.g. a method or name."""
    octets = frozenset(text)
    return bool(octets) and octets <= _TOKEN
