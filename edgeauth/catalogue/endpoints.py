"""Endpoints of a configuration get their keys and certificates when it is loaded.

Here and not in the mechanisms, so that none of them can forget it: a key store that can not be
read is found before the first request needs it.
"""

from collections.abc import Iterator, Mapping

from edgeauth.config.errors import Collector
from edgeauth.config.specification import Specification
from edgeauth.config.unusable import unusable_at
from edgeauth.ports.endpoint_authentication import ClientCredentials
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.services import Services


def prepare_endpoints(specification: Specification, services: Services) -> None:
    """Prepares every endpoint and every client of an authorization server below a specification.

    Raises:
        ConfigurationError: says of each what can not be used.
    """
    problems = Collector()
    for found in _found(specification):
        with problems, unusable_at(found.node):
            if isinstance(found, CallSettings):
                services.endpoints.prepare(found.settings)
            else:
                services.access_tokens.prepare(found)
    problems.raise_any()


def _found(value: object) -> Iterator[CallSettings | ClientCredentials]:
    if isinstance(value, CallSettings | ClientCredentials):
        yield value
    elif isinstance(value, Specification):
        for name in type(value).model_fields:
            yield from _found(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _found(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _found(each)
