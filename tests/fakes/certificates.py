"""Certificates and PEM texts for tests."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

NOW = 1_700_000_000.0
BEGIN = datetime.fromtimestamp(NOW, UTC) - timedelta(days=1)
END = BEGIN + timedelta(days=2)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey


def name_of(text: str) -> x509.Name:
    """Returns a name with one common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(
    key: PrivateKey,
    subject: str,
    issuer_key: PrivateKey | None = None,
    issuer: str | None = None,
    *,
    authority: bool = False,
    digital_signature: bool | None = True,
    key_identifier: bytes | None = None,
    end: datetime = END,
) -> x509.Certificate:
    """Returns a certificate over `key`, self-signed unless an issuer is given."""
    signer = issuer_key or key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(subject))
        .issuer_name(name_of(issuer or subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
    )
    if digital_signature is not None:
        usage = x509.KeyUsage(
            digital_signature=digital_signature,
            content_commitment=False,
            key_encipherment=not digital_signature,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=authority,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    if key_identifier is not None:
        builder = builder.add_extension(x509.SubjectKeyIdentifier(key_identifier), critical=False)
    return builder.sign(signer, None if isinstance(signer, Ed25519PrivateKey) else hashes.SHA256())


def pem(
    item: PrivateKey | x509.Certificate,
    form: PrivateFormat = PrivateFormat.PKCS8,
    password: str | None = None,
    kid: str | None = None,
) -> bytes:
    """Returns the PEM block of a key or a certificate."""
    if isinstance(item, x509.Certificate):
        return item.public_bytes(Encoding.PEM)
    protection = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    text = item.private_bytes(Encoding.PEM, form, protection)
    if kid is not None:
        begin, _, rest = text.partition(b"\n")
        text = begin + f"\nX-Key-ID: {kid}\n\n".encode() + rest
    return text
