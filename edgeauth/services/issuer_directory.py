"""Metadata of issuers: fetched once by whoever needs it, kept as its endpoint's `http_cache` says.

Trust: issuers' answers. Whether they are about the issuer that was asked is checked before anything
of them is used (attack 128).
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.ports.endpoints import Call
from edgeauth.ports.issuers import MetadataSource
from edgeauth.ports.services import EndpointAnswer, Endpoints
from edgeauth.services.single_flight import SingleFlight, anew
from edgeauth.wire.json import loads
from edgeauth.wire.metadata import IssuerMetadata, parse_metadata

FAULT_TTL: Final = 1.0
"""Seconds for which a failed fetch is not repeated."""
MAX_ISSUERS: Final = 1_000
MAX_DOCUMENT_OCTETS: Final = 262_144


class _Read(NamedTuple):
    """What was read of an answer, which is the same as long as the answer is."""

    body: bytes
    metadata: IssuerMetadata


class _Failed(NamedTuple):
    fault: Fault
    until: float


class Issuers:
    """The metadata of issuers, shared by every mechanism of the process.

    Args:
        endpoints: fetches metadata.
        monotonic: seconds that only ever grow.
    """

    def __init__(
        self, endpoints: Endpoints, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._endpoints = endpoints
        self._monotonic = monotonic
        self._flights: SingleFlight[IssuerMetadata] = SingleFlight()
        self._known: dict[bytes, _Read | _Failed] = {}

    async def metadata(self, source: MetadataSource, issuer: str) -> IssuerMetadata:
        """Returns what an issuer says of itself.

        Args:
            source: where to ask.
            issuer: the `TokenIssuer` of templated URLs.

        Raises:
            Fault: COMMUNICATION when it could not be asked, or what it said is no metadata of
                that issuer; INTERNAL when the URL can not be rendered, or TLS failed.
        """
        call = source.endpoint.call({"TokenIssuer": issuer})
        key = fingerprint(source.fingerprint, call.fingerprint)
        known = self._known.get(key)
        if isinstance(known, _Failed) and self._monotonic() < known.until:
            raise anew(known.fault)
        return await self._flights.run(key, lambda: self._fetch(key, source, call))

    async def _fetch(
        self, key: bytes, source: MetadataSource, call: Call
    ) -> IssuerMetadata | Fault:
        try:
            answer = await self._endpoints.send(call)
            read = self._read(key, answer, source, call.url)
        except Fault as fault:
            return self._failed(key, fault)
        except Malformed as problem:
            detail = f"the issuer's answer can not be used: {problem}"
            return self._failed(key, Fault(Reason.COMMUNICATION, detail))
        self._remember(key, read)
        return read.metadata

    def _read(self, key: bytes, answer: EndpointAnswer, source: MetadataSource, url: str) -> _Read:
        body = document_of(answer)
        known = self._known.get(key)
        if isinstance(known, _Read) and known.body == body:
            return known
        return _Read(body, parse_metadata(loads(body), url, check_issuer=source.check_issuer))

    def _failed(self, key: bytes, fault: Fault) -> Fault:
        self._remember(key, _Failed(fault, self._monotonic() + FAULT_TTL))
        return fault

    def _remember(self, key: bytes, known: _Read | _Failed) -> None:
        if key not in self._known and len(self._known) >= MAX_ISSUERS:
            # Issuers are an allow-list, so this is a matter of configuration, not of attack.
            del self._known[next(iter(self._known))]
        self._known[key] = known


def document_of(answer: EndpointAnswer) -> bytes:
    """Returns the content of an issuer's answer.

    Raises:
        Malformed: the status is not 200, or it is too large (attack 127).
    """
    if answer.status != 200:
        raise Malformed(f"status {answer.status}")
    if len(answer.body) > MAX_DOCUMENT_OCTETS:
        raise Malformed("it is too large")
    return answer.body
