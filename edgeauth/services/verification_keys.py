"""Public keys of issuers: fetched when they are needed, believed for a while, fetched only once.

Rules:

1. A key set is believed for `KeySource.ttl` seconds: a key that the issuer has withdrawn ends with
   it. It is fetched again before, in the last fifth of that time, while nobody waits. Only where
   `KeySource.stale_if_error` says so it is believed for so much longer, and only while the issuer
   can not be reached or answers that it is broken (5xx); what it answers otherwise counts at once,
   and so does a connection that can not be trusted. Nobody waits for an issuer meanwhile that has
   failed a moment ago.
2. An unknown key id fetches the set again, so that a new key works at once; but at most once in
   `COOL_DOWN` seconds, so that nobody makes us flood the issuer with invented ids (attack 121).
   When that fails, the set at hand stays.
3. Whoever waits for the same keys waits for the same fetch, and nobody who goes away ends it.
4. A key with a certificate that nobody trusted vouches for is left out, and no other. A set is
   fetched again when the first certificate of its keys ends.

Trust: issuers' answers; key ids are a stranger's words.
"""

import asyncio
import time
from collections.abc import Callable
from math import inf
from typing import Final, NamedTuple

from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.ports.endpoints import Call
from edgeauth.ports.issuers import IssuerDirectory, KeySource, ResolvedKeys
from edgeauth.ports.services import Clock, Endpoints
from edgeauth.services.issuer_directory import FAULT_TTL, MAX_ISSUERS, document_of
from edgeauth.services.single_flight import SingleFlight, anew
from edgeauth.wire.json import loads
from edgeauth.wire.jwk import KeySet, PublicKey, parse_key_set
from edgeauth.wire.key_certificates import TrustAnchors

COOL_DOWN: Final = 10.0
"""Seconds between two fetches because of unknown key ids."""
RETRY: Final = 5.0
"""Seconds after a fetch that failed until it is tried again while nobody waits."""
_AHEAD: Final = 0.2
"""The part of the time for which keys are believed in which they are fetched again."""
_ALL: Final = b"the whole set"
_BROKEN: Final = 500
"""The least status by which a server says that something is wrong with itself."""


class _Believed(NamedTuple):
    """A key set and until when it is believed."""

    issuer: str | None
    key_set: KeySet
    valid_until: float
    fresh_until: float
    """When it is over, unless the issuer can not be asked then."""
    stale_until: float
    """When it is over in any case."""
    deadline: float
    """`valid_until` on the clock that nobody can set back."""
    stale_deadline: float
    """`stale_until` on that clock."""

    def is_current(self, now: float, tick: float) -> bool:
        """Returns whether the keys are still believed, by both clocks."""
        return now < self.valid_until and tick < self.deadline

    def candidates(self, kid: str | None, now: float, tick: float) -> ResolvedKeys:
        """Returns the keys that may have signed a token with this key id."""
        until = min(self.valid_until, now + self.deadline - tick)
        if kid is None:
            return ResolvedKeys(self.issuer, self.key_set.keys, until)
        key = self.key_set.find(kid)
        return ResolvedKeys(self.issuer, () if key is None else (key,), until)


class _Origin(NamedTuple):
    """Where the keys of one issuer come from."""

    source: KeySource
    issuer: str
    """The `TokenIssuer` of templated URLs."""
    call: Call
    """What is asked first: for the metadata, or for the key set itself."""


class _KeyHolder:
    """The keys of one source, as it is rendered for one issuer.

    Keys end when either of two clocks says so: the wall clock may be set back, the monotonic one
    stands still while the machine sleeps. What is only waited for goes by the monotonic one.
    """

    def __init__(
        self,
        origin: _Origin,
        clock: Clock,
        monotonic: Callable[[], float],
        endpoints: Endpoints,
        directory: IssuerDirectory,
    ) -> None:
        self._origin = origin
        self._clock = clock
        self._monotonic = monotonic
        self._endpoints = endpoints
        self._directory = directory
        self._believed: _Believed | None = None
        self._fault = Fault(Reason.COMMUNICATION, "the issuer's keys were never asked for")
        self._fault_until = -inf
        self._next_search = -inf
        self._next_refresh = -inf
        self._silent_until = -inf
        self._flights: SingleFlight[_Believed] = SingleFlight()

    def find(self, kid: str | None) -> ResolvedKeys | None:
        """Returns what is known without asking; None when the issuer has to be asked."""
        now, tick = self._clock.now(), self._monotonic()
        believed = self._believed
        if believed is None or not believed.is_current(now, tick):
            believed = self._prolonged(now, tick) if self._is_silent(tick) else None
        if believed is None:
            return None
        if tick >= self._next_refresh:
            self._flights.begin(_ALL, self._refresh)
        known = believed.candidates(kid, now, tick)
        is_fetching = self._flights.is_running(_ALL)
        if known.candidates or (not is_fetching and tick < self._next_search):
            return known
        return None

    async def fetch(self, kid: str | None) -> ResolvedKeys:
        """Returns the candidates of the set that the issuer has now.

        Raises:
            Fault: the set could not be fetched, now or a moment ago.
        """
        if self._monotonic() < self._fault_until:
            raise anew(self._fault)
        believed = await self._flights.run(_ALL, self._fetch)
        return believed.candidates(kid, self._clock.now(), self._monotonic())

    async def _fetch(self) -> _Believed | Fault:
        now, tick = self._clock.now(), self._monotonic()
        is_search = self._believed is not None and self._believed.is_current(now, tick)
        if is_search:
            self._next_search = tick + COOL_DOWN
        return await self._renew(is_search=is_search)

    async def _refresh(self) -> _Believed | Fault:
        return await self._renew(is_search=False)

    async def _renew(self, *, is_search: bool) -> _Believed | Fault:
        try:
            self._believed = await self._ask(is_search=is_search)
        except Fault as fault:
            return self._unanswered(fault)
        except Malformed as problem:
            detail = f"the issuer's answer can not be used: {problem}"
            return self._failed(Fault(Reason.COMMUNICATION, detail))
        self._next_refresh = self._believed.deadline - self._origin.source.ttl * _AHEAD
        self._silent_until = -inf
        # Where that is over already, as with a certificate that ends soon, there is no hurry.
        self._next_refresh = max(self._next_refresh, self._monotonic() + RETRY)
        return self._believed

    def _failed(self, fault: Fault) -> Fault:
        tick = self._monotonic()
        self._fault, self._fault_until = fault, tick + FAULT_TTL
        self._next_refresh = tick + RETRY
        self._silent_until = -inf
        if self._believed is not None and not self._clock.now() < self._believed.fresh_until:
            self._believed = None
        return fault

    def _unanswered(self, fault: Fault) -> _Believed | Fault:
        """Returns the former keys if they are over, and go on being believed for a while."""
        if fault.final:
            return self._failed(fault)
        tick = self._monotonic()
        prolonged = self._prolonged(self._clock.now(), tick)
        if prolonged is None:
            self._failed(fault)
        self._next_refresh, self._silent_until = tick + RETRY, tick + 2 * RETRY
        return prolonged or fault

    def _is_silent(self, tick: float) -> bool:
        """Returns whether the issuer has not answered a moment ago, or is being asked since."""
        asked_again = self._silent_until > -inf and self._flights.is_running(_ALL)
        return tick < self._silent_until or asked_again

    def _prolonged(self, now: float, tick: float) -> _Believed | None:
        """Returns the former keys if they are over, to be believed for a while; else None."""
        known = self._believed
        if known is None or not known.fresh_until <= now < known.stale_until:
            return None
        if not tick < known.stale_deadline:
            return None
        self._believed = known._replace(
            valid_until=min(now + 2 * RETRY, known.stale_until),
            deadline=min(tick + 2 * RETRY, known.stale_deadline),
        )
        return self._believed

    async def _ask(self, *, is_search: bool) -> _Believed:
        issuer, call = await self._key_set_call()
        if is_search:
            # An answer from a cache is the one that the key was not in.
            fields = dict(call.headers) | {"cache-control": "no-cache"}
            call = call._replace(headers=tuple(fields.items()))
        answer = await self._endpoints.send(call)
        if answer.status >= _BROKEN:
            raise Fault(Reason.COMMUNICATION, f"the issuer answers {answer.status}")
        key_set = parse_key_set(loads(document_of(answer)))
        now, source = self._clock.now(), self._origin.source
        ahead = self._monotonic() - now
        ends = inf
        if source.trust is not None and any(key.chain for key in key_set.keys):
            # Beside the event loop: chains may be made so that each takes very long.
            key_set, ends = await asyncio.to_thread(_trusted, key_set, source.trust, now)
        until = min(now + source.ttl, ends)
        stale = min(until + source.stale_if_error, ends)
        return _Believed(issuer, key_set, until, until, stale, until + ahead, stale + ahead)

    async def _key_set_call(self) -> tuple[str | None, Call]:
        source, issuer, call = self._origin
        if not source.is_metadata:
            return None, call
        metadata = await self._directory.metadata(source.metadata, issuer)
        if metadata.jwks_uri is None:
            raise Malformed("the metadata names no key set")
        if call.url.startswith("https:") and not metadata.jwks_uri.startswith("https:"):
            raise Malformed("the metadata leads to a key set without TLS")
        settings = source.key_set or call.settings.for_another_resource()
        return metadata.issuer, Call("GET", metadata.jwks_uri, settings=settings)


def _trusted(key_set: KeySet, trust: TrustAnchors, now: float) -> tuple[KeySet, float]:
    """Returns the keys that may be believed, and until when (RFC 5280)."""
    kept: list[PublicKey] = []
    problems = list(key_set.problems)
    ends = inf
    for key in key_set.keys:
        try:
            if key.chain:
                ends = min(ends, trust.check(key.chain, now))
            kept.append(key)
        except Malformed as problem:
            problems.append(f"a key {problem}")
    return KeySet(tuple(kept), tuple(problems)), ends


class IssuerKeys:
    """The public keys of issuers, shared by every mechanism of the process.

    Args:
        endpoints: fetches key sets.
        clock: the time.
        directory: knows where issuers have theirs.
        monotonic: seconds that only ever grow.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        clock: Clock,
        directory: IssuerDirectory,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoints = endpoints
        self._clock = clock
        self._monotonic = monotonic
        self._directory = directory
        self._holders: dict[bytes, _KeyHolder] = {}

    async def resolve(self, source: KeySource, issuer: str, kid: str | None) -> ResolvedKeys:
        """Returns the candidates for a token; none when the key id is unknown.

        Args:
            source: where to ask.
            issuer: the token's `iss`, for templated URLs.
            kid: the token's key id; None asks for every key of the set.

        Raises:
            Fault: COMMUNICATION when the issuer could not be asked or what it said is no key
                set; INTERNAL when a URL can not be rendered, or TLS failed.
        """
        holder = self._holder(source, issuer)
        known = holder.find(kid)
        return await holder.fetch(kid) if known is None else known

    def _holder(self, source: KeySource, issuer: str) -> _KeyHolder:
        endpoint = source.endpoint
        key = source.fingerprint
        if endpoint.varies:
            key = fingerprint(key, endpoint.call({"TokenIssuer": issuer}).fingerprint)
        holder = self._holders.get(key)
        if holder is None:
            call = endpoint.call({"TokenIssuer": issuer})
            if len(self._holders) >= MAX_ISSUERS:
                # Issuers are an allow-list, so this is a matter of configuration, not of attack.
                del self._holders[next(iter(self._holders))]
            origin = _Origin(source, issuer, call)
            holder = _KeyHolder(
                origin, self._clock, self._monotonic, self._endpoints, self._directory
            )
            self._holders[key] = holder
        return holder
