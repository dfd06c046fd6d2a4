"""Answers that may be used again: a private cache of RFC 9111.

The key is the whole call: two calls that differ in any header share nothing, so that no answer for
one user is ever told to another because a server forgot its `Vary`. What is stale is not used,
unless the server says that it is still the current one; or, where that is configured, for a while
when it says nothing or that it is broken. Nobody waits then for what was not answered a moment ago;
it is asked for again every few seconds beside the requests.

Source:
    RFC 9111 sections 3, 4 and 5.2.1.4 (no-cache of a request); RFC 5861 section 4. The time that an
    answer took is a part of its age (RFC 9111 section 4.2.3); its Date is not compared with our
    clock, which need not agree.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from edgeauth.model.errors import Fault
from edgeauth.model.identity import fingerprint
from edgeauth.ports.endpoints import Call
from edgeauth.ports.facts import FactCache
from edgeauth.ports.services import Clock, EndpointAnswer, leave_fast_path
from edgeauth.services.endpoints.kept_answers import Kept, kept_answers
from edgeauth.services.endpoints.outages import Outages
from edgeauth.services.single_flight import SingleFlight
from edgeauth.wire.http_caching import (
    confirms,
    freshness,
    may_be_stored,
    parse_cache_control,
    stale_if_error,
    validators,
)

KEPT_STALE: Final = 3_600.0
"""Seconds for which a stale answer is kept, to be asked about."""
_BROKEN: Final = frozenset({500, 502, 503, 504})
"""Answers by which a server says that something is wrong with it, or behind it."""
_CONTROL: Final = "cache-control"
_REPLACED: Final = frozenset({"age", "cache-control", "date", "etag", "expires", "last-modified"})

Send = Callable[[Call], Awaitable[EndpointAnswer]]


class _Asked(NamedTuple):
    answer: EndpointAnswer
    is_kept: bool
    """Whether others who have asked the same may be told it as well."""


class HttpCacheOfAnswers:
    """Answers calls from what was answered before, where that is allowed.

    Args:
        cache: keeps answers.
        clock: tells whether they are fresh.
        monotonic: the same, in seconds that only ever grow.
    """

    def __init__(self, cache: FactCache, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._cache = cache
        self._now = clock.now
        self._monotonic = monotonic
        self._kind = kept_answers(clock.now, monotonic)
        self._outages = Outages(monotonic)
        self._flights: SingleFlight[_Asked] = SingleFlight()
        self._refreshes: SingleFlight[_Asked] = SingleFlight()

    def concerns(self, call: Call) -> bool:
        """Returns whether the answer to a call may come from here."""
        settings = call.settings.http_cache
        return settings is not None and settings.enabled and call.method in ("GET", "HEAD")

    async def send(self, call: Call, send: Send) -> EndpointAnswer:
        """Returns a fresh answer that is kept, or the endpoint's, and keeps that if it may.

        Whoever has the same question at the same time waits for the same answer.

        Args:
            call: the question.
            send: asks the endpoint.

        Raises:
            Fault: what `send` raises.
        """
        key = _key(call)
        kept = self._cache.find(key)
        former = kept if isinstance(kept, Kept) else None
        if _demands_validation(call):
            # Whoever began to ask before might get an answer from before.
            await leave_fast_path()
            return (await self._ask(key, call, former, send)).answer
        if former is not None and self._is_told_at_once(key, call, former, send):
            return former.answer
        asked: list[Call] = []

        async def ask() -> _Asked | Fault:
            asked.append(call)
            return await self._outcome(key, call, former, send)

        outcome = await self._flights.run(key, ask)
        if outcome.is_kept or asked:
            return outcome.answer
        # Section 4: what must not be kept is the answer to one question only.
        return (await self._ask(key, call, former, send)).answer

    def _is_told_at_once(self, key: bytes, call: Call, kept: Kept, send: Send) -> bool:
        """Returns whether nobody waits for the endpoint: what is kept is fresh, or as good as that.

        The latter is asked for anew now and then, until the endpoint answers or the time is over.
        """
        if kept.is_current(self._now(), self._monotonic()):
            return True
        if not self._outages.is_known(key) or not self._may_be_stale(kept, call):
            return False
        if self._outages.may_try(key):
            self._refreshes.begin(key, lambda: self._outcome(key, call, kept, send))
        return True

    async def _outcome(
        self, key: bytes, call: Call, kept: Kept | None, send: Send
    ) -> _Asked | Fault:
        """Asks, for somebody who may have gone away."""
        try:
            return await self._ask(key, call, kept, send)
        except Fault as fault:
            return fault

    async def _ask(self, key: bytes, call: Call, kept: Kept | None, send: Send) -> _Asked:
        if kept is None:
            kept = await self._cache.fetch(key, self._kind)
            if (
                kept is not None
                and not _demands_validation(call)
                and self._is_told_at_once(key, call, kept, send)
            ):
                return _Asked(kept.answer, is_kept=True)
        begun = self._now(), self._monotonic()
        if kept is None:
            return self._keep(key, call, None, await self._answer(key, call, send), begun)
        conditions = validators(_fields(kept.answer))
        fields = conditions | dict(call.headers)
        try:
            conditional = call._replace(headers=tuple(fields.items()))
            answer = await self._answer(key, conditional, send)
        except Fault as fault:
            if fault.final or not self._may_be_stale(kept, call):
                raise
            return _Asked(kept.answer, is_kept=True)
        if answer.status in _BROKEN and self._may_be_stale(kept, call):
            return _Asked(kept.answer, is_kept=True)
        if answer.status != 304 or not conditions:
            return self._keep(key, call, kept, answer, begun)
        if not confirms(_fields(answer), _fields(kept.answer)):
            # There is another one, and we have not been told it.
            self._cache.store(key, kept, 0.0, self._kind)
            return self._keep(key, call, None, await self._answer(key, call, send), begun)
        changed = tuple(pair for pair in answer.headers if pair[0] in _REPLACED)
        names = {name for name, _ in changed} | {"age"}
        others = tuple(pair for pair in kept.answer.headers if pair[0] not in names)
        updated = kept.answer._replace(headers=others + changed)
        return self._keep(key, call, kept, updated, begun)

    async def _answer(self, key: bytes, call: Call, send: Send) -> EndpointAnswer:
        """Asks the endpoint, and remembers whether it has failed."""
        try:
            answer = await send(call)
        except Fault as fault:
            # Whoever can not be trusted is not one who says nothing.
            self._outages.note(key, failed=not fault.final)
            raise
        self._outages.note(key, failed=answer.status in _BROKEN)
        return answer

    def _may_be_stale(self, kept: Kept, call: Call) -> bool:
        longer = _stale_seconds(kept.answer, call)
        return not _demands_validation(call) and kept.is_current(
            self._now(), self._monotonic(), longer
        )

    def _keep(
        self,
        key: bytes,
        call: Call,
        kept: Kept | None,
        answer: EndpointAnswer,
        begun: tuple[float, float],
    ) -> _Asked:
        """Keeps an answer if it may.

        Args:
            key: of the call.
            call: the question.
            kept: the former answer.
            answer: the endpoint's.
            begun: when it was asked, by both clocks.
        """
        fields = _fields(answer)
        if answer.status != 200 or not may_be_stored(fields):
            if answer.status < 500 and kept is not None:
                self._cache.store(key, kept, 0.0, self._kind)
            return _Asked(answer, is_kept=False)
        settings = call.settings.http_cache
        ttl = freshness(fields, self._now(), 0.0 if settings is None else settings.default_ttl)
        until, deadline = (each + ttl for each in begun)
        kept_stale = KEPT_STALE if validators(fields) else _stale_seconds(answer, call)
        keeping = Kept(answer, until, ttl, deadline)
        self._cache.store(key, keeping, until + kept_stale, self._kind)
        return _Asked(answer, is_kept=True)


def _stale_seconds(answer: EndpointAnswer, call: Call) -> float:
    """Returns for how many seconds an answer may be used beyond its time."""
    settings = call.settings.http_cache
    return 0.0 if settings is None else stale_if_error(_fields(answer), settings.stale_if_error)


def _key(call: Call) -> bytes:
    """Returns the key of a call: all of it but what it says to caches."""
    headers = tuple(pair for pair in call.headers if pair[0] != _CONTROL)
    return fingerprint(b"http-answer", call._replace(headers=headers).fingerprint)


def _demands_validation(call: Call) -> bool:
    directives = parse_cache_control(dict(call.headers).get(_CONTROL, ""))
    return directives is None or "no-cache" in directives or "no-store" in directives


def _fields(answer: EndpointAnswer) -> dict[str, str]:
    return {name: answer.header(name) or "" for name, _ in answer.headers}
