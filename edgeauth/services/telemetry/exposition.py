"""Everything that was counted, in the form that Prometheus reads.

Source:
    OpenMetrics 1.0 and the Prometheus text format 0.0.4, by prometheus-client.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, PlatformCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from edgeauth.ports.facts import CacheCounters
from edgeauth.ports.services import Clock
from edgeauth.services.endpoint_status import EndpointStatus
from edgeauth.services.listener_status import (
    Limited,
    ListenerStatus,
    Occupancy,
    Refused,
    UpstreamFailure,
)
from edgeauth.services.loading_status import LoadingStatus
from edgeauth.services.log_status import LogStatus
from edgeauth.services.secret_status import SecretStatus
from edgeauth.services.telemetry.certificates import CertificateEnd
from edgeauth.services.telemetry.decisions import DecisionCounts, TimedDecisions
from edgeauth.services.telemetry.processes import ProcessTotals
from edgeauth.services.telemetry.sharing import Workers


@dataclass(frozen=True, slots=True)
class Counted:
    """What is told.

    Attributes:
        clock: the time until certificates end.
        status: of the rule sets.
        decisions: how many there were.
        certificates: returns those in use, but for what listeners show.
        secrets: what has become of secret sources and signing keys.
        listeners: how they do.
        rules: how long they took; None unless `metrics.cover_rules` is on.
        caches: what they were asked, by backend; none unless `metrics.cover_cache` is on.
        logs: how they do, by name; those of one name are told of together.
        mechanisms: how they asked a cache, by `mechanism_name`; none unless `metrics.cover_cache`
            is on.
        workers: the processes that work for this one.
        endpoints: how calls to them go.
    """

    clock: Clock
    status: LoadingStatus
    decisions: DecisionCounts
    certificates: Callable[[], tuple[CertificateEnd, ...]]
    secrets: SecretStatus
    listeners: tuple[ListenerStatus, ...] = ()
    rules: TimedDecisions | None = None
    caches: Mapping[str, CacheCounters] = field(default_factory=dict)
    logs: Sequence[Mapping[str, LogStatus]] = ()
    mechanisms: Mapping[str, CacheCounters] = field(default_factory=dict)
    workers: Workers = field(default_factory=Workers)
    endpoints: EndpointStatus = field(default_factory=EndpointStatus)


class Exposition:
    """Tells what was counted.

    Args:
        counted: read each time somebody asks.
    """

    def __init__(self, counted: Counted) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Families(counted))
        self._registry.register(ProcessTotals(counted.workers))
        PlatformCollector(registry=self._registry)

    def render(self, accept: str) -> tuple[bytes, str]:
        """Returns the text and its media type.

        Args:
            accept: the field of the request, which chooses between the two formats.
        """
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type


class _Families(Collector):
    def __init__(self, counted: Counted) -> None:
        self._counted = counted

    def collect(self) -> Iterator[Metric]:
        """Yields every family with the numbers of now."""
        counted = self._counted
        yield _decisions(counted.decisions)
        yield CounterMetricFamily(
            "edgeauth_malformed_requests",
            "Bytes that were no request.",
            counted.decisions.malformed,
        )
        yield from _rule_sets(counted.status)
        yield from _secrets(counted.secrets, counted.clock.now())
        shown = [each for listener in counted.listeners for each in listener.certificates]
        yield _certificates((*counted.certificates(), *shown), counted.clock.now())
        if counted.listeners:
            yield from _listeners(counted.listeners)
            yield from _occupancies(counted.listeners)
            yield _requests(counted.listeners)
        yield from _calls(counted.endpoints)
        yield _lost_lines(counted.logs)
        if counted.rules is not None:
            yield _durations(counted.rules)
        if counted.caches:
            yield from _caches(counted.caches)
        if counted.mechanisms:
            yield _mechanisms(counted.mechanisms)


def _decisions(counts: DecisionCounts) -> Metric:
    family = CounterMetricFamily(
        "edgeauth_decisions", "Decisions by outcome and class.", labels=("outcome", "reason")
    )
    family.add_metric(("permit", ""), counts.permitted)
    for reason, count in counts.denied.items():
        family.add_metric(("deny", reason.value), count)
    return family


def _rule_sets(status: LoadingStatus) -> Iterator[Metric]:
    labels = ("ruleset_id", "ruleset_name", "provider")
    loaded = GaugeMetricFamily("rules_loaded", "Rules in force by rule set.", labels=labels)
    for each in status.loaded:
        loaded.add_metric((each.id, each.name, each.provider), each.rules)
    yield loaded
    refused = GaugeMetricFamily(
        "edgeauth_rule_sets_refused",
        "Problems of rule sets whose newest text is not in force.",
        labels=("ruleset_id", "code"),
    )
    for wrong in status.refused:
        refused.add_metric((wrong.id, wrong.code), wrong.problems)
    yield refused
    reloads = CounterMetricFamily(
        "edgeauth_rule_reloads", "Reloads of rule sets by result.", labels=("result",)
    )
    reloads.add_metric(("success",), status.successes)
    reloads.add_metric(("failure",), status.failures)
    yield reloads
    yield GaugeMetricFamily(
        "edgeauth_rule_reload_last_success_timestamp_seconds",
        "When all rule sets were last in force as they are written.",
        status.last_success,
    )


def _secrets(status: SecretStatus, now: float) -> Iterator[Metric]:
    reloads = CounterMetricFamily(
        "edgeauth_secret_reloads", "Reloads of secret sources by result.", labels=("result",)
    )
    reloads.add_metric(("success",), status.successes)
    reloads.add_metric(("failure",), status.failures)
    yield reloads
    refused = GaugeMetricFamily(
        "edgeauth_secret_source_refused_timestamp_seconds",
        "Since when the newest content of a source is not in force.",
        labels=("source",),
    )
    for each in status.refused:
        refused.add_metric((each.name,), each.since)
    yield refused
    ages = GaugeMetricFamily(
        "edgeauth_signing_key_age_seconds",
        "Time since a key began to sign, where its store gives the date.",
        labels=("store", "key_id", "algorithm"),
    )
    for key in status.signing():
        if key.since is not None:
            ages.add_metric((key.store, key.key_id, key.algorithm), now - key.since)
    yield ages


def _certificates(certificates: tuple[CertificateEnd, ...], now: float) -> Metric:
    family = GaugeMetricFamily(
        "certificate_expiry_seconds",
        "Time until a certificate ends; negative afterwards.",
        labels=("issuer", "serial_nr", "subject", "dns_names"),
    )
    for each in dict.fromkeys(certificates):
        labels = (each.issuer, each.serial_nr, each.subject, each.dns_names)
        family.add_metric(labels, each.expires_at - now)
    return family


def _listeners(listeners: tuple[ListenerStatus, ...]) -> Iterator[Metric]:
    limited = CounterMetricFamily(
        "edgeauth_limits_reached",
        "How often a limit was reached.",
        labels=("limit",),
    )
    refused = CounterMetricFamily(
        "edgeauth_connections_refused",
        "Connections that ended before their first request.",
        labels=("listener", "reason"),
    )
    renewals = CounterMetricFamily(
        "edgeauth_tls_renewals", "Readings of the files of TLS.", labels=("listener", "result")
    )
    for each in listeners:
        for reason in Refused:
            refused.add_metric((each.name, reason.value), each.refused[reason])
        if each.certificates:
            renewals.add_metric((each.name, "success"), each.renewals)
            renewals.add_metric((each.name, "failure"), each.failures)
    yield refused
    for limit in Limited:
        limited.add_metric((limit.value,), sum(each.limited[limit] for each in listeners))
    yield limited
    yield renewals
    failed = CounterMetricFamily(
        "edgeauth_upstream_failures",
        "Requests that an upstream did not answer.",
        labels=("reason",),
    )
    for why in UpstreamFailure:
        failed.add_metric((why.value,), sum(each.failed[why] for each in listeners))
    yield failed
    yield CounterMetricFamily(
        "edgeauth_event_loop_lag_seconds",
        "Time by which a task that is due twice a second came late.",
        sum(each.lag for each in listeners),
    )


def _occupancies(listeners: tuple[ListenerStatus, ...]) -> Iterator[Metric]:
    connections = GaugeMetricFamily(
        "edgeauth_connections", "Open connections of clients.", labels=("listener",)
    )
    held = Occupancy()
    for each in listeners:
        occupied = each.occupancy()
        connections.add_metric((each.name,), occupied.connections)
        held = held.plus(occupied)
    yield connections
    yield GaugeMetricFamily(
        "edgeauth_requests_in_flight", "Requests that are not answered yet.", held.requests
    )
    upstreams = GaugeMetricFamily(
        "edgeauth_upstream_connections", "Connections to upstreams by state.", labels=("state",)
    )
    upstreams.add_metric(("idle",), held.idle_upstreams)
    upstreams.add_metric(("in_use",), held.busy_upstreams)
    yield upstreams
    yield GaugeMetricFamily(
        "edgeauth_upstream_requests_waiting",
        "Requests that wait for a connection to an upstream.",
        held.waiting,
    )


def _requests(listeners: tuple[ListenerStatus, ...]) -> Metric:
    family = HistogramMetricFamily(
        "http_server_request_duration_seconds",
        "Time from the first octet of a request to the last one of its answer.",
        labels=("listener", "http_request_method", "http_response_status_code"),
    )
    for each in listeners:
        kinds = {} if each.requests is None else each.requests.by_kind
        for (method, status), durations in kinds.items():
            labels = (each.name, method, str(status or ""))
            family.add_metric(labels, list(durations.buckets()), durations.total)
    return family


def _calls(endpoints: EndpointStatus) -> Iterator[Metric]:
    calls = HistogramMetricFamily(
        "http_client_request_duration_seconds",
        "Time from a call to an endpoint to the end of its answer.",
        labels=("endpoint", "http_response_status_code"),
    )
    for (endpoint, status), durations in endpoints.calls.by_kind.items():
        buckets = list(durations.buckets())
        calls.add_metric((endpoint, str(status or "")), buckets, durations.total)
    yield calls
    held_back = CounterMetricFamily(
        "edgeauth_endpoint_calls_held_back",
        "Calls that were not made: the circuit is open, or too many are under way.",
        labels=("endpoint",),
    )
    for endpoint, count in endpoints.held_back.items():
        held_back.add_metric((endpoint,), count)
    yield held_back


def _lost_lines(logs: Sequence[Mapping[str, LogStatus]]) -> Metric:
    family = CounterMetricFamily(
        "edgeauth_log_lines_lost", "Lines that were not written.", labels=("log",)
    )
    for name in dict.fromkeys(name for each in logs for name in each):
        family.add_metric((name,), sum(each[name].lost for each in logs if name in each))
    return family


def _durations(timed: TimedDecisions) -> Metric:
    family = HistogramMetricFamily(
        "rule_execution_duration_seconds",
        "Time from a request to its decision by rule.",
        labels=("rule_id", "ruleset_name"),
    )
    for (rule_set, rule), durations in timed.durations.items():
        family.add_metric((rule, rule_set), list(durations.buckets()), durations.total)
    return family


def _mechanisms(mechanisms: Mapping[str, CacheCounters]) -> Metric:
    family = CounterMetricFamily(
        "edgeauth_mechanism_cache_requests",
        "What mechanisms looked for in the cache of the process.",
        labels=("kind", "mechanism", "result"),
    )
    for name, counters in mechanisms.items():
        kind, _, mechanism_id = name.partition("/")
        if counters.hits or counters.misses:
            family.add_metric((kind, mechanism_id, "hit"), counters.hits)
            family.add_metric((kind, mechanism_id, "miss"), counters.misses)
    return family


def _caches(caches: Mapping[str, CacheCounters]) -> Iterator[Metric]:
    labels = ("backend", "result")
    asked = CounterMetricFamily("cache_get_requests", "What a cache was asked.", labels=labels)
    given = CounterMetricFamily("cache_set_requests", "What a cache was given.", labels=labels)
    ended = CounterMetricFamily(
        "edgeauth_cache_invalidations",
        "Copies of shared facts that were given up, since they have changed or could have.",
        labels=("backend",),
    )
    for backend, counters in caches.items():
        ended.add_metric((backend,), counters.invalidated)
        asked.add_metric((backend, "hit"), counters.hits)
        asked.add_metric((backend, "miss"), counters.misses)
        asked.add_metric((backend, "error"), counters.errors)
        given.add_metric((backend, "success"), counters.stored)
        given.add_metric((backend, "error"), counters.store_errors)
    yield asked
    yield given
    yield ended
