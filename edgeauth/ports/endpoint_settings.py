"""How calls to an endpoint are made: limits, repetition, trust, and who edgeauth says it is.

These settings are the same for every request. They travel with each call, so that whoever makes
one need not know what they mean, and none of them can be forgotten on the way.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator

from edgeauth.config.findings import not_expected
from edgeauth.config.scalars import Duration
from edgeauth.config.specification import Specification
from edgeauth.model.identity import fingerprint
from edgeauth.ports.call_terms import CallTerms
from edgeauth.ports.digests import digest_of
from edgeauth.ports.endpoint_authentication import ClientCredentials, EndpointAuthentication
from edgeauth.ports.secret_references import CredentialsReference, TextReference
from edgeauth.wire.http_caching import LONGEST_STALE


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


class CallSettings(CallTerms):
    """Everything about calls to an endpoint but the question itself.

    Attributes:
        auth: who edgeauth says it is.
        http_cache: unset, every call is made.
        follow_redirects: whether an answer may lead elsewhere on the same host; five times.
    """

    auth: EndpointAuthentication | None = None
    http_cache: HttpCache | None = None
    follow_redirects: bool = False

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
        return digest_of(self)

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
    construct: Callable[..., CallSettings] = CallSettings.model_construct
    return construct(**{name: getattr(client, name) for name in CallTerms.model_fields})


DEFAULT_SETTINGS: Final = CallSettings()
"""What holds where nothing is configured."""


def _references(value: object) -> Iterator[TextReference | CredentialsReference]:
    if isinstance(value, TextReference | CredentialsReference):
        yield value
    elif isinstance(value, Specification):
        for name in type(value).model_fields:
            yield from _references(getattr(value, name))
