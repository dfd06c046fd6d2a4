"""The names of a client certificate: which are wanted, and which one is the principal (`mtls`).

Trust: patterns are configuration; the names are their owner's words, vouched for by the issuer.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field

from edgeauth.config.findings import not_expected
from edgeauth.config.scalars import ListOf, Text, is_host
from edgeauth.config.specification import Specification
from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.certificate_details import CertificateDetails, common_name
from edgeauth.wire.spiffe import SpiffeId, is_trust_domain, parse_spiffe_id

_BELOW: Final = "/**"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")


def _check_trust_domain(text: str) -> str:
    if not is_trust_domain(text):
        raise not_expected("a trust domain in lower case such as shop.example")
    return text


def _check_dns_name(text: str) -> str:
    if not _is_host_name(text.removeprefix("*.")):
        raise not_expected("a host name, or *. and a host name for one label in front of it")
    return text.lower()


def _check_email(text: str) -> str:
    if not _is_email(text) or "*" in text.removeprefix("*@"):
        raise not_expected("an address such as a@shop.example, or *@shop.example for all of them")
    return text


def _check_uri(text: str) -> str:
    if not _is_uri(text) or "*" in text.removesuffix(_BELOW):
        raise not_expected("a URI; a URI and /** for all below it")
    return text


def _check_digest(text: str) -> str:
    digits = text.replace(":", "").lower()
    if _DIGEST.fullmatch(digits) is None:
        raise not_expected("the SHA-256 of a certificate, 64 hexadecimal digits")
    return digits


TrustDomain: TypeAlias = Annotated[str, AfterValidator(_check_trust_domain)]
DnsNamePattern: TypeAlias = Annotated[str, AfterValidator(_check_dns_name)]
EmailPattern: TypeAlias = Annotated[str, AfterValidator(_check_email)]
UriPattern: TypeAlias = Annotated[str, AfterValidator(_check_uri)]
CertificateDigest: TypeAlias = Annotated[str, AfterValidator(_check_digest)]


PrincipalSource: TypeAlias = Literal[
    "spiffe_id", "uri", "dns_name", "email", "common_name", "subject", "fingerprint"
]


class CertificateAssertions(Specification):
    """What is demanded of a certificate; of each list, one entry has to fit.

    Attributes:
        trust_domains: of its SPIFFE id; it has to have one then.
        uris: among its alternative names; `/**` at the end stands for all below.
        dns_names: the same; `*.` in front stands for one label.
        emails: the same; `*` stands for everybody of a domain.
        issuers: the distinguished name of its issuer, as RFC 4514 writes it.
        fingerprints: SHA-256 over it.
    """

    trust_domains: Annotated[ListOf[TrustDomain], Field(min_length=1)] | None = None
    uris: Annotated[ListOf[UriPattern], Field(min_length=1)] | None = None
    dns_names: Annotated[ListOf[DnsNamePattern], Field(min_length=1)] | None = None
    emails: Annotated[ListOf[EmailPattern], Field(min_length=1)] | None = None
    issuers: Annotated[ListOf[Text], Field(min_length=1)] | None = None
    fingerprints: Annotated[ListOf[CertificateDigest], Field(min_length=1)] | None = None


class CertificateNames:
    """The names of a certificate, as far as they are wanted.

    Args:
        certificate: the certificate.
        demanded: what is wanted.

    Raises:
        Malformed: something that is demanded is not there.
    """

    def __init__(self, certificate: ClientCertificate, demanded: CertificateAssertions) -> None:
        self._certificate = certificate
        self._spiffe = _spiffe_id(certificate.uris)
        if demanded.trust_domains is not None and (
            self._spiffe is None or self._spiffe.trust_domain not in demanded.trust_domains
        ):
            raise Malformed("the client certificate is of no demanded trust domain")
        dns_names = [each for each in certificate.dns_names if _is_host_name(each)]
        emails = [each for each in certificate.emails if _is_email(each)]
        uris = [each for each in certificate.uris if _is_uri(each)]
        self._wanted: Mapping[str, Sequence[str]] = {
            "uri": _select(uris, demanded.uris, _matches_uri),
            "dns_name": _select(dns_names, demanded.dns_names, _matches_dns_name),
            "email": _select(emails, demanded.emails, _matches_email),
        }
        for kind, patterns in (
            ("uri", demanded.uris),
            ("dns_name", demanded.dns_names),
            ("email", demanded.emails),
        ):
            if patterns is not None and not self._wanted[kind]:
                raise Malformed(f"the client certificate has no demanded {kind}")

    def single(self, source: PrincipalSource) -> str:
        """Returns the name that is the principal.

        Raises:
            Malformed: there is none of its kind, or more than one.
        """
        if source == "fingerprint":
            return self._certificate.fingerprint.hex()
        if source == "common_name":
            return common_name(self._certificate.subject)
        if source == "subject":
            found: Sequence[str] = [self._certificate.subject] if self._certificate.subject else []
        elif source == "spiffe_id":
            found = [] if self._spiffe is None else self._certificate.uris
        else:
            found = self._wanted[source]
        if len(found) != 1:
            raise Malformed(f"the client certificate has not exactly one {source}")
        return found[0].lower() if source == "dns_name" else found[0]

    def attributes(self, details: CertificateDetails | None) -> dict[str, Json]:
        """Returns everything that is known of the certificate."""
        certificate = self._certificate
        found: dict[str, Json] = {
            "fingerprint": certificate.fingerprint.hex(),
            "subject": certificate.subject,
            "uris": list(certificate.uris),
            "dns_names": list(certificate.dns_names),
            "emails": list(certificate.emails),
        }
        if self._spiffe is not None:
            found["trust_domain"] = self._spiffe.trust_domain
            found["spiffe_path"] = self._spiffe.path
        if details is not None:
            found["issuer"] = details.issuer
            found["serial"] = details.serial
            found["not_before"] = details.not_before
            found["not_after"] = details.not_after
        return found


def _spiffe_id(uris: Sequence[str]) -> SpiffeId | None:
    """Returns the workload that a certificate is for; None when it is no SVID (attack 155)."""
    try:
        return parse_spiffe_id(uris[0]) if len(uris) == 1 else None
    except Malformed:
        return None


def _is_host_name(text: str) -> bool:
    """Returns whether a text is the name of a host, and of one only."""
    return is_host(text) and not text.startswith("[")


def _is_email(text: str) -> bool:
    """Returns whether a text is an address with exactly one `@` (attack 115)."""
    return _EMAIL.fullmatch(text) is not None


def _is_uri(text: str) -> bool:
    """Returns whether a text is an absolute URI in visible ASCII."""
    return _URI.fullmatch(text) is not None


def _matches_dns_name(name: str, pattern: str) -> bool:
    """Returns whether a host name is the wanted one, without regard to case."""
    name = name.lower()
    if pattern.startswith("*."):
        label, _, rest = name.partition(".")
        return bool(label) and rest == pattern[2:]
    return name == pattern


def _matches_email(address: str, pattern: str) -> bool:
    """Returns whether an address is the wanted one; the case of its domain does not matter."""
    user, _, domain = address.partition("@")
    wanted, _, wanted_domain = pattern.partition("@")
    return domain.lower() == wanted_domain.lower() and wanted in ("*", user)


def _matches_uri(uri: str, pattern: str) -> bool:
    """Returns whether a URI is the wanted one, octet for octet, or below it."""
    if pattern.endswith(_BELOW):
        return uri.startswith(pattern[:-2]) and len(uri) > len(pattern) - 2
    return uri == pattern


def _select(
    names: Sequence[str], patterns: Sequence[str] | None, matches: Callable[[str, str], bool]
) -> tuple[str, ...]:
    """Returns the names that match one of the patterns; all of them where nothing is wanted."""
    if patterns is None:
        return tuple(names)
    return tuple(each for each in names if any(matches(each, pattern) for pattern in patterns))
