"""What a client has shown in its TLS handshake, for rules and for upstreams.

Trust: whoever vouches for the certificate was checked in the handshake; the names in it are still
its owner's words, and are parsed strictly.
"""

import ssl
from collections.abc import Iterable
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.wire.client_certificates import client_certificate_fields, parse_certificate

Telling: TypeAlias = Literal["none", "leaf", "chain"]
"""What upstreams are told of a certificate."""

_DER = 2
"""ENCODING_DER of the module `_ssl`."""


class _Certificate(Protocol):
    """A certificate as OpenSSL has it."""

    def public_bytes(self, form: int, /) -> bytes:
        """Returns it in a form."""
        ...


@runtime_checkable
class _Verified(Protocol):
    """A connection that knows who vouched for its peer; what Python tells since 3.13."""

    def get_verified_chain(self) -> Iterable[bytes | _Certificate] | None:
        """Returns the certificate of the peer and those above it."""
        ...


def shown_certificate(connection: object) -> ClientCertificate | None:
    """Returns the certificate that a client has shown; None when it has shown none.

    Args:
        connection: `ssl_object` of its transport.

    Raises:
        Malformed: a name in it holds control characters (attack 152), or there are too many.
    """
    if not isinstance(connection, ssl.SSLObject):
        return None
    der = connection.getpeercert(binary_form=True)
    return None if der is None else parse_certificate(der)


def told_fields(
    connection: object, certificate: ClientCertificate | None, telling: Telling
) -> tuple[tuple[bytes, bytes], ...]:
    """Returns the fields that tell upstreams of a certificate.

    Raises:
        Malformed: they would be longer than upstreams take.
    """
    if certificate is None or telling == "none":
        return ()
    chain = _above(connection) if telling == "chain" else ()
    return client_certificate_fields(certificate.der, chain)


def _above(connection: object) -> tuple[bytes, ...]:
    """Returns those that vouch for the peer, its issuer first; none for a resumed session."""
    if not isinstance(connection, _Verified):  # Python 3.11 and 3.12 know it one level below
        connection = getattr(connection, "_sslobj", None)
    if not isinstance(connection, _Verified):
        return ()
    chain = connection.get_verified_chain() or ()
    octets = [each if isinstance(each, bytes) else each.public_bytes(_DER) for each in chain]
    return tuple(octets[1:])
