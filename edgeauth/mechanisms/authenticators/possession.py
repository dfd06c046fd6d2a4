"""Whether the bearer of a token owns the key that it is bound to (`proof_of_possession`).

What a token says it is bound to has to be shown, whether or not anything is configured and with
whatever scheme it was sent: a stolen token must not become usable by calling it a bearer token
(attack 146). What is configured demands, beside that, that a token is bound at all.

Trust: tokens are verified when this is asked; proofs are hostile. A client certificate comes from a
listener or from a field that a trusted proxy sets.

Source:
    RFC 9449 sections 4.3, 7.1, 7.2 and 9 (DPoP); RFC 8705 section 3 (certificates).
"""

import hmac
from collections.abc import Collection, Sequence
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import Duration, ListOf
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.signaling import DPOP, Signaling
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed
from edgeauth.model.identity import fingerprint
from edgeauth.model.request import Request
from edgeauth.ports.services import Services
from edgeauth.wire.confirmation import Confirmation
from edgeauth.wire.credentials import Credential
from edgeauth.wire.dpop import Proof, check_proof, parse_proof

LONGEST_AGE: Final = 600.0
"""Seconds; whoever steals a proof can use it for as long where replays are allowed."""
_BEARER: Final = b"bearer"
_FIELD: Final = b"dpop"


class DpopSettings(Specification):
    """What proofs have to be like.

    Attributes:
        max_age: seconds for which a proof, or its nonce, is accepted.
        nonce_required: whether a proof has to hold a nonce of ours; needs the `master_key`.
        replay_allowed: whether a proof may be used more than once.
    """

    max_age: Duration = 60.0
    nonce_required: bool = False
    replay_allowed: bool = False

    @field_validator("max_age")
    @classmethod
    def _check_age(cls, max_age: float) -> float:
        if not 1.0 <= max_age <= LONGEST_AGE:
            raise not_expected("from 1s to 10m, or stolen proofs are good for long")
        return max_age


class DpopPossession(Specification):
    """`type: dpop`.

    Attributes:
        type: the kind of proof.
        config: what it has to be like.
    """

    type: Literal["dpop"]
    config: DpopSettings = DpopSettings()


class CertificatePossession(Specification):
    """`type: mtls`: the client certificate; there is nothing to configure.

    Attributes:
        type: the kind of proof.
    """

    type: Literal["mtls"]


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _check_kinds(
    proofs: tuple[DpopPossession | CertificatePossession, ...],
) -> tuple[DpopPossession | CertificatePossession, ...]:
    kinds = [each.type for each in proofs]
    refuse(
        Finding(f"{kind} is listed already", (index, "type"))
        for index, kind in enumerate(kinds)
        if kind in kinds[:index]
    )
    return proofs


PossessionSpecification: TypeAlias = Annotated[
    DpopPossession | CertificatePossession, Field(discriminator="type")
]
Possessions: TypeAlias = Annotated[
    ListOf[PossessionSpecification], BeforeValidator(_listed), AfterValidator(_check_kinds)
]
"""Ways to be bound, one of which a token has to be; one of them needs no list."""


class Presented(NamedTuple):
    """A verified token, and how it came."""

    request: Request
    credential: Credential
    confirmation: Confirmation | None


class Possession:
    """Checks whether the bearer owns a token.

    Args:
        configured: ways to be bound, one of which a token has to be; none, and it may be unbound.
        algorithms: what proofs may be signed with.
        leeway: seconds by which clocks may differ.
        signaling: says "no".
        services: the clock, the store of used proofs, nonces.

    Attributes:
        demands: whether a token has to be bound to something.

    Raises:
        ValueError: nonces are demanded, and there is no key to seal them with.
    """

    def __init__(
        self,
        configured: Sequence[DpopPossession | CertificatePossession],
        algorithms: Collection[str],
        leeway: float,
        signaling: Signaling,
        services: Services,
    ) -> None:
        settings = [each.config for each in configured if isinstance(each, DpopPossession)]
        self._dpop_suffices = bool(settings)
        self._certificate_suffices = len(settings) < len(configured)
        self.demands = bool(configured)
        self._settings = settings[0] if settings else DpopSettings()
        self._algorithms = frozenset(algorithms)
        self._leeway = leeway
        self._signaling = signaling
        self._now = services.clock.now
        self._replays = services.replays
        self._nonces = services.nonces
        if self._settings.nonce_required and self._nonces is None:
            raise ValueError("nonce_required needs a master_key in the configuration")

    def check(self, presented: Presented) -> Proof | Refusal | None:
        """Refuses a token that is not in the hands of its owner.

        Returns:
            The refusal; or the proof, which has to be spent before it counts; or None where there
            is none.
        """
        confirmation, scheme = presented.confirmation, presented.credential.scheme
        refusal = self._check_binding(confirmation, scheme)
        if refusal is not None or confirmation is None:
            return refusal
        if confirmation.certificate is not None:
            shown = presented.request.client_certificate
            if shown is None or not hmac.compare_digest(
                shown.fingerprint, confirmation.certificate
            ):
                return self._invalid("the token is bound to another client certificate", scheme)
        if confirmation.key is None:
            return None
        return self._proof(presented, confirmation.key)

    async def spend(self, proof: Proof) -> Refusal | None:
        """Refuses a proof that was used before, and remembers that it is used now.

        Comes last, so that a proof is not lost to a refusal for another reason.

        Raises:
            Fault: nobody could tell whether it was used before.
        """
        if self._settings.replay_allowed:
            return None
        key = fingerprint(b"dpop", proof.key.thumbprint, proof.id.encode("utf-8", "surrogatepass"))
        # A moment longer than the proof is accepted.
        ends = proof.issued_at + self._settings.max_age + self._leeway + 1
        if await self._replays.first_use(key, ends):
            return None
        return self._signaling.invalid_proof("the proof was used before")

    def _check_binding(self, confirmation: Confirmation | None, scheme: bytes) -> Refusal | None:
        """Refuses a token that is bound to too little, or was sent as another one than it is."""
        key = confirmation is not None and confirmation.key is not None
        certificate = confirmation is not None and confirmation.certificate is not None
        suffices = (key and self._dpop_suffices) or (certificate and self._certificate_suffices)
        if self.demands and not suffices:
            return self._invalid("the token is not bound to what is demanded", scheme)
        if key and scheme == _BEARER:
            # RFC 9449 section 7.2: it must not be taken for a bearer token.
            return self._invalid("the token needs a proof and was sent as a bearer token", DPOP)
        if scheme == DPOP and not key:
            return self._invalid("the token is bound to no key and was sent as one that is", scheme)
        return None

    def _proof(self, presented: Presented, key: bytes) -> Proof | Refusal:
        request, token = presented.request, presented.credential.value
        field = request.headers.get(_FIELD)
        if field is None or _FIELD in request.headers.repeated:
            return self._signaling.invalid_proof("there is not exactly one proof of possession")
        try:
            proof = parse_proof(field)
        except Malformed as problem:
            return self._signaling.invalid_proof(str(problem))
        if not hmac.compare_digest(proof.key.thumbprint, key):
            return self._signaling.invalid_proof("the proof is made with another key")
        wrong = check_proof(proof, request, token, self._algorithms) or self._check_age(proof)
        if wrong is not None:
            return self._signaling.invalid_proof(wrong)
        return self._check_nonce(proof, token) or proof

    def _check_age(self, proof: Proof) -> str | None:
        now = self._now()
        if not proof.issued_at <= now + self._leeway:
            return "the proof is from the future"
        if not now - proof.issued_at <= self._settings.max_age + self._leeway:
            return "the proof is too old"
        return None

    def _check_nonce(self, proof: Proof, token: bytes) -> Refusal | None:
        nonces = self._nonces
        if not self._settings.nonce_required or nonces is None:
            return None
        if proof.nonce and nonces.is_current(proof.nonce, token, self._settings.max_age):
            return None
        detail = "the proof holds no nonce that is current"
        return self._signaling.use_nonce(detail, nonces.issue(token))

    def _invalid(self, detail: str, scheme: bytes) -> Refusal:
        return self._signaling.invalid_token(detail, scheme)
