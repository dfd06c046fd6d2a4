"""The certificate that a client has shown when its connection was made."""

from typing import NamedTuple


class ClientCertificate(NamedTuple):
    """A certificate whose private key the client has proven to own.

    Who vouches for it was checked by whoever ended the TLS connection: a listener of edgeauth, or
    a trusted proxy.
    """

    fingerprint: bytes
    """SHA-256 over its DER form."""
    subject: str
    """The distinguished name as RFC 4514 writes it; empty when there is none."""
    uris: tuple[str, ...] = ()
    """URIs among the alternative names, a SPIFFE id for instance, in their order."""
    dns_names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    der: bytes = b""
    """The certificate; empty where a proxy told its digest and names only."""
