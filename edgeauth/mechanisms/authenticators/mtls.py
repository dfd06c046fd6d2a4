"""Proves that the client owns the key of a certificate, and says whose that is.

The certificate was shown to the listener (`serve.tls.client_certificates`), or to a trusted proxy
that tells of it (`serve.client_certificate_from`). Whoever ended that connection has checked who
vouches for it and whether it was revoked. Checked here, for every request: its time, that it is
meant for clients, and what is demanded of its names and its issuer.

Trust: the names are the owner's words, and true as far as the issuer is trusted with names. One
that is to be a principal has to be there exactly once, after what is demanded has chosen.

Source:
    RFC 8446 section 4.4.2 (certificates of clients); RFC 5280; RFC 9440; SPIFFE X509-SVID.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from pydantic import Field, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Text
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.certificate_names import (
    CertificateAssertions,
    CertificateNames,
    PrincipalSource,
)
from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.secret_references import AuthoritiesReference
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.certificate_details import CertificateDetails, parse_details
from edgeauth.wire.certificates import parse_x509
from edgeauth.wire.json import dumps
from edgeauth.wire.key_certificates import TrustAnchors

_REMEMBERED: Final = 256
"""Certificates of which it is remembered what they prove; clients come again with the same one."""


class CertificatePrincipal(Specification):
    """Which name of the certificate is the principal.

    Attributes:
        source: the kind of name.
    """

    source: PrincipalSource = Field(alias="from")


class MtlsSpecification(Specification):
    """The configuration of `mtls`.

    Attributes:
        principal: which name it is about.
        assertions: what is demanded of the certificate.
        trust_store: PEM file with those of whom one has to have issued it directly; unset, who
            ended the connection decides alone.
        trust_anchors: the same in a secret source; changes are in force after a restart.
    """

    principal: CertificatePrincipal
    assertions: CertificateAssertions = CertificateAssertions()
    trust_store: Text | None = None
    trust_anchors: AuthoritiesReference | None = None

    @model_validator(mode="after")
    def _check_trust(self) -> "MtlsSpecification":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.trust_anchors is not None and self.trust_store is not None:
            message = "trust_store has no effect beside trust_anchors"
            yield Finding(message, ("trust_store",), on_key=True)

    def anchors(self, services: Services) -> TrustAnchors | None:
        """Returns who has to have issued certificates; None when that is not asked.

        Raises:
            ValueError: the file can not be used.
        """
        if self.trust_anchors is not None:
            return self.trust_anchors.current()
        return None if self.trust_store is None else services.trust_stores.anchors(self.trust_store)


class _Proven(NamedTuple):
    """What a certificate proves while it is current."""

    principal: Principal
    not_before: float | None
    not_after: float | None


class MtlsAuthenticator:
    """Recognises clients by their certificates.

    Args:
        specification: the configuration in effect.
        services: the clock, and trust stores.

    Raises:
        ValueError: the trust store can not be used.
    """

    def __init__(self, specification: MtlsSpecification, services: Services) -> None:
        self._source = specification.principal.source
        self._assertions = specification.assertions
        self._anchors = specification.anchors(services)
        self._now = services.clock.now
        self._proven = lru_cache(maxsize=_REMEMBERED)(self._examine)

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns whom the certificate names.

        Returns:
            The principal, or a refusal: AUTHENTICATION, with the cause PRECONDITION where no
            certificate was shown.
        """
        certificate = seen.request.client_certificate
        if certificate is None:
            return _refused("there is no client certificate", Reason.PRECONDITION)
        proven = self._proven(certificate)
        if isinstance(proven, Refusal):
            return proven
        now = self._now()
        if proven.not_before is not None and now < proven.not_before:
            return _refused("the client certificate is not valid yet")
        if proven.not_after is not None and now > proven.not_after:
            return _refused("the client certificate has expired")
        return proven.principal

    def _examine(self, certificate: ClientCertificate) -> _Proven | Refusal:
        """Returns what does not depend on the time."""
        try:
            details = parse_details(certificate.der) if certificate.der else None
            self._check_details(certificate, details)
            names = CertificateNames(certificate, self._assertions)
            identity = names.single(self._source)
        except Malformed as problem:
            return _refused(str(problem))
        attributes = names.attributes(details)
        end = None if details is None else details.not_after
        evidence = fingerprint(
            b"mtls", self._source.encode(), certificate.fingerprint, dumps(attributes)
        )
        begin = None if details is None else details.not_before
        return _Proven(Principal(identity, attributes, evidence, end), begin, end)

    def _check_details(
        self, certificate: ClientCertificate, details: CertificateDetails | None
    ) -> None:
        """Refuses a certificate of another use or issuer.

        Raises:
            Malformed: says what is wrong.
        """
        demanded = self._assertions
        if demanded.fingerprints and certificate.fingerprint.hex() not in demanded.fingerprints:
            raise Malformed("the client certificate is none of those that are demanded")
        if details is None:
            if demanded.issuers is not None or self._anchors is not None:
                raise Malformed("nothing was told of the issuer of the client certificate")
            return
        if details.is_authority:
            raise Malformed("the client certificate is that of an authority")
        if not details.for_clients:
            raise Malformed("the client certificate is not for clients")
        if demanded.issuers is not None and details.issuer not in demanded.issuers:
            raise Malformed("the client certificate has another issuer than demanded")
        if self._anchors is not None and not self._anchors.has_issued(parse_x509(certificate.der)):
            raise Malformed("the client certificate was issued by nobody in the trust store")


def _refused(detail: str, *causes: Reason) -> Refusal:
    return Refusal(Reason.AUTHENTICATION, detail, frozenset(causes))


def _build(_id: str, specification: MtlsSpecification, services: Services) -> MtlsAuthenticator:
    return MtlsAuthenticator(specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "mtls",
    MtlsSpecification,
    _build,
    {"assertions": Override.MERGE},
)
