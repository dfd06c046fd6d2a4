"""TLS handshakes in memory, and certificates in files for them."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.fakes.certificates import PrivateKey, name_of

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A key and its certificate, in a file and in memory."""

    path: Path
    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


class Authority:
    """Issues certificates into a folder.

    Args:
        folder: for the files; `<name>.pem` has the certificate of the authority.
        name: of the authority.
        parent: vouches for it; nobody else does unless given.
    """

    def __init__(
        self, folder: Path, name: str = "authority", parent: "Authority | None" = None
    ) -> None:
        self.folder = folder
        self.parent = parent
        self.key = ec.generate_private_key(ec.SECP256R1())
        issuer = name_of(name) if parent is None else parent.certificate.subject
        signer = parent or self
        self.certificate = signer._sign(name, self.key, issuer, authority=True)
        self.path = folder / f"{name}.pem"
        self.path.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def issue(
        self,
        *names: str,
        file: str | None = None,
        begin: datetime = NOW - DAY,
        end: datetime = NOW + 365 * DAY,
        key: PrivateKey | None = None,
        usage: x509.ObjectIdentifier | None = None,
        sans: list[x509.GeneralName] | None = None,
    ) -> Identity:
        """Writes `<first name>.pem` with a key and a certificate for names."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        general = sans if sans is not None else [_general_name(name) for name in names]
        made = self._sign(names[0], key, self.certificate.subject, begin, end, general, usage)
        path = self.folder / (file or f"{names[0].replace('*', 'any')}.pem")
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = [made] if self.parent is None else [made, self.certificate]
        path.write_bytes(secret + b"".join(each.public_bytes(Encoding.PEM) for each in chain))
        return Identity(path, key, made)

    def revoke(self, *revoked: Identity, end: datetime = NOW + DAY) -> Path:
        """Writes `crl.pem` with the numbers of revoked certificates."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(NOW - 2 * DAY)
            .next_update(end)
        )
        for each in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(each.certificate.serial_number)
                .revocation_date(NOW - DAY)
                .build()
            )
        path = self.folder / "crl.pem"
        path.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return path

    def _sign(
        self,
        name: str,
        key: PrivateKey,
        issuer: x509.Name,
        begin: datetime = NOW - 30 * DAY,
        end: datetime = NOW + 365 * DAY,
        sans: list[x509.GeneralName] | None = None,
        usage: x509.ObjectIdentifier | None = None,
        *,
        authority: bool = False,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name_of(name))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
        if usage is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def client(
        self, identity: Identity | None = None, latest: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        """Returns the context of a client that trusts this authority."""
        context = ssl.create_default_context(cafile=str(self.path))
        # Certificates of these tests are plainer than those of public authorities.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if identity is not None:
            context.load_cert_chain(identity.path)
        if latest is not None:
            context.maximum_version = latest
        return context


SERVER_ONLY = ExtendedKeyUsageOID.SERVER_AUTH


def rsa_key() -> rsa.RSAPrivateKey:
    """Returns a key for certificates of the older kind."""
    return rsa.generate_private_key(65537, 2048)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass
class Handshake:
    """Both ends of a connection, as far as they got."""

    client: ssl.SSLObject
    server: ssl.SSLObject

    @property
    def shown(self) -> set[str]:
        """Returns the names that the server has shown."""
        found = self.client.getpeercert() or {}
        return {str(value) for _, value in found.get("subjectAltName", ())}


def shake_hands(
    server: ssl.SSLContext,
    client: ssl.SSLContext,
    name: str | None = None,
    session: ssl.SSLSession | None = None,
) -> Handshake:
    """Returns a connection after its handshake.

    Raises:
        ssl.SSLError: one side has refused.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    if name is None:
        client.check_hostname = False
    ends = Handshake(
        client.wrap_bio(to_client, to_server, server_hostname=name, session=session),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for _ in range(4):
        for end in (ends.client, ends.server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    ends.server.write(b"x")  # brings tickets along, and fails unless all is done
    assert ends.client.read(1) == b"x"
    return ends
