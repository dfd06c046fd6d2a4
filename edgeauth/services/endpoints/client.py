"""Calls as their settings say: the way from a call to its answer."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urljoin, urlsplit

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import Call
from edgeauth.ports.facts import FactCache
from edgeauth.ports.services import (
    Clock,
    EndpointAnswer,
    EndpointKeys,
    leave_fast_path,
)
from edgeauth.services.client_tls import ClientContexts
from edgeauth.services.endpoint_status import EndpointStatus
from edgeauth.services.endpoints.answers import HttpCacheOfAnswers
from edgeauth.services.endpoints.attempts import attempt, is_failure
from edgeauth.services.endpoints.authentication import Authentications
from edgeauth.services.endpoints.connections import Connections
from edgeauth.services.endpoints.exchange import exchange, late, place_of
from edgeauth.services.endpoints.gates import Gate, HeldBack
from edgeauth.services.endpoints.tokens import ClientCredentialsTokens

MAX_REDIRECTS: Final = 5
_REPEATED: Final = frozenset({301, 302, 307, 308})


class _Attempt:
    """What became of an attempt."""

    status = 0


class HttpEndpoints:
    """Sends calls and reads their answers.

    Args:
        clock: the time of day, for signatures and ages of answers.
        cache: keeps answers and access tokens.
        keys: what calls are signed with, and client certificates.
        connections: those to trusted endpoints; such of its own unless given.
        monotonic: seconds that only ever grow, for circuit breakers and ages of answers.
        status: is told how calls go; None tells nobody.

    Attributes:
        access_tokens: the tokens that calls are made with, for others who need the same.
    """

    def __init__(
        self,
        clock: Clock,
        cache: FactCache,
        keys: EndpointKeys,
        connections: Connections | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        status: EndpointStatus | None = None,
    ) -> None:
        self._status = status or EndpointStatus()
        self._clock = clock
        self._monotonic = monotonic
        self._connections = connections or Connections(ClientContexts(keys))
        self.access_tokens = ClientCredentialsTokens(self, clock, cache)
        self._authentications = Authentications(self.access_tokens, keys, clock)
        self._answers = HttpCacheOfAnswers(cache, clock, monotonic)
        self._gates: dict[tuple[str, bytes], Gate] = {}

    def prepare(self, settings: CallSettings) -> None:
        """Reads the keys and certificates that calls with these settings need.

        Raises:
            ValueError: they can not be used; the text is for the operator.
        """
        if settings.tls is not None:
            self._connections.prepare(settings.tls)
        if settings.auth is not None:
            self._authentications.prepare(settings.auth)

    async def send(self, call: Call) -> EndpointAnswer:
        """Returns the answer of any status, to a call that is made as its settings say.

        Raises:
            Fault: COMMUNICATION when there was no complete answer within the limits, and where
                the endpoint is left alone for a while; INTERNAL, and final, when whoever
                answered could not be trusted (TLS, private address); INTERNAL, when the call
                can not be made, as where a field that is to be signed is missing.
        """
        if not self._answers.concerns(call):
            await leave_fast_path()
            return await self._ask(call)
        return await self._answers.send(call, self._ask)

    async def close(self) -> None:
        """Closes the connections; calls under way fail."""
        await self._connections.close()

    async def _ask(self, call: Call) -> EndpointAnswer:
        deadline = asyncio.get_running_loop().time() + call.settings.timeout
        return await attempt(
            lambda: self._follow(call, deadline), call.settings.retry, deadline, self._clock
        )

    async def _follow(self, call: Call, deadline: float) -> EndpointAnswer:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._once(call, deadline)
            location = answer.header("location")
            if not call.settings.follow_redirects or location is None:
                return answer
            if answer.status == 303:
                method = "HEAD" if call.method == "HEAD" else "GET"
                call = call._replace(method=method, body=None)
            elif answer.status not in _REPEATED:
                return answer
            call = call._replace(url=_target(call.url, location))
        raise Fault(Reason.COMMUNICATION, f"{place_of(call.url)} redirects without end")

    async def _once(self, call: Call, deadline: float) -> EndpointAnswer:
        try:
            async with asyncio.timeout_at(deadline):
                authenticated = await self._authentications.apply(call)
        except TimeoutError:
            raise late(call.url) from None
        settings = call.settings
        session = self._connections.session(settings)
        context = self._connections.context(settings.tls)
        place = place_of(call.url)
        try:
            with self._gate(call).passage(place) as passage, self._measured(place) as attempted:
                proxy = self._connections.proxy(call)
                answer = await exchange(session, context, authenticated, deadline, proxy)
                attempted.status = answer.status
                passage.failed = is_failure(answer.status)
        except HeldBack:
            self._status.held_back[place] += 1
            raise
        return answer

    @contextmanager
    def _measured(self, place: str) -> Iterator[_Attempt]:
        """Counts what becomes of an attempt, unless whoever wanted to know has gone away."""
        attempted, begun = _Attempt(), time.monotonic()
        try:
            yield attempted
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._status.calls.note(place, 0, time.monotonic() - begun)
            raise
        self._status.calls.note(place, attempted.status, time.monotonic() - begun)

    def _gate(self, call: Call) -> Gate:
        """Returns the gate that all calls to one host with the same settings share."""
        settings = call.settings
        if settings.circuit_breaker is None and settings.concurrency is None:
            return Gate(settings, self._monotonic)
        key = (place_of(call.url), settings.fingerprint)
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = Gate(settings, self._monotonic)
        return gate


def _target(url: str, location: str) -> str:
    """Returns where a redirect leads, if that is the same host (attacks 122 and 185).

    Raises:
        Fault: COMMUNICATION, when it leads elsewhere: who answers does not decide who is asked,
            and who gets our credentials.
    """
    try:
        target = urljoin(url, location)
        elsewhere = urlsplit(target)[:2] != urlsplit(url)[:2]
    except ValueError:
        target, elsewhere = url, True
    if elsewhere or not target.isascii() or not target.isprintable() or " " in target:
        raise Fault(Reason.COMMUNICATION, f"{place_of(url)} redirects to another place")
    return target
