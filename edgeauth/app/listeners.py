"""Builds the listeners: one for requests, and those for operators."""

from collections.abc import Callable
from dataclasses import dataclass

from edgeauth.app.blueprint import Mode
from edgeauth.app.services import Backing
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.serve import Serve
from edgeauth.engine.decide import DecisionPoint
from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.decision import DecisionDoor
from edgeauth.listeners.dialling import Dialler
from edgeauth.listeners.limits import OperatorLimits, limits_of, operator_limits_of, patience_of
from edgeauth.listeners.management import ManagementListener
from edgeauth.listeners.metrics import metrics_application
from edgeauth.listeners.observed import Recorder
from edgeauth.listeners.proxy import ProxyDoor
from edgeauth.listeners.receptions import Receptions
from edgeauth.listeners.request_ids import RequestIds
from edgeauth.listeners.server import Door, Listener, cors_policy, trusted_by
from edgeauth.listeners.upstream_trust import UpstreamTrust
from edgeauth.model.errors import Reason
from edgeauth.ports.services import Clock
from edgeauth.services.access_log import AccessLog
from edgeauth.services.listener_status import ListenerStatus
from edgeauth.services.secret_status import SecretStatus
from edgeauth.services.telemetry.instruments import Instruments
from edgeauth.wire.answers import Answers


def answers_of(serve: Serve, mode: Mode) -> Answers:
    """Returns the answers that a configuration wants refusals to have."""
    statuses = serve.respond.statuses
    return Answers(
        {
            Reason.PRECONDITION: statuses.precondition_error.code,
            Reason.AUTHENTICATION: statuses.authentication_error.code,
            Reason.AUTHORIZATION: statuses.authorization_error.code,
            Reason.COMMUNICATION: statuses.communication_error.code,
            Reason.INTERNAL: statuses.internal_error.code,
            Reason.NO_RULE: statuses.no_rule_error.code,
        },
        verbose=serve.respond.verbose,
        permit=statuses.accepted.code if mode is Mode.DECISION else None,
    )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every listener works with.

    Attributes:
        access: notes every exchange; None when nobody wants that.
    """

    configuration: Configuration
    clock: Clock
    answers: Answers
    instruments: Instruments
    receptions: Receptions
    backing: Backing
    access: AccessLog | None

    def for_operators(
        self, listener: str
    ) -> tuple[OperatorLimits, ListenerStatus, Recorder | None]:
        """Returns what a listener for operators works with."""
        settings, recorder = self.configuration, None
        if self.access is not None and settings.log.access_log.management:
            recorder = Recorder(self.access, listener, self.clock)
        limits = operator_limits_of(settings.management)
        return limits, self.receptions.statuses["management"], recorder


def request_listener(mode: Mode, decisions: DecisionPoint, around: Surroundings) -> Listener:
    """Returns the listener that requests to be decided about come to."""
    serve = around.configuration.serve
    trusted, recorder = trusted_by(serve), None
    status = around.receptions.statuses["serve"]
    if around.access is not None:
        recorder = Recorder(
            around.access,
            mode.value,
            around.clock,
            trusted.networks,
            durations=status.requests,
        )
    limits, deadlines = limits_of(serve), Deadlines(around.clock)
    door: Door = DecisionDoor(serve.respond.statuses.accepted.code)
    if mode is Mode.PROXY:
        trust = UpstreamTrust(around.configuration.upstreams, around.backing.contexts)
        proxies = around.backing.proxies
        dialler = Dialler(limits.connect_timeout, trust.of, proxies=proxies)
        patience = patience_of(around.configuration.upstreams, limits.read_timeout)
        door = ProxyDoor(around.answers, limits, deadlines, dialler, status, patience)
    return Listener(
        around.instruments.decide(decisions.decide),
        door,
        deadlines,
        limits,
        trusted,
        around.instruments.record_malformed,
        cors_policy(serve.cors) if mode is Mode.PROXY else None,
        status,
        recorder,
        RequestIds() if serve.request_ids else None,
        only_resolved=serve.unresolved_paths == "refuse",
    )


def metrics_listener(
    secrets: SecretStatus, gather: Callable[[], None], around: Surroundings
) -> ManagementListener:
    """Returns the listener that tells metrics.

    Args:
        secrets: tell how old they are.
        gather: brings in what other processes have counted; called before each answer.
        around: what every listener works with.
    """
    backing = around.backing
    exposition = around.instruments.exposition(
        lambda: (*backing.signers.certificates(), *backing.keys.certificates()),
        secrets,
        tuple(around.receptions.statuses.values()),
    )

    def render(accept: str) -> tuple[bytes, str]:
        gather()
        return exposition.render(accept)

    return ManagementListener(metrics_application(render), *around.for_operators("metrics"))
