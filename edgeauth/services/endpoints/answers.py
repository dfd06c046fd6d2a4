"""Answers that may be used again: a private cache of RFC 9111.

The key is the whole call: two calls that differ in any header share nothing, so that no answer for
one user is ever told to another because a server forgot its `Vary`. What is stale is not used,
unless the server says that it is still the current one; or, where that is configured, for a while
when it says nothing or that it is broken.

Source:
    RFC 9111 sections 3, 4 and 5.2.1.4 (no-cache of a request); RFC 5861 section 4.
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from edgeauth.model.errors import Fault
from edgeauth.model.identity import fingerprint
from edgeauth.ports.endpoints import Call
from edgeauth.ports.facts import FactCache, fact_kind
from edgeauth.ports.services import Clock, EndpointAnswer, leave_fast_path
from edgeauth.services.single_flight import SingleFlight
from edgeauth.wire.http_caching import (
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


class _Kept(NamedTuple):
    answer: EndpointAnswer
    fresh_until: float
    """Seconds since the epoch."""


class _Asked(NamedTuple):
    answer: EndpointAnswer
    is_kept: bool
    """Whether others who have asked the same may be told it as well."""


_KEPT: Final = fact_kind("answer.1", _Kept, _Kept, lambda kept: kept, lambda written: written)


class HttpCacheOfAnswers:
    """Answers calls from what was answered before, where that is allowed.

    Args:
        cache: keeps answers.
        clock: tells whether they are fresh.
    """

    def __init__(self, cache: FactCache, clock: Clock) -> None:
        self._cache = cache
        self._clock = clock
        self._flights: SingleFlight[_Asked] = SingleFlight()

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
        former = kept if isinstance(kept, _Kept) else None
        if _demands_validation(call):
            # Whoever began to ask before might get an answer from before.
            await leave_fast_path()
            return (await self._ask(key, call, former, send)).answer
        if former is not None and self._is_fresh(former):
            return former.answer
        asked: list[Call] = []

        async def ask() -> _Asked | Fault:
            asked.append(call)
            try:
                return await self._ask(key, call, former, send)
            except Fault as fault:
                return fault

        outcome = await self._flights.run(key, ask)
        if outcome.is_kept or asked:
            return outcome.answer
        # Section 4: what must not be kept is the answer to one question only.
        return (await self._ask(key, call, former, send)).answer

    def _is_fresh(self, kept: _Kept) -> bool:
        return self._clock.now() < kept.fresh_until

    async def _ask(self, key: bytes, call: Call, kept: _Kept | None, send: Send) -> _Asked:
        if kept is None:
            kept = await self._cache.fetch(key, _KEPT)
            if kept is not None and self._is_fresh(kept) and not _demands_validation(call):
                return _Asked(kept.answer, is_kept=True)
        if kept is None:
            return self._keep(key, call, None, await send(call))
        conditions = validators(_fields(kept.answer))
        fields = conditions | dict(call.headers)
        try:
            answer = await send(call._replace(headers=tuple(fields.items())))
        except Fault as fault:
            if fault.final or not self._may_be_stale(kept, call):
                raise
            return _Asked(kept.answer, is_kept=True)
        if answer.status in _BROKEN and self._may_be_stale(kept, call):
            return _Asked(kept.answer, is_kept=True)
        if answer.status != 304 or not conditions:
            return self._keep(key, call, kept, answer)
        changed = tuple(pair for pair in answer.headers if pair[0] in _REPLACED)
        names = {name for name, _ in changed} | {"age"}
        others = tuple(pair for pair in kept.answer.headers if pair[0] not in names)
        return self._keep(key, call, kept, kept.answer._replace(headers=others + changed))

    def _may_be_stale(self, kept: _Kept, call: Call) -> bool:
        longer = _stale_seconds(kept.answer, call)
        return not _demands_validation(call) and self._clock.now() < kept.fresh_until + longer

    def _keep(self, key: bytes, call: Call, kept: _Kept | None, answer: EndpointAnswer) -> _Asked:
        fields = _fields(answer)
        if answer.status != 200 or not may_be_stored(fields):
            if answer.status < 500 and kept is not None:
                self._cache.store(key, kept, 0.0, _KEPT)
            return _Asked(answer, is_kept=False)
        now = self._clock.now()
        settings = call.settings.http_cache
        ttl = freshness(fields, now, 0.0 if settings is None else settings.default_ttl)
        until = now + ttl
        kept_stale = KEPT_STALE if validators(fields) else _stale_seconds(answer, call)
        self._cache.store(key, _Kept(answer, until), until + kept_stale, _KEPT)
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
