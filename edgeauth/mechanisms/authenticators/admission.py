"""Whether a token that was verified admits its bearer: possession first, then scopes.

Trust: the claims are the issuer's, everything else of the request is the client's.
"""

from collections.abc import Mapping

from edgeauth.mechanisms.authenticators.assertions import AssertionsSpecification
from edgeauth.mechanisms.authenticators.possession import (
    DpopPossession,
    Possession,
    Presented,
)
from edgeauth.mechanisms.authenticators.signaling import Signaling, TokenErrorSignaling
from edgeauth.model.decision import Refusal
from edgeauth.model.json import Json
from edgeauth.ports.services import Services
from edgeauth.wire.confirmation import Confirmation
from edgeauth.wire.jwa import ALGORITHMS
from edgeauth.wire.jwt import DEFAULT_ALGORITHMS
from edgeauth.wire.scopes import check_scopes


class Admission:
    """What is checked of a token beside its claims, and how its refusal sounds.

    Args:
        configured: the assertions in effect.
        error_signaling: what challenges say.
        services: what proofs are checked with.

    Attributes:
        signaling: says "no".

    Raises:
        ValueError: something is demanded that can not be checked with this configuration.
    """

    def __init__(
        self,
        configured: AssertionsSpecification,
        error_signaling: TokenErrorSignaling | None,
        services: Services,
    ) -> None:
        self._scopes = configured.required_scopes
        allowed = configured.allowed_algorithms or DEFAULT_ALGORITHMS
        # RFC 9449 section 4.2: a proof is never signed with a shared secret.
        algorithms = [name for name in ALGORITHMS if name in allowed and name[:2] != "HS"]
        proofs = configured.proof_of_possession or ()
        dpop_only = bool(proofs) and all(isinstance(each, DpopPossession) for each in proofs)
        self.signaling = Signaling(
            error_signaling, self._scopes.values, algorithms, dpop_only=dpop_only
        )
        self._possession = Possession(
            proofs, algorithms, configured.validity_leeway, self.signaling, services
        )

    def admits_any_bearer(
        self, claims: Mapping[str, Json], confirmation: Confirmation | None
    ) -> bool:
        """Returns whether `check` refuses nobody with this token who does not call it bound.

        Args:
            claims: what was verified.
            confirmation: what the token is bound to.
        """
        is_bound = confirmation is not None or self._possession.demands
        return not is_bound and check_scopes(claims, self._scopes) is None

    async def check(self, presented: Presented, claims: Mapping[str, Json]) -> Refusal | None:
        """Refuses a token that is not its bearer's, or was granted too little.

        Args:
            presented: the token, whose claims were checked, and how it came.
            claims: what was verified.

        Raises:
            Fault: nobody could tell whether a proof was used before.
        """
        outcome = self._possession.check(presented)
        if isinstance(outcome, Refusal):
            return outcome
        lacks = check_scopes(claims, self._scopes)
        if lacks is not None:
            return self.signaling.insufficient_scope(lacks.detail, presented.credential.scheme)
        return None if outcome is None else await self._possession.spend(outcome)
