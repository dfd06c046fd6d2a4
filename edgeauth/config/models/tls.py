"""TLS of the listeners: what they show, what they speak, and whom they ask for a certificate."""

from collections.abc import Iterator
from typing import Literal

from pydantic import SecretStr, model_validator

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, refuse
from edgeauth.config.models.secret_management import SecretReference
from edgeauth.config.scalars import Identifier, ListOf, Patience, Text
from edgeauth.config.specification import Specification

CipherSuite = Literal[
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
]
"""The suites of TLS 1.2 that can be had, by their names at IANA."""


class KeyStore(Specification):
    """A PEM file with keys and certificates."""

    path: Text
    password: SecretStr | None = None


class ShownKey(Specification):
    """A key that is shown with its certificate: in a PEM file, or in a secret source."""

    key_store: KeyStore | None = None
    key_id: Identifier | None = None
    """Which key of the store; None means the first one."""
    secret: SecretReference | None = None
    """A key of a source in place of both; its id is the selector."""

    @model_validator(mode="after")
    def _check_key(self) -> "ShownKey":
        refuse(self._misplaced())
        return self

    def _misplaced(self) -> Iterator[Finding]:
        if self.secret is None and self.key_store is None:
            message = 'missing key "key_store"'
            yield Finding(message, hint="or secret", code=Code.MISSING_KEY)
        if self.secret is not None and self.key_store is not None:
            yield Finding("key_store has no effect beside secret", ("key_store",), on_key=True)
        if self.secret is not None and self.key_id is not None:
            message = "key_id has no effect beside secret; name the key in its selector"
            yield Finding(message, ("key_id",), on_key=True)


class FurtherCertificate(ShownKey):
    """A certificate for clients that ask for one of its names."""


class ClientCertificates(Specification):
    """Whose certificates clients may show, or have to."""

    mode: Literal["optional", "required"] = "required"
    trust_store: Text
    """PEM file with the authorities that are trusted; the system's never are."""
    crl_file: Text | None = None
    """PEM file with the revocation lists of the authorities that issue; None checks none."""
    forward: Literal["none", "leaf", "chain"] = "none"
    """What upstreams are told of it (RFC 9440)."""


class Tls(ShownKey):
    """The keys and the versions of a listener."""

    certificates: ListOf[FurtherCertificate] = ()
    """Shown to clients that ask for one of their names, instead of the first one."""
    min_version: Literal["TLS1.2", "TLS1.3"] = "TLS1.3"
    cipher_suites: ListOf[CipherSuite] | None = None
    """Of TLS 1.2; None means those with AES-GCM and ChaCha20."""
    client_certificates: ClientCertificates | None = None
    """None asks no client for one."""
    strict_sni: bool | None = None
    """Whether requests have to be for the name that the client asked for (SNI)."""
    handshake_timeout: Patience = 10.0
    """For a complete handshake, in seconds."""

    @property
    def is_strict(self) -> bool:
        """Returns whether a request for another host than its connection's is refused."""
        if self.strict_sni is None:
            return self.client_certificates is not None and bool(self.certificates)
        return self.strict_sni

    @model_validator(mode="after")
    def _check_cipher_suites(self) -> "Tls":
        refuse(self._cipher_suites_in_vain())
        return self

    def _cipher_suites_in_vain(self) -> Iterator[Finding]:
        if self.cipher_suites is None:
            return
        suites = self.cipher_suites
        if not suites:
            yield Finding(
                "cipher_suites names none", ("cipher_suites",), "leave it out, or name some"
            )
        elif self.min_version == "TLS1.3":
            yield Finding(
                "cipher_suites has no effect on TLS 1.3, and nothing older is spoken",
                ("cipher_suites",),
                "remove it, or say min_version: TLS1.2",
                on_key=True,
            )
        for index, suite in enumerate(suites):
            if suite in suites[:index]:
                yield Finding("this cipher suite is named twice", ("cipher_suites", index))
