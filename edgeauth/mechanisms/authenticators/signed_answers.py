"""Answers of an authorization server that are signed, and therefore good evidence (RFC 9701).

Trust: nothing of an answer counts before its signature. One that can not be trusted ends the
pipeline: somebody in the middle must not turn a login into anonymity.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from edgeauth.config.findings import Finding
from edgeauth.config.scalars import ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.assertions import AssertionsSpecification
from edgeauth.mechanisms.authenticators.issuers import MetadataEndpoint, build_key_source
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.endpoints import IssuerEndpoint
from edgeauth.ports.services import EndpointAnswer, Services
from edgeauth.wire.introspection import SIGNED_ANSWER, check_signed_answer, parse_signed_answer
from edgeauth.wire.jws import verify_signature
from edgeauth.wire.jwt import DEFAULT_ALGORITHMS

_KEYS_TTL = 600.0
"""Seconds for which the server's keys are believed."""


class SignedAnswers(Specification):
    """How signed answers are verified.

    Attributes:
        audience: as whom edgeauth asks; an answer has to be for one of them.
        jwks_endpoint: the server's keys, where no metadata leads to them.
    """

    audience: Annotated[ListOf[Text], Field(min_length=1)]
    jwks_endpoint: IssuerEndpoint | None = None

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest over all of this, for cache keys."""
        keys = b"" if self.jwks_endpoint is None else self.jwks_endpoint.fingerprint
        return fingerprint(keys, *(each.encode() for each in self.audience))

    def findings(
        self, metadata: MetadataEndpoint | None, issuers: Sequence[str] | None
    ) -> Iterator[Finding]:
        """Yields what is wrong together with the rest of the configuration."""
        path = ("signed_answers", "jwks_endpoint")
        if metadata is None and self.jwks_endpoint is None:
            hint = "set jwks_endpoint"
            yield Finding("nothing says where the server's keys are", ("signed_answers",), hint)
        if metadata is not None and self.jwks_endpoint is not None:
            yield Finding("the metadata names the server's keys", path, on_key=True)
        if metadata is None and issuers is None:
            message = "nothing says whose answers are trusted"
            hint = "list the issuers in assertions.issuers"
            yield Finding(message, ("signed_answers",), hint)


class AnswerVerifier:
    """Verifies signed answers.

    Args:
        settings: as whom edgeauth asks.
        metadata: leads to the server's keys; None where the settings do.
        assertions: allowed algorithms and the leeway.
        services: the issuers' keys and the clock.
    """

    def __init__(
        self,
        settings: SignedAnswers,
        metadata: MetadataEndpoint | None,
        assertions: AssertionsSpecification,
        services: Services,
    ) -> None:
        self._audience = frozenset(settings.audience)
        self._key_source = build_key_source(settings.jwks_endpoint, metadata, _KEYS_TTL)
        allowed = assertions.allowed_algorithms or DEFAULT_ALGORITHMS
        self._algorithms = frozenset(allowed)
        self._leeway = assertions.validity_leeway
        self._keys = services.verification_keys
        self._now = services.clock.now

    async def read(
        self, answer: EndpointAnswer, issuers: Collection[str], issuer: str
    ) -> Mapping[str, Json]:
        """Returns what a signed answer says about the token.

        Args:
            answer: with status 200.
            issuers: who may have signed it.
            issuer: the `TokenIssuer` of templated URLs.

        Raises:
            Fault: INTERNAL, and final, when it is not signed, by somebody else, for somebody
                else or not now; COMMUNICATION when the keys could not be had.
        """
        if answer.media_type != SIGNED_ANSWER:
            raise _untrusted("the authorization server's answer is not signed")
        try:
            signed = parse_signed_answer(answer.body)
        except Malformed as problem:
            raise _untrusted(str(problem)) from None
        kid = signed.compact.header.kid
        keys = await self._keys.resolve(self._key_source, issuer, kid)
        if not any(
            verify_signature(signed.compact, key, self._algorithms) for key in keys.candidates
        ):
            raise _untrusted("the answer is signed with none of the authorization server's keys")
        wrong = check_signed_answer(
            signed.claims, issuers, self._audience, self._now(), self._leeway
        )
        if wrong is not None:
            raise _untrusted(wrong)
        return signed.answer


def _untrusted(detail: str) -> Fault:
    return Fault(Reason.INTERNAL, detail, final=True)
