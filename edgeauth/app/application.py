"""A process from its configuration to its end: built, started, reloaded, stopped."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Final

from edgeauth.app.background import kept_up
from edgeauth.app.blueprint import Blueprint, Mode
from edgeauth.app.listeners import (
    Surroundings,
    answers_of,
    metrics_listener,
    request_listener,
)
from edgeauth.app.logs import logs_of
from edgeauth.app.part import ALONE, Part, Role
from edgeauth.app.services import backing
from edgeauth.catalogue.catalogue import Catalogue
from edgeauth.catalogue.compile import RuleCompiler
from edgeauth.catalogue.in_force import RuleSetsInForce
from edgeauth.catalogue.plugins import registry_for
from edgeauth.config.codes import Code
from edgeauth.config.errors import Collector
from edgeauth.config.exporters import MetricsEndpoint, metrics_endpoint
from edgeauth.config.models.serve import Management, Serve
from edgeauth.contract.jwks import PublishedKeys
from edgeauth.contract.key_states import KeyTurn
from edgeauth.contract.keystore import KeyStoreError
from edgeauth.contract.signers import Signers
from edgeauth.engine.decide import DecisionPoint
from edgeauth.engine.rulebook import RuleBook
from edgeauth.engine.trie import Trie
from edgeauth.listeners.management import ManagementListener, management_application
from edgeauth.listeners.receptions import Receptions
from edgeauth.listeners.server import cors_policy
from edgeauth.listeners.sockets import Place, open_sockets
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.providers.reload import Reloader, Reloading
from edgeauth.providers.secret_reload import SecretReloader
from edgeauth.providers.trust_reload import TrustReloader
from edgeauth.providers.watch import FileWatch
from edgeauth.services.clock import SystemClock
from edgeauth.services.loading_status import LoadingStatus
from edgeauth.services.plugins import load_plugin
from edgeauth.services.secret_status import SecretStatus, SigningKey
from edgeauth.services.telemetry.instruments import Instruments
from edgeauth.services.telemetry.sharing import Board
from edgeauth.wire.answers import Answers

_DRAIN_SECONDS: Final = 10.0


class Application:
    """A process that decides about requests.

    Args:
        blueprint: what it is made of.
        problems: receives what is wrong with the configuration and the rule sets; with any in it
            the application must not be started.
    """

    def __init__(self, blueprint: Blueprint, problems: Collector) -> None:
        self._configuration = blueprint.reading.configuration
        self._clock = SystemClock()
        self._tasks: list[asyncio.Task[None]] = []
        self._logs = logs_of(self._configuration.log, self._clock)
        self._status = LoadingStatus()
        self._metrics_at = self._metrics_endpoint(problems)
        self._instruments = Instruments(
            self._configuration.metrics,
            self._logs.decisions,
            self._clock,
            self._status,
            told=self._metrics_at is not None,
        )
        self._instruments.watch(self._logs.statuses)
        answers = answers_of(self._configuration.serve, blueprint.mode)
        calls = self._instruments.endpoints
        self._backing = backing(blueprint.reading, self._clock, answers, problems, calls)
        signers = self._backing.signers
        self._secret_status = SecretStatus()
        self._secret_status.signing = lambda: _signing(signers)
        self._secret_reloader: SecretReloader | None = None
        self._instruments.cover(self._backing.caching.counters)
        for problem in blueprint.enforcement.problems(self._configuration):
            problems.add(problem)
        self._receptions = Receptions(
            self._configuration, self._clock, FileWatch, problems, self._backing.secrets
        )
        self._instruments.measure(self._receptions.statuses.values())
        self._rule_sets: RuleSetsInForce | None = None
        self._reloader: Reloader | None = None
        self._reload_asked = False
        self._trust_reloader = TrustReloader(self._backing.contexts)
        rules = self._rules(blueprint, answers, problems)
        self._decisions = DecisionPoint(rules, answers, self._instruments.record)
        self._gathering: Callable[[], None] | None = None
        self._build_listeners(blueprint.mode, answers, problems)

    def _build_listeners(self, mode: Mode, answers: Answers, problems: Collector) -> None:
        around = Surroundings(
            self._configuration,
            self._clock,
            answers,
            self._instruments,
            self._receptions,
            self._backing,
            self._logs.access,
        )
        self._listener = request_listener(mode, self._decisions, around)
        self._management = ManagementListener(
            management_application(
                self._published(problems),
                self._status,
                cors_policy(self._configuration.management.cors),
            ),
            *around.for_operators("management"),
        )
        self._metrics: ManagementListener | None = None
        if self._metrics_at is not None:
            self._metrics = metrics_listener(self._secret_status, self._gather, around)

    def _metrics_endpoint(self, problems: Collector) -> MetricsEndpoint | None:
        endpoint = metrics_endpoint(os.environ, problems)
        return endpoint if self._configuration.metrics.enabled else None

    def _rules(self, blueprint: Blueprint, answers: Answers, problems: Collector) -> RuleBook:
        """Returns the book of rules; the problems of catalogue and rule sets come together."""
        rule_sets = blueprint.load(problems)
        if blueprint.reading.broken & {"mechanisms", "default_rule"}:
            return RuleBook(Trie())  # rules would only be said to lack what is broken
        catalogue = Catalogue(
            self._configuration.mechanisms,
            registry_for(self._configuration, TYPES, load_plugin, problems),
            self._backing.services,
            blueprint.enforcement,
            self._instruments.cache_of,
        )
        compiler = RuleCompiler(
            catalogue,
            self._configuration.default_rule,
            blueprint.enforcement,
            proxy=blueprint.mode is Mode.PROXY,
            upstreams=self._configuration.upstreams,
            looks_like_permit=answers.looks_like_permit,
        )
        for problem in (*catalogue.problems.found, *compiler.problems.found):
            problems.add(problem)
        self._rule_sets = RuleSetsInForce(compiler)
        return self._rule_sets.begin(rule_sets, problems)

    def _published(self, problems: Collector) -> Callable[[], PublishedKeys]:
        signers = self._backing.signers
        try:
            signers.published()
        except KeyStoreError as error:
            place = ("mechanisms", "finalizers")
            problems.add(self._configuration.problem(str(error), *place, code=Code.UNUSABLE))
        return signers.published

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
        self, sockets: Mapping[str, Sequence[socket.socket]] | None = None, part: Part = ALONE
    ) -> None:
        """Serves at sockets that listen, and begins to watch what is to be watched.

        Args:
            sockets: by the name of their place; None opens them.
            part: of this process in all that there is to do.

        Raises:
            OSError: an address can not be listened on, or a log not be written; the text names it.
        """
        if sockets is None:
            sockets = _opened(self.places())
        self._begin_logs()
        self._reloader = self._build_reloader()
        if self._reloader is not None:
            self._begin(self._reloader.run)
            if self._reload_asked:
                self._reloader.ask()
            if part.generation:
                # What was loaded before the first process was made may be out of date.
                self._reloader.ask()
                await self._reloader.settled()
        self._secret_reloader = SecretReloader(
            self._backing.secrets, self._secret_status, self._clock
        )
        if part.generation:
            await self._secret_reloader.catch_up()
        self._begin(self._secret_reloader.run)
        if part.board is not None:
            self._share(part.board, part)
        listeners = {"metrics": self._metrics, "management": self._management}
        for name, listener in listeners.items():
            if listener is not None and part.role is not Role.WORKER:
                await listener.serve(sockets[name], self._receptions.at(name))
        if part.role is not Role.MANAGEMENT:
            await self._backing.caching.start()
            await self._listener.serve(sockets["serve"], self._receptions.at("serve"))
        self._renew(part)

    def _begin_logs(self) -> None:
        self.open_logs()
        for writer in self._logs.writers.values():
            self._begin(writer.run)

    def _renew(self, part: Part) -> None:
        """Begins to keep TLS up to date: that of requests everywhere, what operators see once."""
        if part.generation:
            self._trust_reloader.ask()
        self._begin(self._trust_reloader.run)
        for name, renewal in self._receptions.renewals.items():
            if part.role is not Role.WORKER or name == "serve":
                self._begin(partial(renewal.run, reminding=part.role is not Role.WORKER))
            if part.generation:
                renewal.ask()  # what was read before the first process was made may be out of date

    def _share(self, board: Board, part: Part) -> None:
        works = part.role is Role.WORKER
        sharing = self._instruments.sharing(self._receptions.statuses["serve"], gathers=not works)
        if works:
            self._begin(partial(sharing.publish, board, part.number))
        else:
            self._gathering = lambda: sharing.gather(board)

    def _gather(self) -> None:
        if self._gathering is not None:
            self._gathering()

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

    def _begin(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(kept_up(work)))

    def reload(self) -> None:
        """Has rule sets, secrets and the files of TLS read again soon, and logs opened again."""
        self.reopen_logs()
        if self._secret_reloader is not None:
            self._secret_reloader.ask()
        self._reload_asked = True
        if self._reloader is not None:
            self._reloader.ask()
        self._trust_reloader.ask()
        for renewal in self._receptions.renewals.values():
            renewal.ask()

    def open_logs(self) -> None:
        """Opens the files of logs; `start` does so in any case, in its own process.

        Raises:
            OSError: one can not be written to; the text names it.
        """
        self._logs.open()

    def reopen_logs(self) -> None:
        """Writes to the files that the configuration names, if others have been moved away."""
        self._logs.reopen()

    async def stop(self) -> None:
        """Lets requests under way finish for ten seconds at most, then gives everything back."""
        await self._listener.drain(_DRAIN_SECONDS)
        await self._management.close()
        if self._metrics is not None:
            await self._metrics.close()
        await self._backing.endpoints.close()
        await self._backing.caching.close()
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


def _opened(places: Sequence[Place]) -> dict[str, Sequence[socket.socket]]:
    """Returns sockets that listen, by the names of their places; all of them or none.

    Raises:
        OSError: a place can not be listened on; the text names it.
    """
    found: dict[str, Sequence[socket.socket]] = {}
    try:
        for place in places:
            found[place.name] = open_sockets(place)[0]
    except OSError:
        for each in chain.from_iterable(found.values()):
            each.close()
        raise
    return found
