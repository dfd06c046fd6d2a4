"""The composition root: the only place where everything meets.

decode -> build (no network) -> start -> serve -> drain -> close
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from edgeauth.catalogue.catalogue import Catalogue
from edgeauth.catalogue.compile import RuleCompiler
from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.catalogue.in_force import RuleSetsInForce
from edgeauth.catalogue.registry import Registry
from edgeauth.config.codes import Code
from edgeauth.config.errors import Collector
from edgeauth.config.exporters import MetricsEndpoint, metrics_endpoint
from edgeauth.config.models.cache import InMemoryCache
from edgeauth.config.models.master_key import MasterKey
from edgeauth.config.models.serve import Management, Serve
from edgeauth.config.read import Reading, RuleSet
from edgeauth.config.spelling import quoted
from edgeauth.contract.endpoint_keys import StoredEndpointKeys
from edgeauth.contract.jwks import PublishedKeys
from edgeauth.contract.key_states import KeyTurn
from edgeauth.contract.keystore import KeyStoreError
from edgeauth.contract.signers import Signers
from edgeauth.engine.decide import DecisionPoint
from edgeauth.engine.rulebook import RuleBook
from edgeauth.engine.trie import Trie
from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.decision import DecisionDoor
from edgeauth.listeners.limits import limits_of
from edgeauth.listeners.management import ManagementListener, management_application
from edgeauth.listeners.metrics import metrics_application
from edgeauth.listeners.proxy import ProxyDoor
from edgeauth.listeners.receptions import Receptions
from edgeauth.listeners.server import Door, Listener, cors_policy, trusted_by
from edgeauth.listeners.sockets import Place, open_sockets
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.model.errors import Malformed, Reason
from edgeauth.ports.proofs import Nonces
from edgeauth.ports.services import Services
from edgeauth.providers.reload import Reloader, Reloading
from edgeauth.providers.secret_reload import SecretReloader
from edgeauth.providers.watch import FileWatch
from edgeauth.secret_sources.sources import HeldSecrets, load_secrets
from edgeauth.services.caching import Caching
from edgeauth.services.clock import SystemClock
from edgeauth.services.decision_log import DecisionLog
from edgeauth.services.endpoints import HttpEndpoints
from edgeauth.services.issuer_directory import Issuers
from edgeauth.services.loading_status import LoadingStatus
from edgeauth.services.master_keys import read_master_keys
from edgeauth.services.nonces import SealedNonces
from edgeauth.services.secret_status import SecretStatus, SigningKey
from edgeauth.services.telemetry.instruments import Instruments
from edgeauth.services.telemetry.sharing import Board
from edgeauth.services.trust_stores import TrustStoreFiles
from edgeauth.services.turn import Turn
from edgeauth.services.verification_keys import IssuerKeys
from edgeauth.wire.answers import Answers

_DRAIN_SECONDS: Final = 10.0


class Role(Enum):
    """What a process does of all that there is to do."""

    ALL = "all"
    WORKER = "worker"
    """Decides about requests; another process is there for operators."""
    MANAGEMENT = "management"
    """Is there for operators, and knows what workers have counted."""


class Mode(Enum):
    """Which door requests come through."""

    PROXY = "proxy"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a process is to be made of."""

    reading: Reading
    enforcement: Enforcement
    mode: Mode
    load: Callable[[Collector], list[RuleSet]]
    """Returns the rule sets; tells what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of one process in all that there is to do.

    Attributes:
        role: what it does.
        number: tells workers apart.
        generation: 0 for the first process with this part, 1 for the one that replaced it...
        board: where workers write down what they count; None when there is one process.
    """

    role: Role = Role.ALL
    number: int = 0
    generation: int = 0
    board: Board | None = None


_ALONE: Final = Part()


class Application:
    """A process that decides about requests.

    Args:
        blueprint: what it is made of.
        problems: receives what is wrong with the configuration and the rule sets; with any in it
            the application must not be started.
    """

    def __init__(self, blueprint: Blueprint, problems: Collector) -> None:
        self._configuration = blueprint.reading.configuration
        serve = self._configuration.serve
        self._clock = SystemClock()
        self._answers = _answers(serve)
        self._log = DecisionLog(sys.stdout.buffer, self._clock, turn=Turn())
        self._tasks: list[asyncio.Task[None]] = []
        self._secrets = load_secrets(self._configuration, os.environ, problems)
        self._secret_status = SecretStatus()
        self._secret_reloader: SecretReloader | None = None
        signers = Signers(self._clock, self._secrets)
        self._status = LoadingStatus()
        self._metrics_at = self._metrics_endpoint(problems)
        self._instruments = Instruments(
            self._configuration.metrics,
            self._log,
            self._clock,
            self._status,
            told=self._metrics_at is not None,
        )
        self._secret_status.signing = lambda: _signing(signers)
        keys = StoredEndpointKeys(signers, self._secrets, self._clock)
        self._caching = self._build_caching(keys, problems)
        self._instruments.cover(self._caching.counters)
        self._endpoints = HttpEndpoints(self._clock, self._caching.facts, keys)
        for problem in blueprint.enforcement.problems(self._configuration):
            problems.add(problem)
        self._receptions = Receptions(self._configuration, self._clock, FileWatch, problems)
        self._rule_sets: RuleSetsInForce | None = None
        self._reloader: Reloader | None = None
        self._reload_asked = False
        self._nonces = self._sealed_nonces(problems)
        rules = self._rules(blueprint, signers, problems)
        self._decisions = DecisionPoint(rules, self._answers, self._instruments.record)
        self._listener = self._build_listener(blueprint.mode, self._decisions)
        self._management = ManagementListener(
            management_application(
                self._published(signers, problems),
                self._status,
                cors_policy(self._configuration.management.cors),
            )
        )
        self._gather: Callable[[], None] = lambda: None
        self._metrics = self._build_metrics(signers)

    def _build_metrics(self, signers: Signers) -> ManagementListener | None:
        if self._metrics_at is None:
            return None
        exposition = self._instruments.exposition(
            signers.certificates,
            self._secret_status,
            tuple(self._receptions.statuses.values()),
        )

        def render(accept: str) -> tuple[bytes, str]:
            self._gather()
            return exposition.render(accept)

        return ManagementListener(metrics_application(render))

    def _metrics_endpoint(self, problems: Collector) -> MetricsEndpoint | None:
        endpoint = metrics_endpoint(os.environ, problems)
        return endpoint if self._configuration.metrics.enabled else None

    def _build_caching(self, keys: StoredEndpointKeys, problems: Collector) -> Caching:
        try:
            return Caching(self._configuration.cache, self._clock, keys, self._secrets)
        except ValueError as error:
            problems.add(self._configuration.problem(str(error), "cache", code=Code.UNUSABLE))
            return Caching(InMemoryCache(type="in-memory"), self._clock, keys, self._secrets)

    def _rules(self, blueprint: Blueprint, signers: Signers, problems: Collector) -> RuleBook:
        """Returns the book of rules; the problems of catalogue and rule sets come together."""
        rule_sets = blueprint.load(problems)
        if blueprint.reading.broken & {"mechanisms", "default_rule"}:
            return RuleBook(Trie())  # rules would only be said to lack what is broken
        catalogue = Catalogue(
            self._configuration.mechanisms,
            Registry(TYPES),
            self._services(signers),
            blueprint.enforcement,
        )
        compiler = RuleCompiler(
            catalogue,
            self._configuration.default_rule,
            blueprint.enforcement,
            proxy=blueprint.mode is Mode.PROXY,
        )
        for problem in (*catalogue.problems.found, *compiler.problems.found):
            problems.add(problem)
        self._rule_sets = RuleSetsInForce(compiler)
        return self._rule_sets.begin(rule_sets, problems)

    def _services(self, signers: Signers) -> Services:
        endpoints = self._endpoints
        issuers = Issuers(endpoints, self._clock)
        return Services(
            self._clock,
            self._caching.facts,
            endpoints,
            endpoints.access_tokens,
            issuers,
            IssuerKeys(endpoints, self._clock, issuers),
            TrustStoreFiles(),
            self._caching.replays,
            self._nonces,
            signers,
            self._answers,
            self._secrets,
        )

    def _sealed_nonces(self, problems: Collector) -> Nonces | None:
        key = self._configuration.master_key
        if key is None:
            return None
        try:
            return SealedNonces(self._master_keys(key), self._clock)
        except ValueError as error:
            problems.add(key.problem(str(error), code=Code.UNUSABLE))
            return None

    def _master_keys(self, key: MasterKey) -> Callable[[], tuple[bytes, ...]]:
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
            self._secrets.require(source, "master key", held)
        except Malformed as problem:
            raise Malformed(f"secret source {quoted(source)} {problem}") from None
        return lambda: held(self._secrets)

    def _published(self, signers: Signers, problems: Collector) -> Callable[[], PublishedKeys]:
        try:
            signers.published()
        except KeyStoreError as error:
            place = ("mechanisms", "finalizers")
            problems.add(self._configuration.problem(str(error), *place, code=Code.UNUSABLE))
        return signers.published

    def _build_listener(self, mode: Mode, decisions: DecisionPoint) -> Listener:
        serve = self._configuration.serve
        limits, deadlines = limits_of(serve), Deadlines()
        door: Door = DecisionDoor(serve.respond.statuses.accepted.code)
        if mode is Mode.PROXY:
            door = ProxyDoor(self._answers, limits, deadlines, clock=self._clock)
        return Listener(
            self._instruments.decide(decisions.decide),
            door,
            deadlines,
            limits,
            trusted_by(serve),
            self._instruments.record_malformed,
            cors_policy(serve.cors) if mode is Mode.PROXY else None,
            self._receptions.statuses["serve"],
        )

    @property
    def workers(self) -> int | None:
        """Returns how many processes the configuration wants; None for as many as processors."""
        return self._configuration.serve.workers

    def places(self) -> list[Place]:
        """Returns where to listen; requests come last, when everything else is there."""
        settings = self._configuration
        named: list[tuple[str, Serve | Management | MetricsEndpoint]] = [
            ("management", settings.management),
            ("serve", settings.serve),
        ]
        if self._metrics_at is not None:
            named.insert(0, ("metrics", self._metrics_at))
        return [Place(name, at.host, at.port) for name, at in named]

    @property
    def drain_seconds(self) -> float:
        """Returns how long requests under way may take once the process is to end."""
        return _DRAIN_SECONDS

    async def start(
        self, sockets: Mapping[str, Sequence[socket.socket]] | None = None, part: Part = _ALONE
    ) -> None:
        """Serves at sockets that listen, and begins to watch what is to be watched.

        Args:
            sockets: by the name of their place; None opens them.
            part: of this process in all that there is to do.

        Raises:
            OSError: an address can not be listened on; the text names it.
        """
        if sockets is None:
            sockets = {place.name: open_sockets(place)[0] for place in self.places()}
        self._begin(self._log.run())
        self._reloader = self._build_reloader()
        if self._reloader is not None:
            self._begin(self._reloader.run())
            if self._reload_asked:
                self._reloader.ask()
            if part.generation:
                # What was loaded before the first process was made may be out of date.
                self._reloader.ask()
                await self._reloader.settled()
        self._secret_reloader = SecretReloader(self._secrets, self._secret_status, self._clock)
        if part.generation:
            await self._secret_reloader.catch_up()
        self._begin(self._secret_reloader.run())
        if part.board is not None:
            self._share(part.board, part)
        listeners = {"metrics": self._metrics, "management": self._management}
        for name, listener in listeners.items():
            if listener is not None and part.role is not Role.WORKER:
                await listener.serve(sockets[name], self._receptions.at(name))
        if part.role is not Role.MANAGEMENT:
            await self._caching.start()
            await self._listener.serve(sockets["serve"], self._receptions.at("serve"))
        self._renew(part)

    def _renew(self, part: Part) -> None:
        """Begins to keep TLS up to date: that of requests everywhere, what operators see once."""
        for name, renewal in self._receptions.renewals.items():
            if part.role is not Role.WORKER or name == "serve":
                self._begin(renewal.run(reminding=part.role is not Role.WORKER))
            if part.generation:
                renewal.ask()  # what was read before the first process was made may be out of date

    def _share(self, board: Board, part: Part) -> None:
        sharing = self._instruments.sharing(self._receptions.statuses["serve"])
        if part.role is Role.WORKER:
            self._begin(sharing.publish(board, part.number))
        else:
            self._gather = lambda: sharing.gather(board)

    def _build_reloader(self) -> Reloader | None:
        source = self._configuration.providers.file_system
        if source is None or self._rule_sets is None:
            return None
        return Reloader(
            Reloading(
                source,
                os.environ,
                self._rule_sets,
                self._decisions.activate,
                self._status,
                self._clock,
            )
        )

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    def reload(self) -> None:
        """Has rule sets, secrets and the files of TLS read again soon."""
        if self._secret_reloader is not None:
            self._secret_reloader.ask()
        self._reload_asked = True
        if self._reloader is not None:
            self._reloader.ask()
        for renewal in self._receptions.renewals.values():
            renewal.ask()

    async def stop(self) -> None:
        """Lets requests under way finish for ten seconds at most, then gives everything back."""
        await self._listener.drain(_DRAIN_SECONDS)
        await self._management.close()
        if self._metrics is not None:
            await self._metrics.close()
        await self._endpoints.close()
        await self._caching.close()
        for task in reversed(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _signing(signers: Signers) -> tuple[SigningKey, ...]:
    return tuple(
        SigningKey(state.store, state.kid, state.algorithm, state.active_from)
        for state in signers.states()
        if state.turn is KeyTurn.ACTIVE
    )


def _answers(serve: Serve) -> Answers:
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
    )
