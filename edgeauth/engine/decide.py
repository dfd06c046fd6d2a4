"""The policy decision point. Start reading here: a request comes in, a decision goes out.

    Request -> RuleBook.find -> Matched      no rule: denied
               identify      -> Identified   who is asking
               authorize     -> Granted      what else is known, and may they
               finalize      -> Permit       what the upstream is told
    a refusal anywhere -> respond -> Deny    what the client is told

A step says "no" by returning a `Refusal` and "I could not tell" by raising a `Fault`; anything
else that is raised is a bug. All three end in `Deny`. No path leads from an exception to `Permit`.
"""

import traceback
from collections.abc import Callable, Sequence

from edgeauth.engine.authorize import authorize
from edgeauth.engine.finalize import finalize
from edgeauth.engine.identify import identify
from edgeauth.engine.refuse import respond
from edgeauth.engine.route import Found
from edgeauth.engine.rule import Rule
from edgeauth.engine.rulebook import RuleBook
from edgeauth.expressions.objects import RequestView
from edgeauth.model.decision import Decision, Deny, HeaderEdits, Permit, Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.identity import Subject
from edgeauth.model.request import Request
from edgeauth.ports.content import NO_DOOR, ContentSource
from edgeauth.ports.stages import Granted, Identified, Matched
from edgeauth.wire.answers import Answers


class DecisionPoint:
    """Decides about requests by the rules it was given.

    Args:
        rules: the rules in force; replaced as a whole by `activate`.
        answers: what the client hears where no error handler speaks.
        record: is told every decision once it is made; must not block.
    """

    def __init__(
        self, rules: RuleBook, answers: Answers, record: Callable[[Request, Decision], None]
    ) -> None:
        self._rules = rules
        self._answers = answers
        self._record = record

    def activate(self, rules: RuleBook) -> RuleBook:
        """Puts other rules in force, and returns the book of those that were.

        Requests under way finish with the rules they began with, without looking into the book.
        """
        former, self._rules = self._rules, rules
        return former

    async def decide(self, request: Request, content: ContentSource = NO_DOOR) -> Decision:
        """Returns the decision about a request; never raises for anything a request can cause.

        Args:
            request: what was asked.
            content: read before the first step that needs it, and not at all when none does.
        """
        try:
            decision = await self._decide(request, content)
        except Exception as bug:  # noqa: BLE001  (the one blanket except: a bug is a "no")
            refusal = Refusal(Reason.INTERNAL, _place(bug))
            decision = Deny(self._answers.to(refusal, request.headers), refusal)
        self._record(request, decision)
        return decision

    async def _decide(self, request: Request, content: ContentSource) -> Decision:
        found = self._rules.find(request)
        if not isinstance(found, Found):
            return Deny(self._answers.to(found, request.headers), found)
        rule = found.rule
        seen = Matched(request, rule.id, RequestView(request, found.captures), content)
        passed_over: list[Refusal] = []
        known = await identify(rule.principals, seen, passed_over)
        if not isinstance(known, Identified):
            return await self._deny(rule, seen, known, None, passed_over)
        subject = known.subject
        granted = await authorize(rule.checks, known, passed_over)
        if not isinstance(granted, Granted):
            return await self._deny(rule, seen, granted, subject, passed_over)
        edits = await finalize(rule.finalizers, granted)
        if not isinstance(edits, HeaderEdits):
            return await self._deny(rule, seen, edits, subject, passed_over)
        return Permit(
            rule.id,
            subject.id,
            edits,
            rule.target,
            rule.owned,
            tuple(passed_over),
            subject.others,
            rule.rule_set,
            subject.expires_at,
        )

    async def _deny(
        self,
        rule: Rule,
        seen: Matched,
        refusal: Refusal,
        subject: Subject | None,
        passed_over: Sequence[Refusal],
    ) -> Deny:
        answered, response = await respond(rule.error_handlers, seen, refusal, self._answers)
        name, others = ("", ()) if subject is None else (subject.id, subject.others)
        passed = tuple(passed_over)
        return Deny(response, answered, rule.id, name, passed, others, rule.rule_set)


def _place(bug: Exception) -> str:
    """Returns what the operator needs to report a bug, without any data of the request."""
    frame = traceback.extract_tb(bug.__traceback__)[-1]
    return f"bug: {type(bug).__name__} in {frame.name}, line {frame.lineno}"
