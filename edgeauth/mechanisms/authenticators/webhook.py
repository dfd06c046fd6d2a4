"""Proves that a provider of events has sent this delivery, and that it was not here before.

Signed is the content as it came, and with most providers when it was sent and under which id. What
was signed is remembered as long as its signature counts, in the store that all processes share:
nobody who has seen a delivery can send it a second time, with whichever of its signatures
(attack 194). A provider that tries again signs anew, at another time; GitHub does not, so what it
sends twice passes again only after `remember`.

Trust: everything is hostile until the signature was verified. What is not signed is not read.

Source:
    Standard Webhooks 1.0.0; RFC 2104 (HMAC).
"""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import Duration, ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.deliveries import (
    MOST_SECRETS,
    SignatureSpecification,
    WebhookSecret,
)
from edgeauth.mechanisms.authenticators.lifespans import Leeway
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.services import Services, leave_fast_path
from edgeauth.ports.stages import Matched
from edgeauth.wire.webhooks import Claimed, WebhookKey, is_signed_by

_MISSING = Refusal(
    Reason.AUTHENTICATION, "the delivery is not signed", frozenset({Reason.PRECONDITION})
)
_LARGE: Final = 262_144
"""Octets of content from which a signature is verified beside the event loop."""


def _check_age(seconds: float) -> float:
    if not 1.0 <= seconds <= 3600.0:
        raise not_expected("from 1s to 1h, or stolen deliveries are good for long")
    return seconds


def _check_memory(seconds: float) -> float:
    if not 60.0 <= seconds <= 604_800.0:
        raise not_expected("from 1m to 168h")
    return seconds


class WebhookSpecification(Specification):
    """The configuration of `webhook`.

    Attributes:
        signature: how deliveries are signed.
        secrets: what they are signed with; two of them while secrets are changed.
        max_age: seconds for which a delivery is accepted after it was sent.
        remember: seconds for which deliveries are remembered that do not say when they were sent.
        validity_leeway: seconds by which clocks may differ; at most 60.
        principal: the id of the subject; unset, the id of the mechanism.
    """

    signature: SignatureSpecification
    secrets: Annotated[ListOf[WebhookSecret], Field(min_length=1, max_length=MOST_SECRETS)]
    max_age: Annotated[Duration, AfterValidator(_check_age)] | None = None
    remember: Annotated[Duration, AfterValidator(_check_memory)] | None = None
    validity_leeway: Leeway = 10.0
    principal: Text | None = None

    @model_validator(mode="after")
    def _check(self) -> "WebhookSpecification":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        signature = self.signature
        if signature.is_timed and self.remember is not None:
            message = "remember has no effect where deliveries say when they were sent"
            yield Finding(message, ("remember",), "set max_age", on_key=True)
        if not signature.is_timed and self.max_age is not None:
            message = "max_age has no effect where deliveries do not say when they were sent"
            yield Finding(message, ("max_age",), "set remember", on_key=True)
        scheme = signature.scheme()
        for index, secret in enumerate(self.secrets):
            found = secret.check(scheme, signature.type)
            if found is not None:
                yield found._replace(path=("secrets", index, *found.path))


class WebhookAuthenticator:
    """Recognises the provider that has signed a delivery.

    Args:
        mechanism_id: of the catalogue's entry, whose deliveries are remembered together.
        specification: the configuration in effect.
        services: the clock, and the store of what was here.
    """

    def __init__(
        self, mechanism_id: str, specification: WebhookSpecification, services: Services
    ) -> None:
        self._id = mechanism_id.encode()
        self._name = specification.principal or mechanism_id
        self._secrets = specification.secrets
        self._scheme = specification.signature.scheme()
        self._max_age = specification.max_age or 300.0
        self._remember = specification.remember or 86_400.0
        self._leeway = specification.validity_leeway
        self._now = services.clock.now
        self._replays = services.replays

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns the provider.

        Returns:
            The principal, or a refusal: AUTHENTICATION, with the cause PRECONDITION where nothing
            is signed.

        Raises:
            Fault: PRECONDITION, and final, when there is more content than may be held;
                COMMUNICATION when nobody could tell whether the delivery was here before.
        """
        try:
            claimed = self._scheme.claimed(seen.request.headers)
        except Malformed as problem:
            return _refused(str(problem))
        if claimed is None:
            return _MISSING
        now = self._now()
        refusal = self._check_time(claimed, now)
        if refusal is not None:
            return refusal
        content = await seen.content_octets()
        known = await self._evidence(claimed, content, self._keys(now))
        if known is None:
            return _refused("none of the secrets has signed the delivery")
        if not await self._replays.first_use(known, self._ends(claimed, now)):
            return _refused("the delivery was here before")
        return Principal(self._name, _attributes(claimed), known)

    def _check_time(self, claimed: Claimed, now: float) -> Refusal | None:
        sent = claimed.timestamp
        if sent is None:
            return None
        if not sent <= now + self._leeway:
            return _refused("the delivery is from the future")
        if not now - sent <= self._max_age + self._leeway:
            return _refused("the delivery is too old")
        return None

    def _keys(self, now: float) -> list[WebhookKey]:
        found = [secret.key(self._scheme, now) for secret in self._secrets]
        return [key for key in found if key is not None]

    async def _evidence(
        self, claimed: Claimed, content: bytes, keys: list[WebhookKey]
    ) -> bytes | None:
        """Returns a digest over what was signed; None when no key has signed it."""
        if len(content) < _LARGE:
            return _evidence(self._id, claimed, content, keys)
        await leave_fast_path()
        return await asyncio.to_thread(_evidence, self._id, claimed, content, keys)

    def _ends(self, claimed: Claimed, now: float) -> float:
        if claimed.timestamp is None:
            return now + self._remember
        # A moment longer than the delivery is accepted.
        return claimed.timestamp + self._max_age + self._leeway + 1


def _evidence(
    mechanism_id: bytes, claimed: Claimed, content: bytes, keys: list[WebhookKey]
) -> bytes | None:
    if not is_signed_by(claimed, content, keys):
        return None
    return fingerprint(b"webhook", mechanism_id, claimed.signed(content))


def _attributes(claimed: Claimed) -> dict[str, Json]:
    """Returns what was signed beside the content, for rules about the order (attack 199)."""
    known: dict[str, Json] = {}
    if claimed.id is not None:
        known["id"] = claimed.id
    if claimed.timestamp is not None:
        known["timestamp"] = float(claimed.timestamp)
    return known


def _refused(detail: str) -> Refusal:
    return Refusal(Reason.AUTHENTICATION, detail)


def _build(
    mechanism_id: str, specification: WebhookSpecification, services: Services
) -> WebhookAuthenticator:
    return WebhookAuthenticator(mechanism_id, specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "webhook",
    WebhookSpecification,
    _build,
    {"principal": Override.REPLACE},
)
