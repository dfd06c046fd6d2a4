"""Client certificates: as DER, and as proxies that ended the TLS connection tell of them.

Trust: only called for the field that the configuration says trusted proxies set; still everything
is parsed strictly, since the names in a certificate are its owner's words.

Source:
    RFC 9440 section 2.2 (`Client-Cert`); RFC 5280 section 4.2.1.6 (alternative names);
    Envoy, HTTP header manipulation, `x-forwarded-client-cert`.
"""

import binascii
import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote_to_bytes

from cryptography import x509

from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.model.errors import Malformed
from edgeauth.wire.certificates import parse_x509
from edgeauth.wire.pem import CERTIFICATE, parse_pem

CLIENT_CERT: Final = b"client-cert"
CLIENT_CERT_CHAIN: Final = b"client-cert-chain"
X_FORWARDED_CLIENT_CERT: Final = b"x-forwarded-client-cert"

MAX_FIELD_OCTETS: Final = 16_384
MAX_NAMES: Final = 64
"""Alternative names that a certificate may have."""
MAX_ELEMENTS: Final = 16
"""Certificates that a proxy may tell of."""

Element: TypeAlias = Literal["only", "first", "last"]
"""Which certificate counts where proxies tell of several: `only` takes no more than one."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ITEM: Final = re.compile(rb":([A-Za-z0-9+/]+={0,2}):")
_PAIR: Final = re.compile(r'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^";,]*))')
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")
_REPEATABLE: Final = frozenset({"by", "uri", "dns"})
_ONCE: Final = frozenset({"hash", "cert", "chain", "subject"})


def parse_certificate(der: bytes) -> ClientCertificate:
    """Returns what is known of a certificate.

    Raises:
        Malformed: it is no X.509 certificate, or a name in it holds control characters: what is
            cut off at a NUL elsewhere would be another name (attack 152).
    """
    try:
        certificate = parse_x509(der)
        subject = certificate.subject.rfc4514_string()
        names = _alternative_names(certificate)
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        dns_names = names.get_values_for_type(x509.DNSName)
        emails = names.get_values_for_type(x509.RFC822Name)
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise Malformed("the client certificate can not be read") from None
    _check_names(subject, *uris, *dns_names, *emails)
    return ClientCertificate(
        sha256(der).digest(), subject, tuple(uris), tuple(dns_names), tuple(emails), der
    )


def parse_client_certificate_field(
    name: bytes, value: bytes, element: Element = "only"
) -> ClientCertificate:
    """Returns the certificate that a trusted proxy tells of.

    Args:
        name: `CLIENT_CERT` or `X_FORWARDED_CLIENT_CERT`.
        value: the field, which was there once.
        element: of the second one, which certificate counts.

    Raises:
        Malformed: the field is not of its form, or tells of several certificates and only one
            is taken.
    """
    if len(value) > MAX_FIELD_OCTETS:
        raise Malformed("the client certificate is too long")
    return _forwarded(value, element) if name == X_FORWARDED_CLIENT_CERT else _client_cert(value)


def client_certificate_fields(
    certificate: bytes, chain: Sequence[bytes] = ()
) -> tuple[tuple[bytes, bytes], ...]:
    """Returns the fields that tell upstreams of a certificate (RFC 9440 sections 2.2 and 2.3).

    Args:
        certificate: in DER.
        chain: of those that vouch for it, the issuer of the certificate first.

    Raises:
        Malformed: it all is longer than `MAX_FIELD_OCTETS`, and no upstream would take it.
    """
    fields = [(CLIENT_CERT, _byte_sequence(certificate))]
    if chain:
        fields.append((CLIENT_CERT_CHAIN, b", ".join(map(_byte_sequence, chain))))
    if sum(len(value) for _, value in fields) > MAX_FIELD_OCTETS:
        raise Malformed("the client certificate is too long")
    return tuple(fields)


def _byte_sequence(octets: bytes) -> bytes:
    """Returns the form of RFC 9651 section 4.1.8."""
    return b":%b:" % binascii.b2a_base64(octets, newline=False)


# A proxy tells the same of all requests of a connection. Bounded; errors are not kept.
@lru_cache(maxsize=256)
def _client_cert(value: bytes) -> ClientCertificate:
    """Returns the certificate of an item that is a byte sequence (RFC 9651 section 3.3.5)."""
    item = _ITEM.fullmatch(value)
    if item is None:
        raise Malformed("the client certificate is no byte sequence")
    try:
        return parse_certificate(binascii.a2b_base64(item[1], strict_mode=True))
    except binascii.Error:
        raise Malformed("the client certificate is no base64") from None


@lru_cache(maxsize=256)
def _forwarded(value: bytes, element: Element) -> ClientCertificate:
    """Returns the certificate of Envoy's field that counts.

    Several elements are the words of several hops. Nobody but the operator can say which of them
    counts; all have to be of their form.
    """
    found = [_Forwarded(pairs) for pairs in _elements(value)]
    if element == "only" and len(found) > 1:
        raise Malformed("the forwarded client certificate is not one certificate")
    counts = found[-1 if element == "last" else 0]
    # Envoy escapes nothing in a URI of a certificate: what stands behind a comma there looks like
    # one more element. It can not have the certificate in it, for that has the digest of another.
    if element == "last" and any(each.is_whole for each in found) and not counts.is_whole:
        raise Malformed("the last forwarded client certificate is told without the certificate")
    return counts.certificate()


class _Forwarded:
    """One element: what one hop says of its client.

    Args:
        pairs: names in lower case, and values.

    Raises:
        Malformed: a member is unknown or there twice, or there is no digest.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._once: dict[str, str] = {}
        self._several: dict[str, list[str]] = {name: [] for name in _REPEATABLE}
        for name, text in pairs:
            if name in _REPEATABLE:
                # Envoy writes members that it was told to tell, also where there is nothing to.
                self._several[name] += [text] if text else []
            elif name in _ONCE and name not in self._once:
                self._once[name] = text
            else:
                raise Malformed("the forwarded client certificate has a member too many")
        if _DIGEST.fullmatch(self._once.get("hash", "")) is None:
            raise Malformed("the forwarded client certificate has no hash")

    @property
    def is_whole(self) -> bool:
        """Returns whether the certificate itself was told."""
        return "cert" in self._once

    def certificate(self) -> ClientCertificate:
        """Returns the certificate, or what was told of it.

        Raises:
            Malformed: it can not be read, is another one than the digest says, or a name in it
                is none.
        """
        once, digest = self._once, bytes.fromhex(self._once["hash"])
        if "cert" in once:
            certificate = parse_certificate(_pem_certificate(once["cert"]))
            if certificate.fingerprint != digest:
                raise Malformed("the forwarded client certificate has the hash of another one")
            return certificate
        subject = once.get("subject", "")
        uris, dns_names = tuple(self._several["uri"]), tuple(self._several["dns"])
        _check_names(subject, *uris, *dns_names)
        return ClientCertificate(digest, subject, uris, dns_names)


def _elements(value: bytes) -> list[list[tuple[str, str]]]:
    """Returns lower-cased names and unquoted values of each element."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("the forwarded client certificate is not ASCII") from None
    found: list[list[tuple[str, str]]] = [[]]
    at = 0
    while True:
        pair = _PAIR.match(text, at)
        if pair is None:
            raise Malformed("the forwarded client certificate is no list of members")
        name, quoted, plain = pair[1].lower(), pair[2], pair[3]
        found[-1].append((name, plain if quoted is None else _unquoted(name, quoted)))
        at = pair.end()
        if at == len(text):
            return found
        if text[at] == ",":
            found.append([])
        elif text[at] != ";":
            raise Malformed("the forwarded client certificate is no list of members")
        if len(found) > MAX_ELEMENTS:
            raise Malformed("there are too many forwarded client certificates")
        at += 1


def _unquoted(name: str, quoted: str) -> str:
    """Returns what stands between quotes.

    Envoy writes a subject as it is: its backslashes are those of the name (RFC 4514), and
    without them a comma in one name would be read as the beginning of another one.
    """
    return quoted if name == "subject" else re.sub(r"\\(.)", r"\1", quoted)


def _pem_certificate(escaped: str) -> bytes:
    blocks = parse_pem(unquote_to_bytes(escaped))
    if len(blocks) != 1 or blocks[0].label != CERTIFICATE:
        raise Malformed("the forwarded client certificate is not one certificate")
    return blocks[0].octets


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return x509.SubjectAlternativeName([])
    return found.value


def _check_names(*names: str) -> None:
    if len(names) > MAX_NAMES + 1:
        raise Malformed("the client certificate has too many names")
    if any(_CONTROL.search(name) for name in names):
        raise Malformed("a name of the client certificate holds a control character")
