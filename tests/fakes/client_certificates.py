"""Certificates of clients, with everything about them in the hands of a test."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.wire.client_certificates import parse_certificate
from tests.fakes.certificates import BEGIN, END, name_of
from tests.fakes.keys import signing_key

CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
ISSUER = "CN=clients"


def uri(text: str) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(text)


def dns(text: str) -> x509.GeneralName:
    return x509.DNSName(text)


def email(text: str) -> x509.GeneralName:
    return x509.RFC822Name(text)


def shown(
    *names: x509.GeneralName,
    common_names: Sequence[str] = ("orders",),
    usages: Sequence[x509.ObjectIdentifier] = (CLIENT,),
    authority: bool = False,
    issuer: str = "clients",
    begin: datetime = BEGIN,
    end: datetime = END,
) -> ClientCertificate:
    """Returns a certificate that was issued by `CN=clients` for two days around now."""
    key = signing_key("ES256")
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, each) for each in common_names]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(attributes))
        .issuer_name(name_of(issuer))
        .public_key(key.public_key())
        .serial_number(0xABC)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return parse_certificate(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
