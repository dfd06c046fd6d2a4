"""Other rules while requests are being decided: read, compiled and put in force in one moment.

Reading and compiling happen in a thread that rests most of the time; the loop does nothing but
replace one book by another. Requests under way finish with the rules they began with.
"""

import asyncio
import errno
import gc
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from edgeauth.catalogue.in_force import Change, Problems, RuleSetsInForce
from edgeauth.config.codes import Code
from edgeauth.config.errors import ConfigurationError, Problem, render_problems
from edgeauth.config.models.configuration import FileSystem
from edgeauth.engine.rulebook import RuleBook
from edgeauth.ports.services import Clock
from edgeauth.providers.files import read_text, rule_files
from edgeauth.providers.pace import Slices, quick_switches
from edgeauth.providers.watch import FileWatch
from edgeauth.services.loading_status import LoadedRuleSet, LoadingStatus, RefusedRuleSet

_log = structlog.get_logger()
PROVIDER: Final = "file_system"
_LOOK_SECONDS: Final = 0.5
"""Between two looks; a change counts at the second one after it at the latest."""


@dataclass(frozen=True, slots=True)
class Reloading:
    """What a reloader works with.

    Attributes:
        source: `providers.file_system`.
        environment: the variables, used when `env_vars_enabled` is true.
        rule_sets: those in force.
        activate: puts a book in force and returns the one that was.
        status: is kept up to date.
        clock: the time of what happens.
    """

    source: FileSystem
    environment: Mapping[str, str]
    rule_sets: RuleSetsInForce
    activate: Callable[[RuleBook], RuleBook]
    status: LoadingStatus
    clock: Clock


class Reloader:
    """Reads rule files again when it is asked to and, if they are watched, when they change.

    Args:
        parts: what it works with.
        look_seconds: time between two looks at watched files.
    """

    def __init__(self, parts: Reloading, look_seconds: float = _LOOK_SECONDS) -> None:
        self._parts = parts
        self._root = Path(parts.source.src)
        self._is_directory = self._root.is_dir()
        self._watch = FileWatch(self._root) if parts.source.watch else None
        self._look_seconds = look_seconds
        self._asked = asyncio.Event()
        self._settled = asyncio.Event()
        self._pace = Slices()
        self._refused: dict[str, Problems] = {}
        if parts.source.watch:
            self.ask()  # a file may have changed after it was read and before it was looked at
        parts.status.loaded = loaded(parts.rule_sets)
        parts.status.last_success = parts.clock.now()

    def ask(self) -> None:
        """Has everything read again soon."""
        self._asked.set()

    async def settled(self) -> None:
        """Waits until everything was read again once."""
        await self._settled.wait()

    async def run(self) -> None:
        """Reloads again and again, until it is cancelled."""
        self._pace = Slices()
        try:
            while True:
                await self._news()
                try:
                    await self._reload()
                except OSError as error:
                    self._unreadable(error)
                except Exception as bug:  # noqa: BLE001  (the rules in force stay in force)
                    self._parts.status.failures += 1
                    _log.error("bug in reloading rule sets", error=type(bug).__name__)
                self._settled.set()
        finally:
            self._pace.stop()

    async def _news(self) -> None:
        """Waits until there is a reason to read files again."""
        watch = self._watch
        while not self._asked.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(None if watch is None else self._look_seconds):
                    await self._asked.wait()
            if watch is not None and await asyncio.to_thread(watch.changed):
                break
        self._asked.clear()

    async def _reload(self) -> None:
        gc.disable()  # what is made now stays: to look through it again and again is in vain
        try:
            change = await asyncio.to_thread(self._prepare)
            self._activate(change)
            await asyncio.to_thread(self._let_go, change)
        finally:
            gc.enable()

    def _prepare(self) -> Change:
        parts = self._parts
        environment = parts.environment if parts.source.env_vars_enabled else None
        with quick_switches():
            return parts.rule_sets.prepare(self._texts(), environment, self._pace)

    def _texts(self) -> dict[str, str | ConfigurationError]:
        """Returns the text of every file, or why it can not be read.

        Raises:
            OSError: the directory is not there, which says nothing about the files in it.
        """
        if self._is_directory and not self._root.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        texts: dict[str, str | ConfigurationError] = {}
        for path in rule_files(self._root):
            if path.exists() or path.is_symlink():
                try:
                    texts[str(path)] = read_text(path)
                except ConfigurationError as error:
                    texts[str(path)] = error
        return texts

    def _activate(self, change: Change) -> None:
        parts = self._parts
        if change.book is not None:
            change.former, change.book = parts.activate(change.book), None
        parts.rule_sets.activate(change)
        gc.freeze()  # in the same way as after the start
        self._report(change.refused)

    def _let_go(self, change: Change) -> None:
        with quick_switches():
            change.let_go(self._pace)

    # What others hear of it.

    def _report(self, refused: Mapping[str, Problems]) -> None:
        parts, now = self._parts, self._parts.clock.now()
        if refused:
            parts.status.failures += 1
        else:
            parts.status.successes += 1
            parts.status.last_success = now
        for file, problems in refused.items():
            if self._refused.get(file) != problems:
                text = render_problems(problems, colour=False)
                _log.error("rule set refused", rule_set=_id(file), problems=text)
        known = {each.id: each.since for each in parts.status.refused}
        parts.status.refused = tuple(
            _refused(file, problems, known.get(_id(file), now))
            for file, problems in refused.items()
        )
        parts.status.loaded = loaded(parts.rule_sets)
        self._refused = dict(refused)
        _log.info("rule sets reloaded", in_force=len(parts.status.loaded), refused=len(refused))

    def _unreadable(self, error: OSError) -> None:
        """Tells that nothing could be read; everything stays as it is."""
        reason = (error.strerror or type(error).__name__).lower()
        problem = Problem(str(self._root), 0, 0, reason, code=Code.UNREADABLE_FILE)
        self._report({str(self._root): (problem,)})


def loaded(rule_sets: RuleSetsInForce) -> tuple[LoadedRuleSet, ...]:
    """Returns the rule sets in force as they are reported."""
    return tuple(
        LoadedRuleSet(
            _id(file) + (f"#{number}" if number > 1 else ""), draft.name, PROVIDER, len(draft.rules)
        )
        for file, version in rule_sets.versions.items()
        for number, draft in enumerate(version.drafts, start=1)
    )


def _id(file: str) -> str:
    return f"{PROVIDER}:{file}"


def _refused(file: str, problems: Problems, since: float) -> RefusedRuleSet:
    first = problems[0]
    return RefusedRuleSet(_id(file), len(problems), first.code, first.line, since)
