"""Where secrets come from (`secret_management`), and how others refer to them."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SecretStr, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Identifier, Text
from edgeauth.config.specification import Specification

SecretText: TypeAlias = Annotated[SecretStr, Field(min_length=1)]
"""A text that is never shown; an empty one is a mistake, not a secret."""


class SecretReference(Specification):
    """A place in one of the sources.

    Attributes:
        source: its name under `secret_management`.
        selector: the id of a key or the name of an entry; unset, the first key or the only entry.
    """

    source: Identifier
    selector: Text | None = None


class PemFile(Specification):
    """A PEM file: private keys with their certificates, or certificates alone.

    Attributes:
        path: of the file.
        password: of encrypted keys; one for all.
        password_from: the password, in another secret source instead.
        watch: whether changes are put in force while requests are served.
    """

    path: Text
    password: SecretText | None = None
    password_from: SecretReference | None = None
    watch: bool = False

    @model_validator(mode="after")
    def _check_one_password(self) -> "PemFile":
        if self.password is not None and self.password_from is not None:
            message = "password has no effect beside password_from"
            refuse([Finding(message, ("password",), on_key=True)])
        return self


class WatchedFile(Specification):
    """A file.

    Attributes:
        path: of the file.
        watch: whether changes are put in force while requests are served.
    """

    path: Text
    watch: bool = False


class WatchedDirectory(Specification):
    """A directory with one file for each secret, as Kubernetes mounts them.

    Attributes:
        path: of the directory.
        watch: whether changes are put in force while requests are served.
    """

    path: Text
    watch: bool = False


class Variables(Specification):
    """Variables of the environment.

    Attributes:
        variables: the name of the variable by selector; for credentials, by field.
    """

    variables: dict[str, Text | dict[str, Text]] = Field(min_length=1)


class _Source(Specification):
    """What every source has.

    Attributes:
        allow_in_rules: whether rules may name the source.
    """

    allow_in_rules: bool = False


class PemSource(_Source):
    """`type: pem`."""

    type: Literal["pem"]
    config: PemFile


class JwksSource(_Source):
    """`type: jwks`: private and symmetric keys as JSON (RFC 7517)."""

    type: Literal["jwks"]
    config: WatchedFile


class FileSource(_Source):
    """`type: file`: texts and credentials in YAML or JSON."""

    type: Literal["file"]
    config: WatchedFile


class DirectorySource(_Source):
    """`type: directory`."""

    type: Literal["directory"]
    config: WatchedDirectory


class ApiKeysSource(_Source):
    """`type: api_keys`: what is known of the keys that clients are given, in YAML or JSON."""

    type: Literal["api_keys"]
    config: WatchedFile


class EnvironmentSource(_Source):
    """`type: environment`."""

    type: Literal["environment"]
    config: Variables


class InlineSource(_Source):
    """`type: inline`: texts and credentials, best as `${VARIABLE}`."""

    type: Literal["inline"]
    config: dict[str, SecretText | dict[str, SecretText]] = Field(min_length=1)


SecretSource: TypeAlias = Annotated[
    PemSource
    | JwksSource
    | FileSource
    | DirectorySource
    | ApiKeysSource
    | EnvironmentSource
    | InlineSource,
    Field(discriminator="type"),
]
"""One of the sources, told apart by `type`."""
