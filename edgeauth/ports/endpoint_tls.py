"""Whom edgeauth trusts to be an endpoint, and the certificate that it shows there."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import AliasChoices, Field, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.models.secret_management import SecretReference
from edgeauth.config.models.tls import KeyStore
from edgeauth.config.scalars import Identifier, Text
from edgeauth.config.specification import NOT_YET, Specification
from edgeauth.ports.key_places import KeyPlace, place_of


class EndpointTls(Specification):
    """TLS of calls to an endpoint.

    Attributes:
        ca_file: PEM file with the authorities that are trusted, instead of the system's.
        key_store: PEM file with the key and certificate that are shown to the endpoint.
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
    def _check_key(self) -> "EndpointTls":
        if self.key_id is not None and self.key_store is None:
            refuse([Finding("key_id has no effect without a key_store", ("key_id",), on_key=True)])
        if self.secret is not None and self.key_store is not None:
            message = "key_store has no effect beside secret"
            refuse([Finding(message, ("key_store",), on_key=True)])
        return self

    @property
    def certificate(self) -> KeyPlace | None:
        """Returns where the key and certificate are kept that are shown, if any are."""
        if self.secret is None and self.key_store is None:
            return None
        return place_of(self.secret, self.key_store, self.key_id)


def check_duration(seconds: float, least: float) -> float:
    """Returns a duration that is long enough to be meant.

    Raises:
        PydanticCustomError: it is shorter than `least`.
    """
    if not seconds >= least:
        raise not_expected(f"{least:g}s or more" if least >= 1 else f"{least * 1000:g}ms or more")
    return seconds
