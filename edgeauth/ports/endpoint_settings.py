"""How calls to an endpoint are made: limits, repetition, trust, and who edgeauth says it is.

These settings are the same for every request. They travel with each call, so that whoever makes
one need not know what they mean, and none of them can be forgotten on the way.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field, SecretStr, field_validator

from edgeauth.config.findings import not_expected
from edgeauth.config.models.client_tls import ClientTls
from edgeauth.config.scalars import ByteSize, Duration, check_duration
from edgeauth.config.specification import Specification
from edgeauth.model.identity import fingerprint
from edgeauth.ports.endpoint_authentication import ClientCredentials, EndpointAuthentication
from edgeauth.ports.secret_references import CredentialsReference, TextReference
from edgeauth.wire.http_caching import LONGEST_STALE

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds for a call as a whole."""
DEFAULT_RESPONSE_LIMIT: Final = 1_048_576
"""Octets of an answer's content."""

Positive: TypeAlias = Annotated[int, Field(ge=1)]


class Retry(Specification):
    """What happens after a failure that may pass: a connection error, 408, 429, 5xx but 501.

    Attributes:
        max_delay: seconds before the second attempt; doubled before each further one.
        give_up_after: seconds that a wait has at most; 0 is no bound.
    """

    max_delay: Duration = 0.1
    give_up_after: Duration = 0.0


class CircuitBreaker(Specification):
    """When an endpoint that fails is left alone.

    Attributes:
        failures: as many in a row, no answer or 5xx but 501, open the circuit.
        open_for: seconds for which calls fail at once; then one is tried.
    """

    failures: Positive = 5
    open_for: Duration = 30.0

    @field_validator("open_for")
    @classmethod
    def _check_open_for(cls, open_for: float) -> float:
        return check_duration(open_for, 0.001)


def _check_stale(seconds: float) -> float:
    if seconds > LONGEST_STALE:
        raise not_expected("at most 1h, or what is over is believed for long")
    return seconds


Stale: TypeAlias = Annotated[Duration, AfterValidator(_check_stale)]
"""Seconds for which something is believed longer while nobody can be asked."""


class HttpCache(Specification):
    """Whether answers are used again as they allow (RFC 9111, private cache).

    Attributes:
        enabled: only GET and HEAD, only status 200.
        default_ttl: seconds for an answer that does not say; 0 asks again.
        stale_if_error: seconds for which an answer is used longer while the endpoint can not be
            asked or answers 5xx, unless the answer says less or that it must not (RFC 5861).
    """

    enabled: bool
    default_ttl: Duration = 0.0
    stale_if_error: Stale = 0.0


class CallSettings(Specification):
    """Everything about calls to an endpoint but the question itself.

    Attributes:
        auth: who edgeauth says it is.
        timeout: seconds for a call as a whole, attempts and waits included.
        response_limit: octets; a longer answer is no answer.
        retry: unset, a call is tried once.
        circuit_breaker: unset, an endpoint is asked however often it failed.
        concurrency: calls under way at the same time; one more fails at once. Unset, any number.
        http_cache: unset, every call is made.
        follow_redirects: whether an answer may lead elsewhere on the same host; five times.
        deny_private_addresses: whether only hosts of the public internet are connected to.
        tls: unset, authorities that the system trusts.
    """

    auth: EndpointAuthentication | None = None
    timeout: Duration = DEFAULT_TIMEOUT
    response_limit: ByteSize = DEFAULT_RESPONSE_LIMIT
    retry: Retry | None = None
    circuit_breaker: CircuitBreaker | None = None
    concurrency: Positive | None = None
    http_cache: HttpCache | None = None
    follow_redirects: bool = False
    deny_private_addresses: bool = False
    tls: ClientTls | None = None

    @field_validator("timeout")
    @classmethod
    def _check_timeout(cls, timeout: float) -> float:
        return check_duration(timeout, 0.001)

    @field_validator("response_limit")
    @classmethod
    def _check_response_limit(cls, octets: int) -> int:
        if octets < 1:
            raise not_expected("1B or more")
        return octets

    @cached_property
    def settings(self) -> "CallSettings":
        """Returns what belongs to every call: this, without what subclasses add."""
        return self._copied({})

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest that is equal only for equal settings, present secrets included."""
        references = self._references
        if not references:
            return self._digest
        return fingerprint(self._digest, *(each.fingerprint for each in references))

    @cached_property
    def _digest(self) -> bytes:
        return _digest(self)

    @cached_property
    def _references(self) -> tuple[TextReference | CredentialsReference, ...]:
        return tuple(_references(self.auth))

    def for_another_resource(self) -> "CallSettings":
        """Returns the settings for a URL that an answer named, and not the configuration.

        Trust and limits stay; credentials, the client certificate among them, are for the
        configured endpoint alone.
        """
        tls = self.tls
        if tls is not None:
            tls = tls.model_copy(update={"key_store": None, "key_id": None, "secret": None})
        return self._copied({"auth": None, "http_cache": None, "tls": tls})

    def _copied(self, changed: Mapping[str, object]) -> "CallSettings":
        # Not model_copy(): that would take the remembered fingerprint along.
        construct: Callable[..., CallSettings] = CallSettings.model_construct
        fields = {name: getattr(self, name) for name in CallSettings.model_fields}
        return construct(**{**fields, **changed})


def token_settings(client: ClientCredentials) -> CallSettings:
    """Returns how an authorization server is asked for a token."""
    return CallSettings(tls=client.tls)


DEFAULT_SETTINGS: Final = CallSettings()
"""What holds where nothing is configured."""


def _references(value: object) -> Iterator[TextReference | CredentialsReference]:
    if isinstance(value, TextReference | CredentialsReference):
        yield value
    elif isinstance(value, Specification):
        for name in type(value).model_fields:
            yield from _references(getattr(value, name))


def _digest(value: object) -> bytes:
    """Returns a digest over a value and its kind; fields are named, parts have lengths."""
    if isinstance(value, SecretStr):
        return fingerprint(b"secret", value.get_secret_value().encode())
    if isinstance(value, Specification):
        fields = type(value).model_fields
        parts = (part for name in fields for part in (name.encode(), _digest(getattr(value, name))))
        return fingerprint(type(value).__name__.encode(), *parts)
    if isinstance(value, Mapping):
        items = sorted(value.items())
        return fingerprint(b"map", *(part for key, each in items for part in _pair(key, each)))
    if isinstance(value, tuple):
        return fingerprint(b"list", *map(_digest, value))
    return fingerprint(type(value).__name__.encode(), repr(value).encode())


def _pair(key: object, value: object) -> tuple[bytes, bytes]:
    return str(key).encode(), _digest(value)
