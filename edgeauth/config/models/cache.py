"""Where facts are kept between requests: in the process, or in Redis for all processes."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field, SecretStr, field_validator, model_validator

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.models.client_tls import ClientTls
from edgeauth.config.models.secret_management import SecretReference, SecretText
from edgeauth.config.scalars import ByteSize, Count, Duration, Host, Identifier, ListOf, Text
from edgeauth.config.specification import Specification

_LEAST_MEMORY = 65_536
LEAST_KEY: Final = 32
"""Characters of a key that entries are encrypted with."""


def _check_memory(octets: int) -> int:
    if octets < _LEAST_MEMORY:
        raise not_expected("64KB or more")
    return octets


class InMemorySettings(Specification):
    """Limits of the cache in the process."""

    memory_limit: ByteSize = 128 * 1024 * 1024
    """How much memory facts take at most, about."""
    entry_limit: Annotated[int, Field(ge=1)] | None = None
    """How many facts are kept at most; None does not count them."""

    _memory = field_validator("memory_limit")(_check_memory)


class InMemoryCache(Specification):
    """Facts are kept in the process."""

    type: Literal["in-memory"]
    config: InMemorySettings = InMemorySettings()


class NoopCache(Specification):
    """Nothing is kept."""

    type: Literal["noop"]


class RedisCredentials(Specification):
    """A user of Redis: written here, in a file, or in a secret source.

    The latter two are read for each new connection.
    """

    path: Text | None = None
    """A YAML file with `username` and `password`."""
    username: Text | None = None
    """None is the user `default`."""
    password: SecretText | None = None
    source: Identifier | None = None
    """A secret source with the credentials."""
    selector: Text | None = None
    """Where in the source; None is all of it."""

    @model_validator(mode="after")
    def _check(self) -> "RedisCredentials":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.path is None and self.password is None and self.source is None:
            hint = "set password, path of a file with it, or a secret source"
            yield Finding("there is no password", hint=hint)
        elsewhere = "path" if self.path is not None else "source"
        for name in ("username", "password", "source"):
            if getattr(self, elsewhere) is None or name == elsewhere:
                continue
            if getattr(self, name) is not None:
                yield Finding(f"{name} has no effect beside {elsewhere}", (name,), on_key=True)
        if self.selector is not None and self.source is None:
            yield Finding("selector has no effect without a source", ("selector",), on_key=True)


class ClientCache(Specification):
    """What of Redis a process keeps in its own memory."""

    disabled: bool = False
    """Whether every look-up asks Redis."""
    ttl: Duration = 300.0
    """For how long a process keeps a fact at most, while Redis does not say that it has changed."""
    size_per_connection: ByteSize = 128 * 1024 * 1024
    """How much memory facts take at most, about; in the whole process."""

    _memory = field_validator("size_per_connection")(_check_memory)


class RedisTimeout(Specification):
    """How long Redis is waited for, in seconds."""

    connect: Duration = 2.0
    """For a connection, with TLS and login."""
    read: Duration = 0.25
    """For facts; then they are learned without Redis."""
    write: Duration = 2.0
    """For facts to be taken. No request waits for that."""

    @field_validator("connect", "read", "write")
    @classmethod
    def _check(cls, seconds: float) -> float:
        if not 0.001 <= seconds <= 3600:
            raise not_expected("1ms to 1h")
        return seconds


class RedisTls(ClientTls):
    """Whom edgeauth takes for Redis, and the certificate that it shows there."""

    disabled: bool = False

    def findings(self) -> Iterator[Finding]:
        """Yields what has no effect."""
        yield from super().findings()
        if self.disabled:
            for name in sorted(self.model_fields_set - {"disabled", "key_id"}):
                yield Finding(f"{name} has no effect while TLS is disabled", (name,), on_key=True)


class RedisSettings(Specification):
    """What all kinds of Redis have in common."""

    refused: ClassVar[Mapping[str, str]] = {
        "buffer_limit": "without effect in edgeauth: buffers grow and shrink with what is sent",
    }

    encryption_key: SecretStr | None = None
    """Entries are encrypted and authenticated with it; the same in all processes that share."""
    encryption_key_from: SecretReference | None = None
    """The same in a secret source: a key in each line, of which the first one encrypts."""
    credentials: RedisCredentials | None = None
    client_cache: ClientCache = ClientCache()
    timeout: RedisTimeout = RedisTimeout()
    max_flush_delay: Duration = 0.0
    """How long questions to Redis wait for others to go with them."""
    tls: RedisTls = RedisTls()

    @field_validator("encryption_key")
    @classmethod
    def _check_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < LEAST_KEY:
            raise not_expected(
                f"at least {LEAST_KEY} random characters, such as those of "
                "`openssl rand -base64 32`"
            )
        return key

    @model_validator(mode="after")
    def _check_one_key(self) -> "RedisSettings":
        if self.encryption_key is None and self.encryption_key_from is None:
            message = 'missing key "encryption_key"'
            refuse([Finding(message, hint="or encryption_key_from", code=Code.MISSING_KEY)])
        if self.encryption_key is not None and self.encryption_key_from is not None:
            message = "encryption_key has no effect beside encryption_key_from"
            refuse([Finding(message, ("encryption_key",), on_key=True)])
        return self

    @field_validator("max_flush_delay")
    @classmethod
    def _check_delay(cls, seconds: float) -> float:
        if seconds > 0.1:
            raise not_expected("at most 100ms, since requests wait for it")
        return seconds


class SingleRedisSettings(RedisSettings):
    """One server."""

    address: Host
    db: Count = 0


class RedisClusterSettings(RedisSettings):
    """A cluster, which has one database."""

    nodes: ListOf[Host] = Field(min_length=1)
    """Some of its nodes; they know the others."""


class RedisSentinelSettings(RedisSettings):
    """A master that sentinels watch."""

    nodes: ListOf[Host] = Field(min_length=1)
    """The sentinels."""
    master: Text
    """What the sentinels call the master."""
    db: Count = 0
    sentinel_credentials: RedisCredentials | None = None
    """Where sentinels want to know who asks; `credentials` are for the master."""


class RedisCache(Specification):
    """Facts are shared in one Redis."""

    type: Literal["redis"]
    config: SingleRedisSettings


class RedisClusterCache(Specification):
    """Facts are shared in a cluster of Redis."""

    type: Literal["redis-cluster"]
    config: RedisClusterSettings


class RedisSentinelCache(Specification):
    """Facts are shared in a Redis that sentinels watch."""

    type: Literal["redis-sentinel"]
    config: RedisSentinelSettings


AnyRedis: TypeAlias = SingleRedisSettings | RedisClusterSettings | RedisSentinelSettings

Cache: TypeAlias = Annotated[
    InMemoryCache | NoopCache | RedisCache | RedisClusterCache | RedisSentinelCache,
    Field(discriminator="type"),
]
"""One of the kinds, told apart by `type`."""
