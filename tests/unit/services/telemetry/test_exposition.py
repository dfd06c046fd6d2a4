"""What Prometheus reads."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client.parser import text_string_to_metric_families

from edgeauth.config.models.configuration import Metrics
from edgeauth.model.decision import Deny, HeaderEdits, Permit, Refusal, Response
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.request import Request
from edgeauth.ports.content import NO_DOOR, ContentSource
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.decision_log import DecisionLog
from edgeauth.services.listener_status import (
    Limited,
    ListenerStatus,
    Occupancy,
    Refused,
    UpstreamFailure,
)
from edgeauth.services.loading_status import LoadedRuleSet, LoadingStatus, RefusedRuleSet
from edgeauth.services.log_status import LogStatus
from edgeauth.services.telemetry.certificates import end_of
from edgeauth.services.telemetry.durations import MAX_KINDS, OTHER, RequestDurations
from edgeauth.services.telemetry.instruments import Instruments
from tests.fakes.certificates import certificate
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run_straight
from tests.fakes.rules import asked

STATUS = LoadingStatus(
    (LoadedRuleSet("file_system:a.yaml", 'with "quotes"\nand lines', "file_system", 3),),
    (RefusedRuleSet("file_system:b.yaml", 2, "conflict", 7, 1.0),),
    successes=4,
    failures=5,
    last_success=6.0,
)
ALL = Metrics(cover_rules=True, cover_cache=True)


class Nowhere:
    def write(self, data: bytes, /) -> object: ...
    def flush(self) -> object: ...


def instruments(settings: Metrics = ALL, *, told: bool = True) -> Instruments:
    clock = FakeClock()
    return Instruments(settings, DecisionLog(Nowhere(), clock), clock, STATUS, told=told)


def samples(of: Instruments, *certificates: object) -> dict[tuple[str, ...], float]:
    """Returns each value by name and values of labels, in the order of their names."""
    text, media_type = of.exposition(lambda: certificates).render("text/plain")
    assert media_type.startswith("text/plain")
    return {
        (sample.name, *(text for _, text in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_decisions_are_told_by_outcome_and_class():
    made = instruments()
    made.record(asked(), Permit("r", "alice", HeaderEdits(), None))
    made.record(asked(), Deny(Response(403), Refusal(Reason.AUTHORIZATION, "no")))
    made.record_malformed("192.0.2.1", Malformed("no"))

    told = samples(made)

    assert told["edgeauth_decisions_total", "permit", ""] == 1
    assert told["edgeauth_decisions_total", "deny", "authorization_error"] == 1
    assert told["edgeauth_decisions_total", "deny", "internal_error"] == 0
    assert told["edgeauth_malformed_requests_total",] == 1


def test_rule_sets_are_told_as_they_are():
    told = samples(instruments())

    name = 'with "quotes"\nand lines'
    assert told["rules_loaded", "file_system", "file_system:a.yaml", name] == 3
    assert told["edgeauth_rule_sets_refused", "conflict", "file_system:b.yaml"] == 2
    assert told["edgeauth_rule_reloads_total", "success"] == 4
    assert told["edgeauth_rule_reloads_total", "failure"] == 5
    assert told["edgeauth_rule_reload_last_success_timestamp_seconds",] == 6


def test_the_end_of_certificates_is_told():
    end = datetime(2030, 1, 1, tzinfo=UTC)
    shown = certificate(ec.generate_private_key(ec.SECP256R1()), "edge.test", end=end)
    made = instruments()

    told = samples(made, shown, shown)

    (left,) = [value for name, value in told.items() if name[0] == "certificate_expiry_seconds"]
    assert left == pytest.approx(end.timestamp() - FakeClock().now())


def test_listeners_tell_of_certificates_renewals_and_whom_they_turned_away():
    end = end_of(certificate(ec.generate_private_key(ec.SECP256R1()), "edge.test"))
    served = ListenerStatus("serve", (end,), Counter({Refused.HANDSHAKE: 7}), 3, 1)
    served.limited[Limited.BODY] = 5
    served.failed[UpstreamFailure.TLS] = 9
    served.occupancy = lambda: Occupancy(9, 8, 7, 6, 5)
    served.lag = 1.5
    plain = ListenerStatus("management")

    text, _ = instruments().exposition(tuple, None, (served, plain)).render("text/plain")

    told = text.decode()
    assert 'edgeauth_connections_refused_total{listener="serve",reason="handshake"} 7.0' in told
    assert 'edgeauth_limits_reached_total{limit="body"} 5.0' in told
    assert 'edgeauth_upstream_failures_total{reason="tls"} 9.0' in told
    assert 'edgeauth_upstream_failures_total{reason="timeout"} 0.0' in told
    assert 'edgeauth_connections{listener="serve"} 9.0' in told
    assert 'edgeauth_connections{listener="management"} 0.0' in told
    assert "edgeauth_requests_in_flight 8.0" in told
    assert 'edgeauth_upstream_connections{state="idle"} 7.0' in told
    assert 'edgeauth_upstream_connections{state="in_use"} 6.0' in told
    assert "edgeauth_upstream_requests_waiting 5.0" in told
    assert 'edgeauth_connections_refused_total{listener="management",reason="timeout"} 0' in told
    assert 'edgeauth_tls_renewals_total{listener="serve",result="success"} 3.0' in told
    assert 'edgeauth_tls_renewals_total{listener="serve",result="failure"} 1.0' in told
    assert 'renewals_total{listener="management"' not in told
    assert 'subject="CN=edge.test"' in told
    assert "edgeauth_event_loop_lag_seconds_total 1.5" in told


def test_requests_are_told_by_listener_method_and_status():
    served = ListenerStatus("serve", requests=RequestDurations())
    assert served.requests is not None
    for status in (200, 200, 0):
        served.requests.note("GET", status, 0.002)

    text, _ = instruments().exposition(tuple, None, (served,)).render("text/plain")

    told = text.decode()
    name = 'http_server_request_duration_seconds_%s{http_request_method="GET",'
    ok = 'http_response_status_code="200"'
    assert f'{name % "count"}{ok},listener="serve"}} 2.0' in told
    assert f'{name % "bucket"}{ok},le="0.001",listener="serve"}} 0.0' in told
    assert f'{name % "bucket"}{ok},le="0.0025",listener="serve"}} 2.0' in told
    assert f'{name % "count"}http_response_status_code="",listener="serve"}} 1.0' in told


def test_requests_are_measured_where_somebody_is_told():
    heard, unheard = ListenerStatus("serve"), ListenerStatus("serve")

    instruments().measure([heard])
    instruments(told=False).measure([unheard])

    assert heard.requests is not None
    assert unheard.requests is None


def test_calls_are_told_by_endpoint_and_status():
    made = instruments()
    made.endpoints.calls.note("https://id.test", 200, 0.002)
    made.endpoints.calls.note("https://id.test", 0, 9.0)
    made.endpoints.held_back["https://id.test"] += 3

    told = samples(made)

    name = "http_client_request_duration_seconds_"
    assert told[f"{name}bucket", "https://id.test", "200", "0.0025"] == 1
    assert told[f"{name}count", "https://id.test", ""] == 1
    assert told["edgeauth_endpoint_calls_held_back_total", "https://id.test"] == 3


def test_services_can_not_make_kinds_of_requests_grow_without_end():
    requests = RequestDurations()
    for status in range(MAX_KINDS + 5):
        requests.note("GET", status, 1.0)

    assert len(requests.by_kind) == MAX_KINDS + 1
    assert sum(requests.by_kind[OTHER, 0].counts) == 5


def test_attack_213_nothing_that_clients_say_becomes_a_label():
    made = instruments()

    async def decide(_: Request, content: ContentSource) -> Permit:
        return Permit("r", "alice", HeaderEdits(), None, rule_set="shop")

    timed = made.decide(decide)
    for number in range(50):
        request = asked(f'/said"\n/{number}', f"said{number}.test", f"SAID{number}")
        made.record(request, run_straight(timed(request, NO_DOOR)))
        made.record_malformed(f"said{number}", Malformed("no"))

    told = samples(made)

    assert told["rule_execution_duration_seconds_count", "r", "shop"] == 50
    assert not [name for name in told if "said" in " ".join(name).lower()]


def test_rules_and_the_cache_are_told_where_they_are_covered():
    made = instruments()
    cache = MemoryCache(FakeClock())
    made.cover({"in-memory": cache.counters})
    cache.store(b"k", "fact", FakeClock().now() + 9)
    assert (cache.find(b"k"), cache.find(b"other")) == ("fact", None)

    async def decide(_: Request, content: ContentSource) -> Permit:
        return Permit("r", "alice", HeaderEdits(), None, rule_set="shop")

    run_straight(made.decide(decide)(asked(), NO_DOOR))
    told = samples(made)

    assert told["cache_get_requests_total", "in-memory", "hit"] == 1
    assert told["cache_get_requests_total", "in-memory", "miss"] == 1
    assert told["cache_set_requests_total", "in-memory", "success"] == 1
    assert told["rule_execution_duration_seconds_count", "r", "shop"] == 1


@pytest.mark.parametrize(
    ("settings", "told"), [(Metrics(), True), (ALL, False)], ids=["not covered", "nobody to tell"]
)
def test_what_nobody_hears_of_costs_nothing(settings: Metrics, told: bool):
    made = instruments(settings, told=told)

    async def decide(_: Request, content: ContentSource) -> Permit:
        raise AssertionError

    assert made.decide(decide) is decide


def test_the_process_tells_of_itself():
    assert samples(instruments())["process_resident_memory_bytes",] > 0


def test_open_metrics_is_spoken_where_it_is_preferred():
    text, media_type = instruments().exposition(tuple).render("application/openmetrics-text")

    assert media_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")


def test_mechanisms_tell_what_they_found_in_the_cache():
    made, cache = instruments(), MemoryCache(FakeClock())
    mine = made.cache_of("authenticator", "a/b", cache)
    others = made.cache_of("authorizer", "remote", cache)
    cache.store(b"known", "fact", FakeClock().now() + 60)
    assert [mine.find(b"known"), mine.find(b"unknown"), mine.find(b"other")] == ["fact", None, None]
    assert made.cache_of("authenticator", "a/b", cache).find(b"known") == "fact"
    assert others.peek(b"known") == "fact"

    told = samples(made)

    name = "edgeauth_mechanism_cache_requests_total"
    assert {key[1:]: value for key, value in told.items() if key[0] == name} == {
        ("authenticator", "a/b", "hit"): 2,
        ("authenticator", "a/b", "miss"): 2,
    }


@pytest.mark.parametrize(
    "made",
    [instruments(Metrics(cover_cache=False)), instruments(told=False)],
    ids=["not-wanted", "nobody-to-tell"],
)
def test_mechanisms_that_are_not_told_of_have_the_cache_itself(made):
    cache = MemoryCache(FakeClock())

    assert made.cache_of("authenticator", "a", cache) is cache


def test_lines_that_were_lost_are_told_by_log_whoever_lost_them():
    made = instruments()
    made.watch({"decision": LogStatus(3), "access": LogStatus(4)})
    made.watch({"access": LogStatus(5)})

    told = samples(made)

    assert told["edgeauth_log_lines_lost_total", "decision"] == 3
    assert told["edgeauth_log_lines_lost_total", "access"] == 9
