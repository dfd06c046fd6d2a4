"""Builds what mechanisms work with; nothing here reaches out before the process starts."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from edgeauth.config.errors import Collector
from edgeauth.config.models.cache import InMemoryCache
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.master_key import MasterKey
from edgeauth.config.models.upstreams import Upstreams
from edgeauth.config.outbound_proxies import OutboundProxies
from edgeauth.config.proxy_variables import outbound_proxies
from edgeauth.config.read import Reading
from edgeauth.config.spelling import quoted
from edgeauth.config.unusable import unusable_at
from edgeauth.contract.endpoint_keys import StoredEndpointKeys
from edgeauth.contract.signers import Signers
from edgeauth.model.errors import Malformed
from edgeauth.ports.proofs import Nonces
from edgeauth.ports.services import Clock, Services
from edgeauth.secret_sources.sources import HeldSecrets, load_secrets
from edgeauth.services.caching import Caching
from edgeauth.services.client_tls import ClientContexts
from edgeauth.services.endpoint_status import EndpointStatus
from edgeauth.services.endpoints import HttpEndpoints
from edgeauth.services.endpoints.connections import Connections
from edgeauth.services.issuer_directory import Issuers
from edgeauth.services.master_keys import read_master_keys
from edgeauth.services.nonces import SealedNonces
from edgeauth.services.trust_stores import TrustStoreFiles
from edgeauth.services.verification_keys import IssuerKeys
from edgeauth.wire.answers import Answers


@dataclass(frozen=True, slots=True)
class Backing:
    """What mechanisms work with, and what of it is started, watched and closed.

    Attributes:
        services: what mechanisms see of it.
        secrets: those of the configuration.
        signers: of contracts.
        keys: that others are shown, or that messages to them are signed with.
        caching: of facts and replays.
        endpoints: calls to other services.
        contexts: TLS of connections that are opened.
        proxies: on the way of connections that are opened.
    """

    services: Services
    secrets: HeldSecrets
    signers: Signers
    keys: StoredEndpointKeys
    caching: Caching
    endpoints: HttpEndpoints
    contexts: ClientContexts
    proxies: OutboundProxies


def backing(
    reading: Reading,
    clock: Clock,
    answers: Answers,
    problems: Collector,
    calls: EndpointStatus | None = None,
) -> Backing:
    """Builds what the mechanisms of a configuration work with.

    Args:
        reading: the configuration, which says what there is.
        clock: tells the time to all of it.
        answers: those of the configuration.
        problems: receives what can not be built.
        calls: is told how they go; None tells nobody.
    """
    configuration = reading.configuration
    secrets = load_secrets(configuration, os.environ, problems, reading.missed_secrets)
    signers = Signers(clock, secrets)
    keys = StoredEndpointKeys(signers, secrets, clock)
    contexts = ClientContexts(keys)
    proxies = outbound_proxies(os.environ, problems)
    caching = _caching(configuration, clock, contexts, secrets, problems)
    connections = Connections(contexts, proxies=proxies)
    endpoints = HttpEndpoints(clock, caching.facts, keys, connections, status=calls)
    _prepare(configuration.upstreams, contexts, problems)
    issuers = Issuers(endpoints)
    services = Services(
        clock,
        caching.facts,
        endpoints,
        endpoints.access_tokens,
        issuers,
        IssuerKeys(endpoints, clock, issuers),
        TrustStoreFiles(),
        caching.replays,
        _nonces(configuration.master_key, clock, secrets, problems),
        signers,
        answers,
        secrets,
    )
    return Backing(services, secrets, signers, keys, caching, endpoints, contexts, proxies)


def _caching(
    configuration: Configuration,
    clock: Clock,
    contexts: ClientContexts,
    secrets: HeldSecrets,
    problems: Collector,
) -> Caching:
    with problems, unusable_at(configuration.node_at("cache")):
        return Caching(configuration.cache, clock, contexts, secrets)
    return Caching(InMemoryCache(type="in-memory"), clock, contexts, secrets)


def _prepare(upstreams: Upstreams, contexts: ClientContexts, problems: Collector) -> None:
    """Reads the files of TLS towards upstreams."""
    for index, entry in enumerate(upstreams.tls):
        with problems, unusable_at(upstreams.node_at("tls", index)):
            contexts.prepare(entry)


def _nonces(
    key: MasterKey | None, clock: Clock, secrets: HeldSecrets, problems: Collector
) -> Nonces | None:
    if key is None:
        return None
    with problems, unusable_at(key.node):
        return SealedNonces(_master_keys(key, secrets), clock)
    return None


def _master_keys(key: MasterKey, secrets: HeldSecrets) -> Callable[[], tuple[bytes, ...]]:
    """Returns what tells the master keys.

    Raises:
        ValueError: there are none.
    """
    source = key.source
    if source is None:
        keys = read_master_keys(key)
        return lambda: keys

    def held(secrets: HeldSecrets) -> tuple[bytes, ...]:
        return secrets.symmetric_keys(source, key.selector)

    try:
        secrets.require(source, "master key", held)
    except Malformed as problem:
        raise Malformed(f"secret source {quoted(source)} {problem}") from None
    return lambda: held(secrets)
