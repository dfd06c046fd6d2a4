"""The rule sets in force, file by file, and how other versions take their place.

A file counts as a whole: when anything in it is wrong, or conflicts with a rule set that is in
force, its last good version stays. Files that change together are looked at together, so that a
path can move from one to another.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import NamedTuple

from edgeauth.catalogue.compile import RuleCompiler
from edgeauth.catalogue.drafts import RuleDraft, RuleSetDraft, conflicting
from edgeauth.config.decode import collect
from edgeauth.config.errors import Collector, ConfigurationError, Problem
from edgeauth.config.nodes import Source
from edgeauth.config.read import RuleSet, salvage_rule_sets
from edgeauth.engine.rulebook import RuleBook
from edgeauth.model.pace import Pace, full_speed

Problems = tuple[Problem, ...]


class Version(NamedTuple):
    """What a file held at one time, compiled."""

    digest: bytes
    drafts: tuple[RuleSetDraft, ...]


@dataclass(slots=True)
class Change:
    """What has become of other texts, before it is in force.

    Attributes:
        versions: of every file whose rules are to be in force.
        refused: what is wrong with the files whose text is not in force afterwards.
        book: the rules to put in force; None when they are those that are.
        former: the book that was in force before.
        done_with: versions that nobody needs afterwards.
    """

    versions: dict[str, Version]
    refused: dict[str, Problems]
    book: RuleBook | None = None
    former: RuleBook | None = None
    done_with: list[Version] = field(default_factory=list)

    def let_go(self, pace: Pace) -> None:
        """Frees what is not in force any more; all at once it would hold everybody up.

        Args:
            pace: gives way between two rules.
        """
        if self.former is not None:
            self.former.take_apart(pace)
        rules: list[RuleDraft] = []
        while self.done_with:
            rules += chain.from_iterable(draft.rules for draft in self.done_with.pop().drafts)
        while rules:
            rules.pop()
            pace()


class RuleSetsInForce:
    """The versions of rule files that are in force.

    Args:
        compiler: compiles rule sets.
    """

    def __init__(self, compiler: RuleCompiler) -> None:
        self._compiler = compiler
        self._versions: dict[str, Version] = {}

    @property
    def versions(self) -> Mapping[str, Version]:
        """Returns the versions in force by file, in the order of files."""
        return self._versions

    def begin(self, rule_sets: Iterable[RuleSet], problems: Collector) -> RuleBook:
        """Returns the book of the first rule sets.

        Args:
            rule_sets: of all files, those of one file together.
            problems: receives what is wrong with any of them; then the book is not to be used.
        """
        for source, of_file in groupby(rule_sets, lambda rule_set: rule_set.source):
            drafts = tuple(self._compiler.draft(rule_set, problems) for rule_set in of_file)
            self._versions[source.file] = Version(_digest(source.text), drafts)
        for found in _conflicts(self._versions, full_speed).values():
            for problem in found:
                problems.add(problem)
        book = self._compiler.assemble(_drafts(self._versions))
        self._versions = {file: _settled(each) for file, each in self._versions.items()}
        return book

    def prepare(
        self,
        texts: Mapping[str, str | ConfigurationError],
        environment: Mapping[str, str] | None,
        pace: Pace,
    ) -> Change:
        """Returns what has to change so that the texts are in force, as far as they are right.

        Takes as long as it takes, and may run in another thread.

        Args:
            texts: of every file, in order, or why it can not be read. A file that is in force and
                not among them is gone.
            environment: replaces `${V}` in values; None leaves them as they are.
            pace: gives way now and then.
        """
        sources: list[Source] = []
        refused: dict[str, Problems] = {}
        fresh: dict[str, Version] = {}
        for file, text in texts.items():
            try:
                version = self._version(file, text, environment, sources, pace)
            except ConfigurationError as error:
                refused[file] = error.problems
            else:
                if version is not None:
                    fresh[file] = version
        losers = self._losers(texts, fresh, pace)
        change = Change(self._wanted(texts, fresh), refused | losers)
        if change.versions != self._versions:
            change.book = self._compiler.assemble(_drafts(change.versions), pace)
        change.versions |= {file: _settled(each) for file, each in fresh.items()}
        for source in sources:
            source.release(pace)
        return change

    def _version(
        self,
        file: str,
        text: str | ConfigurationError,
        environment: Mapping[str, str] | None,
        sources: list[Source],
        pace: Pace,
    ) -> Version | None:
        """Returns the compiled text of a file; None when it is in force already.

        Raises:
            ConfigurationError: holds every problem of the file.
        """
        if isinstance(text, ConfigurationError):
            raise text
        digest = _digest(text)
        known = self._versions.get(file)
        if known is not None and known.digest == digest:
            return None
        with collect() as problems:
            rule_sets = salvage_rule_sets(text, file, environment, problems, pace)
            sources += {id(one.source): one.source for one in rule_sets}.values()
            rules = () if known is None else chain.from_iterable(one.rules for one in known.drafts)
            same = {rule.digest: rule for rule in rules if rule.digest}
            drafts = tuple(self._compiler.draft(one, problems, pace, same) for one in rule_sets)
        return Version(digest, drafts)

    def _losers(
        self, files: Iterable[str], fresh: dict[str, Version], pace: Pace
    ) -> dict[str, Problems]:
        """Removes versions from the fresh ones until none conflicts; returns what was wrong.

        Versions in force never conflict with each other, so that every round has a fresh one to
        remove, and the last one ends with what is in force.
        """
        lost: dict[str, Problems] = {}
        while True:
            wanted = self._wanted(files, fresh)
            by_age = dict(sorted(wanted.items(), key=lambda item: item[0] in fresh))
            found = _conflicts(by_age, pace)
            if not found:
                return lost
            for file, problems in found.items():
                lost[file] = problems
                del fresh[file]

    def _wanted(self, files: Iterable[str], fresh: Mapping[str, Version]) -> dict[str, Version]:
        known = {**self._versions, **fresh}
        return {file: known[file] for file in files if file in known}

    def activate(self, change: Change) -> None:
        """Notes that a change is in force."""
        kept = {id(version) for version in change.versions.values()}
        change.done_with += [each for each in self._versions.values() if id(each) not in kept]
        self._versions = change.versions


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _drafts(versions: Mapping[str, Version]) -> list[RuleSetDraft]:
    return [draft for version in versions.values() for draft in version.drafts]


def _settled(version: Version) -> Version:
    return Version(version.digest, tuple(draft.settled() for draft in version.drafts))


def _conflicts(versions: Mapping[str, Version], pace: Pace) -> dict[str, Problems]:
    """Returns the problems of each file that conflicts with one before it, or in itself."""
    files = [file for file, version in versions.items() for _ in version.drafts]
    found: dict[str, Problems] = {}
    for number, problems in conflicting(_drafts(versions), pace).items():
        found[files[number]] = (*found.get(files[number], ()), *problems)
    return found
