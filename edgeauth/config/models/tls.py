"""TLS of the listeners: what they show, what they speak, and whom they ask for a certificate."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import SecretStr, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Identifier, ListOf, Patience, Text
from edgeauth.config.specification import NOT_YET, Specification

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


class FurtherCertificate(Specification):
    """A certificate for clients that ask for one of its names."""

    key_store: KeyStore
    key_id: Identifier | None = None
    """Which key of the store; None means the first one."""


class ClientCertificates(Specification):
    """Whose certificates clients may show, or have to."""

    mode: Literal["optional", "required"] = "required"
    trust_store: Text
    """PEM file with the authorities that are trusted; the system's never are."""
    crl_file: Text | None = None
    """PEM file with the revocation lists of the authorities that issue; None checks none."""
    forward: Literal["none", "leaf", "chain"] = "none"
    """What upstreams are told of it (RFC 9440)."""


class Tls(Specification):
    """The keys and the versions of a listener."""

    refused: ClassVar[Mapping[str, str]] = {"secret": NOT_YET}

    key_store: KeyStore
    key_id: Identifier | None = None
    """Which key of the store; None means the first one."""
    certificates: ListOf[FurtherCertificate] = ()
    """Shown to clients that ask for one of their names, instead of that of `key_store`."""
    min_version: Literal["TLS1.2", "TLS1.3"] = "TLS1.3"
    cipher_suites: ListOf[CipherSuite] | None = None
    """Of TLS 1.2; None means those with AES-GCM and ChaCha20."""
    client_certificates: ClientCertificates | None = None
    """None asks no client for one."""
    handshake_timeout: Patience = 10.0
    """For a complete handshake, in seconds."""

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
