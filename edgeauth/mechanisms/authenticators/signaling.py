"""What a client is told about the token that it lacks (`error_signaling`).

Without the setting every refusal brings the plainest challenge there is. With it the operator
decides whether there is one and what it says; its words are edgeauth's own and the same for all
requests, since what was wrong with a token is for its owner and not for whoever found it.

Source:
    RFC 6750 section 3; RFC 9449 sections 7.1 and 8.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from pydantic import AfterValidator

from edgeauth.config.findings import not_expected
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.realms import Realm
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.wire.challenges import bearer_challenge, dpop_challenge

DPOP: Final = b"dpop"
"""The scheme of tokens that come with a proof, in lower case."""

_DESCRIPTIONS: Final = {
    "invalid_token": "The access token is expired, revoked, malformed or not for this resource.",
    "insufficient_scope": "The access token was not granted what this resource demands.",
    "invalid_dpop_proof": "The proof of possession is missing, or not one for this request.",
    "use_dpop_nonce": "The proof of possession has to hold the nonce of this answer.",
}


def _check_uri(uri: str) -> str:
    try:
        bearer_challenge(error_uri=uri)
    except Malformed:
        raise not_expected("a URL in visible ASCII") from None
    if " " in uri or ":" not in uri:
        raise not_expected("an absolute URL of a page about errors")
    return uri


class TokenErrorSignaling(Specification):
    """What challenges say.

    Attributes:
        enabled: whether there is a challenge at all.
        realm: the name of what is protected.
        error_uri: a page about errors.
        include_error_description: whether a sentence tells what kind of error it is.
        include_required_scope: whether the demanded scopes are listed where one is missing.
        include_dpop_algorithms: whether it is listed what proofs may be signed with.
    """

    enabled: bool = True
    realm: Realm = ""
    error_uri: Annotated[str, AfterValidator(_check_uri)] | None = None
    include_error_description: bool = False
    include_required_scope: bool = False
    include_dpop_algorithms: bool = True


class Signaling:
    """Refusals of one authenticator, with their challenges.

    Args:
        specification: the configuration in effect; None where nothing is configured.
        scopes: those that are demanded.
        algorithms: what proofs may be signed with.
        dpop_only: whether no token passes without a proof.
    """

    def __init__(
        self,
        specification: TokenErrorSignaling | None,
        scopes: Sequence[str],
        algorithms: Sequence[str],
        *,
        dpop_only: bool,
    ) -> None:
        self._configured = specification is not None
        self._says = specification or TokenErrorSignaling()
        self._scopes = " ".join(scopes)
        self._algorithms = " ".join(sorted(algorithms))
        self._dpop_only = dpop_only

    def missing(self) -> Refusal:
        """Returns the refusal of a request without a token.

        It has no error code, so that a probe learns nothing (RFC 6750 section 3.1).
        """
        return Refusal(
            Reason.AUTHENTICATION,
            "there is no token",
            frozenset({Reason.PRECONDITION}),
            challenges=self._challenges(b"", ""),
        )

    def invalid_token(self, detail: str, scheme: bytes) -> Refusal:
        """Returns the refusal of a token.

        Args:
            detail: for the decision log.
            scheme: that the token was presented with, in lower case.
        """
        return self._refused(detail, self._challenges(scheme, "invalid_token"))

    def unreadable(self, detail: str, scheme: bytes) -> Refusal:
        """Returns the refusal of what is no token: a request that is not well-formed, either."""
        refusal = self.invalid_token(detail, scheme)
        return replace(refusal, causes=refusal.causes | {Reason.PRECONDITION})

    def insufficient_scope(self, detail: str, scheme: bytes) -> Refusal:
        """Returns the refusal of a token that was not granted enough: 403 where configured.

        Where nothing is configured it is that of an invalid token, as in the reference.
        """
        if not self._configured:
            return self.invalid_token(detail, scheme)
        challenges = self._challenges(scheme, "insufficient_scope")
        status = 403 if challenges else None
        return Refusal(Reason.AUTHENTICATION, detail, challenges=challenges, status=status)

    def invalid_proof(self, detail: str) -> Refusal:
        """Returns the refusal of a proof of possession."""
        return self._refused(detail, self._challenges(DPOP, "invalid_dpop_proof"))

    def use_nonce(self, detail: str, nonce: str) -> Refusal:
        """Returns the refusal of a proof without a current nonce, and brings a new one.

        The nonce is sent whatever is configured: without it no client could ever succeed.
        """
        return Refusal(
            Reason.AUTHENTICATION,
            detail,
            challenges=self._challenges(DPOP, "use_dpop_nonce"),
            fields=((b"dpop-nonce", nonce.encode("ascii")),),
        )

    def _refused(self, detail: str, challenges: tuple[bytes, ...]) -> Refusal:
        return Refusal(Reason.AUTHENTICATION, detail, challenges=challenges)

    def _challenges(self, scheme: bytes, error: str) -> tuple[bytes, ...]:
        says = self._says
        if not says.enabled:
            return ()
        description = _DESCRIPTIONS.get(error, "") if says.include_error_description else ""
        uri = (says.error_uri or "") if error else ""
        lacks_scope = error == "insufficient_scope" and says.include_required_scope
        scope = self._scopes if lacks_scope else ""
        if scheme != DPOP and not self._dpop_only:
            return (bearer_challenge(says.realm, error, description, uri, scope),)
        algorithms = self._algorithms if says.include_dpop_algorithms else ""
        return (dpop_challenge(algorithms, says.realm, error, description, uri, scope),)
