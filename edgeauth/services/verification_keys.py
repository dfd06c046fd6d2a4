"""Public keys of issuers: fetched when they are needed, believed for a while, fetched only once.

Rules:

1. A key set is believed for `KeySource.ttl` seconds, never longer: a key that the issuer has
   withdrawn ends with it, whether or not the issuer can be reached then.
2. An unknown key id fetches the set again, so that a new key works at once; but at most once in
   `COOL_DOWN` seconds, so that nobody makes us flood the issuer with invented ids (attack 121).
   When that fails, the set at hand stays.
3. Whoever waits for the same keys waits for the same fetch, and nobody who goes away ends it.

Trust: issuers' answers; key ids are a stranger's words.
"""

import asyncio
from typing import Final, NamedTuple

from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.endpoints import Call
from edgeauth.ports.services import (
    Clock,
    Endpoints,
    KeySource,
    ResolvedKeys,
    leave_fast_path,
)
from edgeauth.wire.json import loads
from edgeauth.wire.jwk import KeySet, parse_key_set
from edgeauth.wire.metadata import parse_metadata

COOL_DOWN: Final = 10.0
"""Seconds between two fetches because of unknown key ids."""
FAULT_TTL: Final = 1.0
"""Seconds for which a failed fetch is not repeated."""
MAX_ISSUERS: Final = 1_000
MAX_DOCUMENT_OCTETS: Final = 262_144


class _Believed(NamedTuple):
    """A key set and until when it is believed."""

    issuer: str | None
    key_set: KeySet
    valid_until: float

    def is_current(self, now: float) -> bool:
        """Returns whether the keys are still believed at `now`."""
        return now < self.valid_until

    def candidates(self, kid: str | None) -> ResolvedKeys:
        """Returns the keys that may have signed a token with this key id."""
        if kid is None:
            return ResolvedKeys(self.issuer, self.key_set.keys, self.valid_until)
        key = self.key_set.find(kid)
        return ResolvedKeys(self.issuer, () if key is None else (key,), self.valid_until)


class _KeyHolder:
    """The keys of one source, as it is rendered for one issuer."""

    def __init__(self, call: Call, source: KeySource, clock: Clock, endpoints: Endpoints) -> None:
        self._call = call
        self._source = source
        self._clock = clock
        self._endpoints = endpoints
        self._believed: _Believed | None = None
        self._fault = Fault(Reason.COMMUNICATION, "the issuer's keys were never asked for")
        self._fault_until = 0.0
        self._next_search = 0.0
        self._fetching: asyncio.Task[_Believed | Fault] | None = None

    def find(self, kid: str | None) -> ResolvedKeys | None:
        """Returns what is known without asking; None when the issuer has to be asked."""
        now = self._clock.now()
        if self._believed is None or not self._believed.is_current(now):
            return None
        known = self._believed.candidates(kid)
        if known.candidates or (self._fetching is None and now < self._next_search):
            return known
        return None

    async def fetch(self, kid: str | None) -> ResolvedKeys:
        """Returns the candidates of the set that the issuer has now.

        Raises:
            Fault: the set could not be fetched, now or a moment ago.
        """
        if self._clock.now() < self._fault_until:
            raise _anew(self._fault)
        await leave_fast_path()
        if self._fetching is None:
            now = self._clock.now()
            is_search = self._believed is not None and self._believed.is_current(now)
            if is_search:
                self._next_search = now + COOL_DOWN
            self._fetching = asyncio.create_task(self._fetch(is_search=is_search))
            self._fetching.add_done_callback(self._fetched)
        outcome = await asyncio.shield(self._fetching)
        if isinstance(outcome, Fault):
            raise _anew(outcome)
        return outcome.candidates(kid)

    def _fetched(self, task: "asyncio.Task[_Believed | Fault]") -> None:
        self._fetching = None
        if task.cancelled() or task.exception() is not None:
            return
        outcome = task.result()
        if isinstance(outcome, Fault):
            self._fault, self._fault_until = outcome, self._clock.now() + FAULT_TTL
        else:
            self._believed = outcome

    async def _fetch(self, *, is_search: bool) -> _Believed | Fault:
        """Returns the fault instead of raising it: perhaps nobody waits for it any more."""
        try:
            issuer, call = await self._key_set_call()
            if is_search:
                # An answer from a cache is the one that the key was not in.
                fields = dict(call.headers) | {"cache-control": "no-cache"}
                call = call._replace(headers=tuple(fields.items()))
            key_set = parse_key_set(await self._document(call))
        except Fault as fault:
            return fault
        except Malformed as problem:
            return Fault(Reason.COMMUNICATION, f"the issuer's answer can not be used: {problem}")
        return _Believed(issuer, key_set, self._clock.now() + self._source.ttl)

    async def _key_set_call(self) -> tuple[str | None, Call]:
        if not self._source.is_metadata:
            return None, self._call
        url = self._call.url
        metadata = parse_metadata(
            await self._document(self._call), url, check_issuer=self._source.check_issuer
        )
        if metadata.jwks_uri is None:
            raise Malformed("the metadata names no key set")
        if url.startswith("https:") and not metadata.jwks_uri.startswith("https:"):
            raise Malformed("the metadata leads to a key set without TLS")
        settings = self._source.key_set or self._call.settings.for_another_resource()
        return metadata.issuer, Call("GET", metadata.jwks_uri, settings=settings)

    async def _document(self, call: Call) -> Json:
        answer = await self._endpoints.send(call)
        if answer.status != 200:
            raise Malformed(f"status {answer.status}")
        if len(answer.body) > MAX_DOCUMENT_OCTETS:
            raise Malformed("it is too large")
        return loads(answer.body)


def _anew(fault: Fault) -> Fault:
    """Returns an equal fault: one that is raised again and again would hold every traceback."""
    return Fault(fault.reason, fault.detail, final=fault.final)


class IssuerKeys:
    """The public keys of issuers, shared by every mechanism of the process.

    Args:
        endpoints: fetches metadata and key sets.
        clock: the time.
    """

    def __init__(self, endpoints: Endpoints, clock: Clock) -> None:
        self._endpoints = endpoints
        self._clock = clock
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
        call = source.endpoint.call({"TokenIssuer": issuer})
        key = fingerprint(source.fingerprint, call.fingerprint)
        holder = self._holders.get(key)
        if holder is None:
            if len(self._holders) >= MAX_ISSUERS:
                # Issuers are an allow-list, so this is a matter of configuration, not of attack.
                del self._holders[next(iter(self._holders))]
            holder = self._holders[key] = _KeyHolder(call, source, self._clock, self._endpoints)
        return holder
