"""TLS of connections that edgeauth opens: whom it trusts, and the certificate that it shows."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import AliasChoices, Field, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.models.secret_management import SecretReference
from edgeauth.config.models.tls import KeyStore
from edgeauth.config.scalars import Identifier, Text
from edgeauth.config.specification import NOT_YET, Specification


class ClientTls(Specification):
    """Whom edgeauth trusts to be the other side, and what it shows there.

    Attributes:
        ca_file: PEM file with the authorities that are trusted, instead of the system's.
        key_store: PEM file with the key and certificate that are shown.
        key_id: the first key of the store unless configured.
        secret: a key with its certificate in a secret source, in the place of both.
        min_version: the oldest version that is spoken.
    """

    refused: ClassVar[Mapping[str, str]] = {"cipher_suites": NOT_YET}

    ca_file: Text | None = Field(
        default=None, validation_alias=AliasChoices("ca_file", "trust_store")
    )
    key_store: KeyStore | None = None
    key_id: Identifier | None = None
    secret: SecretReference | None = None
    min_version: Literal["TLS1.2", "TLS1.3"] = "TLS1.2"

    @model_validator(mode="after")
    def _check_effects(self) -> "ClientTls":
        refuse(self.findings())
        return self

    def findings(self) -> Iterator[Finding]:
        """Yields what has no effect."""
        if self.key_id is not None and self.key_store is None:
            yield Finding("key_id has no effect without a key_store", ("key_id",), on_key=True)
        if self.secret is not None and self.key_store is not None:
            yield Finding("key_store has no effect beside secret", ("key_store",), on_key=True)
