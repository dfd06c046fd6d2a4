"""The instruments that a process is fitted with, or not."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from cryptography import x509

from edgeauth.config.models.configuration import Metrics
from edgeauth.ports.facts import CacheCounters, FactCache
from edgeauth.ports.services import Clock
from edgeauth.services.counted_cache import CountedCache
from edgeauth.services.decision_log import DecisionLog
from edgeauth.services.endpoint_status import EndpointStatus
from edgeauth.services.listener_status import ListenerStatus
from edgeauth.services.loading_status import LoadingStatus
from edgeauth.services.log_status import LogStatus
from edgeauth.services.secret_status import SecretStatus
from edgeauth.services.telemetry.certificates import CertificateEnd, end_of
from edgeauth.services.telemetry.decisions import Decide, DecisionCounts, TimedDecisions
from edgeauth.services.telemetry.durations import METHODS, RequestDurations
from edgeauth.services.telemetry.sharing import Sharing, Workers, mechanism_name

if TYPE_CHECKING:
    from edgeauth.services.telemetry.exposition import Exposition


class Instruments:
    """Counts what somebody will be told; what nobody hears of costs nothing.

    Args:
        settings: the `metrics` section.
        log: takes every decision after it was counted.
        clock: the time until certificates end.
        status: of the rule sets.
        told: whether there is anybody to tell.

    Attributes:
        record: takes decisions.
        record_malformed: takes refusals of bytes that are no request.
        endpoints: is told how calls go.
    """

    def __init__(
        self,
        settings: Metrics,
        log: DecisionLog,
        clock: Clock,
        status: LoadingStatus,
        *,
        told: bool,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._status = status
        self._told = told
        self._counts = DecisionCounts(log.record, log.record_malformed)
        self._rules: TimedDecisions | None = None
        self._caches: Mapping[str, CacheCounters] = {}
        self._mechanisms: dict[str, CacheCounters] = {}
        self._logs: list[Mapping[str, LogStatus]] = []
        self._workers = Workers()
        self.endpoints = EndpointStatus()
        counted = self._counts if told else log
        self.record = counted.record
        self.record_malformed = counted.record_malformed

    def cover(self, caches: Mapping[str, CacheCounters]) -> None:
        """Has caches told of, if that is wanted.

        Args:
            caches: what they were asked, by backend.
        """
        if self._settings.cover_cache:
            self._caches = caches

    def cache_of(self, kind: str, mechanism_id: str, cache: FactCache) -> FactCache:
        """Returns the cache for one mechanism, counted if that is wanted.

        Args:
            kind: of the mechanism.
            mechanism_id: its id, under which all steps that refer to it are told of together.
            cache: where facts are kept.
        """
        if not (self._told and self._settings.cover_cache):
            return cache
        name = mechanism_name(kind, mechanism_id)
        return CountedCache(cache, self._mechanisms.setdefault(name, CacheCounters()))

    def watch(self, logs: Mapping[str, LogStatus]) -> None:
        """Has it told how logs do.

        Args:
            logs: those of this process, by name.
        """
        self._logs.append(logs)

    def decide(self, decide: Decide) -> Decide:
        """Returns what decides, measured by rule if that is wanted."""
        if not (self._told and self._settings.cover_rules):
            return decide
        self._rules = TimedDecisions(decide)
        return self._rules.decide

    def measure(self, listeners: Iterable[ListenerStatus]) -> None:
        """Has it measured how long requests take, if anybody is told."""
        if self._told:
            for each in listeners:
                each.requests = RequestDurations(METHODS)

    def sharing(self, listener: ListenerStatus, *, gathers: bool) -> Sharing:
        """Returns what exchanges the counts with other processes.

        Args:
            listener: how the listener for requests does.
            gathers: whether it is the others' counts that are to be known here. This process
                writes logs of its own, which are not theirs.
        """
        (logs,) = self._logs
        if gathers:
            logs = {name: LogStatus() for name in logs}
            self.watch(logs)
        return Sharing(
            self._counts,
            self._rules,
            self._caches,
            self._mechanisms,
            listener,
            logs,
            self._workers,
            self.endpoints,
        )

    def exposition(
        self,
        certificates: Callable[[], Iterable[x509.Certificate]],
        secrets: SecretStatus | None = None,
        listeners: Sequence[ListenerStatus] = (),
    ) -> "Exposition":
        """Returns what tells it all.

        Args:
            certificates: returns those in use, but for what listeners show.
            secrets: what has become of secret sources; None where there are none.
            listeners: how they do.
        """
        # A quarter of a second that commands do not need.
        from edgeauth.services.telemetry.exposition import Counted, Exposition  # noqa: PLC0415

        def ends() -> tuple[CertificateEnd, ...]:
            return tuple(dict.fromkeys(map(end_of, certificates())))

        return Exposition(
            Counted(
                self._clock,
                self._status,
                self._counts,
                ends,
                secrets or SecretStatus(),
                tuple(listeners),
                self._rules,
                self._caches,
                self._logs,
                self._mechanisms,
                self._workers,
                self.endpoints,
            )
        )
