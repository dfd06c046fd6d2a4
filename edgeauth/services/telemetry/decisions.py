"""Counts of decisions, and how long rules took."""

import time
from collections.abc import Callable, Coroutine
from typing import Final

from edgeauth.model.decision import Decision, Permit
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from edgeauth.services.telemetry.durations import Durations

MAX_RULES: Final = 20_000
"""Rules that durations are kept of: a reload may bring other ones again and again."""

RecordDecision = Callable[[Request, Decision], None]
RecordMalformed = Callable[[str, Malformed], None]
Decide = Callable[[Request, ContentSource], Coroutine[None, None, Decision]]


class DecisionCounts:
    """Counts decisions on their way to the log.

    Args:
        record: takes decisions.
        record_malformed: takes refusals of bytes that are no request.

    Attributes:
        permitted: how many requests might pass.
        denied: how many might not, by the class of the refusal.
        malformed: how often bytes were no request.
    """

    def __init__(self, record: RecordDecision, record_malformed: RecordMalformed) -> None:
        self._record = record
        self._record_malformed = record_malformed
        self.permitted = 0
        self.denied = dict.fromkeys(Reason, 0)
        self.malformed = 0

    def record(self, request: Request, decision: Decision) -> None:
        """Counts a decision and passes it on."""
        if isinstance(decision, Permit):
            self.permitted += 1
        else:
            self.denied[decision.refusal.reason] += 1
        self._record(request, decision)

    def record_malformed(self, client: str, malformed: Malformed) -> None:
        """Counts bytes that are no request and passes them on."""
        self.malformed += 1
        self._record_malformed(client, malformed)


RuleName = tuple[str, str]
"""The name of a rule set, and the id of a rule; a plain tuple, since one is made a decision."""


class TimedDecisions:
    """Measures decisions by the rule that made them (`metrics.cover_rules`).

    Args:
        decide: decides.
        now: seconds that only ever grow.

    Attributes:
        durations: by rule.
    """

    def __init__(self, decide: Decide, now: Callable[[], float] = time.perf_counter) -> None:
        self._decide = decide
        self._now = now
        self.durations: dict[RuleName, Durations] = {}

    async def decide(self, request: Request, content: ContentSource) -> Decision:
        """Returns the decision about a request; time for content that it reads is part of it."""
        begin = self._now()
        decision = await self._decide(request, content)
        seconds = self._now() - begin
        durations = self.durations.get((decision.rule_set, decision.rule_id))
        if durations is None:
            durations = self._first(decision)
        durations.note(seconds)
        return decision

    def _first(self, decision: Decision) -> Durations:
        """Returns new durations, which are kept if there is a rule to keep them for, and room."""
        durations = Durations()
        if decision.rule_id and len(self.durations) < MAX_RULES:
            self.durations[decision.rule_set, decision.rule_id] = durations
        return durations
