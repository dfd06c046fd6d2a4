"""Answers that may be used again: a private cache of RFC 9111.

The key is the whole call: two calls that differ in any header share nothing, so that no answer for
one user is ever told to another because a server forgot its `Vary`. What is stale is not used,
unless the server says that it is still the current one.

Source:
    RFC 9111 sections 3, 4 and 5.2.1.4 (no-cache of a request).
"""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from edgeauth.model.identity import fingerprint
from edgeauth.ports.endpoints import Call
from edgeauth.ports.services import Clock, EndpointAnswer, FactCache
from edgeauth.wire.http_caching import (
    freshness,
    may_be_stored,
    parse_cache_control,
    validators,
)

KEPT_STALE: Final = 3_600.0
"""Seconds for which a stale answer is kept, to be asked about."""
_CONTROL: Final = "cache-control"
_REPLACED: Final = frozenset({"age", "cache-control", "date", "etag", "expires", "last-modified"})

Send = Callable[[Call], Awaitable[EndpointAnswer]]


class _Kept(NamedTuple):
    answer: EndpointAnswer
    fresh_until: float
    """Seconds since the epoch."""


class HttpCacheOfAnswers:
    """Answers calls from what was answered before, where that is allowed.

    Args:
        cache: keeps answers.
        clock: tells whether they are fresh.
    """

    def __init__(self, cache: FactCache, clock: Clock) -> None:
        self._cache = cache
        self._clock = clock

    def concerns(self, call: Call) -> bool:
        """Returns whether the answer to a call may come from here."""
        settings = call.settings.http_cache
        return settings is not None and settings.enabled and call.method in ("GET", "HEAD")

    def find(self, call: Call) -> EndpointAnswer | None:
        """Returns a fresh answer; None when the endpoint has to be asked."""
        kept = self._cache.find(_key(call))
        if not isinstance(kept, _Kept) or _demands_validation(call):
            return None
        return kept.answer if self._clock.now() < kept.fresh_until else None

    async def send(self, call: Call, send: Send) -> EndpointAnswer:
        """Returns the endpoint's answer, and keeps it if that is allowed.

        Args:
            call: the question.
            send: asks the endpoint.
        """
        key = _key(call)
        kept = self._cache.find(key)
        if not isinstance(kept, _Kept):
            return self._keep(key, call, await send(call))
        conditions = validators(_fields(kept.answer))
        fields = conditions | dict(call.headers)
        answer = await send(call._replace(headers=tuple(fields.items())))
        if answer.status != 304 or not conditions:
            return self._keep(key, call, answer)
        changed = tuple(pair for pair in answer.headers if pair[0] in _REPLACED)
        names = {name for name, _ in changed} | {"age"}
        others = tuple(pair for pair in kept.answer.headers if pair[0] not in names)
        return self._keep(key, call, kept.answer._replace(headers=others + changed))

    def _keep(self, key: bytes, call: Call, answer: EndpointAnswer) -> EndpointAnswer:
        fields = _fields(answer)
        if answer.status != 200 or not may_be_stored(fields):
            if answer.status < 500:
                self._cache.store(key, None, 0.0)
            return answer
        now = self._clock.now()
        settings = call.settings.http_cache
        ttl = freshness(fields, now, 0.0 if settings is None else settings.default_ttl)
        until = now + ttl
        ends = until + KEPT_STALE if validators(fields) else until
        self._cache.store(key, _Kept(answer, until), ends)
        return answer


def _key(call: Call) -> bytes:
    """Returns the key of a call: all of it but what it says to caches."""
    headers = tuple(pair for pair in call.headers if pair[0] != _CONTROL)
    return fingerprint(b"http-answer", call._replace(headers=headers).fingerprint)


def _demands_validation(call: Call) -> bool:
    directives = parse_cache_control(dict(call.headers).get(_CONTROL, ""))
    return directives is None or "no-cache" in directives or "no-store" in directives


def _fields(answer: EndpointAnswer) -> dict[str, str]:
    return {name: answer.header(name) or "" for name, _ in answer.headers}
