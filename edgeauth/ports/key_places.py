"""Where a private key is kept: in a PEM file, or in a source of `secret_management`."""

from typing import NamedTuple

from pydantic import SecretStr, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.models.client_tls import ClientTls
from edgeauth.config.models.secret_management import SecretReference
from edgeauth.config.models.tls import KeyStore
from edgeauth.config.scalars import Identifier
from edgeauth.config.specification import Specification


class KeyPlace(NamedTuple):
    """A key of a store.

    Attributes:
        path: of the PEM file; None for a source.
        password: of the encrypted keys of the file.
        source: the name of a source; None for a file.
        key_id: which key; None is the one that the store's order and dates say.
    """

    path: str | None
    password: SecretStr | None = None
    source: str | None = None
    key_id: str | None = None

    @property
    def name(self) -> str:
        """Returns what errors call the store."""
        return self.path or f"secret source {self.source}"


class KeyChoice(Specification):
    """Which key: `secret`, or `key_store` and `key_id`.

    Attributes:
        secret: a key of a source of `secret_management`; its id is the selector.
        key_store: a PEM file.
        key_id: which key of `key_store`; unset, the one that signs by order and dates.
    """

    secret: SecretReference | None = None
    key_store: KeyStore | None = None
    key_id: Identifier | None = None

    @model_validator(mode="after")
    def _check_choice(self) -> "KeyChoice":
        if self.secret is None and self.key_store is None:
            refuse([Finding("either secret or key_store is required")])
        if self.secret is not None and self.key_store is not None:
            message = "key_store has no effect beside secret"
            refuse([Finding(message, ("key_store",), on_key=True)])
        if self.secret is not None and self.key_id is not None:
            message = "key_id has no effect beside secret; name the key in its selector"
            refuse([Finding(message, ("key_id",), on_key=True)])
        return self

    @property
    def place(self) -> KeyPlace:
        """Returns where the key is kept."""
        return place_of(self.secret, self.key_store, self.key_id)


def certificate_of(tls: ClientTls) -> KeyPlace | None:
    """Returns where the key and certificate are kept that are shown, if any are."""
    if tls.secret is None and tls.key_store is None:
        return None
    return place_of(tls.secret, tls.key_store, tls.key_id)


def place_of(
    secret: SecretReference | None, store: KeyStore | None, key_id: str | None
) -> KeyPlace:
    """Returns the place of a key that is configured in one of both ways."""
    if secret is not None:
        return KeyPlace(None, None, secret.source, secret.selector)
    if store is None:
        raise TypeError("a key without a place")
    return KeyPlace(store.path, store.password, None, key_id)
