from base64 import b64encode
from hashlib import sha256
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from edgeauth.model.errors import Malformed
from edgeauth.wire.base64url import encode_base64url
from edgeauth.wire.client_certificates import (
    CLIENT_CERT,
    MAX_ELEMENTS,
    MAX_FIELD_OCTETS,
    MAX_NAMES,
    X_FORWARDED_CLIENT_CERT,
    client_certificate_fields,
    parse_certificate,
    parse_client_certificate_field,
)
from tests.fakes.certificates import BEGIN, END, name_of
from tests.fakes.keys import signing_key

# RFC 8705 appendix A, and the x5t#S256 of its token.
RFC_8705 = (
    "MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcw"
    "OVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9Oyl"
    "MbnQZjjJ/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD"
    "/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY="
)
RFC_8705_DIGEST = b"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"
DIGEST = "ab" * 32


def certificate(*names: x509.GeneralName) -> bytes:
    key = signing_key("ES256")
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of("orders"))
        .issuer_name(name_of("orders"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def client_cert(value: str):
    return parse_client_certificate_field(CLIENT_CERT, value.encode("latin-1"))


def forwarded(value: str, element="only"):
    return parse_client_certificate_field(X_FORWARDED_CLIENT_CERT, value.encode("latin-1"), element)


def escaped(der: bytes) -> str:
    text = b64encode(der).decode()
    return quote(f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n", safe="")


class TestCertificates:
    @pytest.mark.parametrize(
        "der",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"\x30\x03\x02\x01\x00", id="another-structure"),
            pytest.param(certificate() + b"\0", id="more-behind-it"),
            pytest.param(
                certificate().replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01", 1),
                id="of-version-2",
            ),
            pytest.param(
                certificate(x509.DNSName("a.test")).replace(b"a.test", b"a\0test"),
                id="attack-152-nul-in-a-name",
            ),
            pytest.param(
                certificate(x509.UniformResourceIdentifier("spiffe://a/b")).replace(
                    b"spiffe://a/b", b"spiffe://a\n\n"
                ),
                id="attack-152-line-break-in-a-name",
            ),
            pytest.param(
                certificate(*(x509.DNSName(f"{each}.test") for each in range(MAX_NAMES + 1))),
                id="too-many-names",
            ),
        ],
    )
    def test_what_can_be_misread_is_malformed(self, der):
        with pytest.raises(Malformed):
            parse_certificate(der)

    def test_names_are_known_by_their_kind(self):
        der = certificate(
            x509.DNSName("orders.test"),
            x509.UniformResourceIdentifier("spiffe://shop.test/orders"),
            x509.UniformResourceIdentifier("spiffe://shop.test/other"),
            x509.RFC822Name("ops@shop.test"),
        )

        found = parse_certificate(der)

        assert found.fingerprint == sha256(der).digest()
        assert found.subject == "CN=orders"
        assert found.uris == ("spiffe://shop.test/orders", "spiffe://shop.test/other")
        assert (found.dns_names, found.emails) == (("orders.test",), ("ops@shop.test",))
        assert found.der == der


class TestClientCert:
    @pytest.mark.parametrize(
        "value",
        [
            "",
            "::",
            RFC_8705,
            f":{RFC_8705}",
            f":{RFC_8705}:, :{RFC_8705}:",
            f":{RFC_8705}:;a=1",
            f":{RFC_8705[:-1]}:",
            f":{RFC_8705[:40]}:",
            f'"{RFC_8705}"',
            f":{'A' * 20_000}:",
        ],
        ids=[
            "empty", "no-octets", "no-colons", "one-colon", "attack-151-two", "parameters",
            "no-padding", "no-certificate", "string", "too-long",
        ],
    )  # fmt: skip
    def test_what_is_no_certificate_is_malformed(self, value):
        with pytest.raises(Malformed):
            client_cert(value)

    def test_the_certificate_of_rfc_8705_has_the_fingerprint_of_its_token(self):
        found = client_cert(f":{RFC_8705}:")

        assert encode_base64url(found.fingerprint) == RFC_8705_DIGEST
        assert found.subject == "CN=mtls"
        assert found.uris == found.dns_names == found.emails == ()


class TestTold:
    def test_what_no_upstream_would_take_is_not_told(self):
        with pytest.raises(Malformed, match="too long"):
            client_certificate_fields(b"x" * 100, [b"x" * MAX_FIELD_OCTETS])

    def test_a_certificate_and_those_above_it_are_read_as_they_were_told(self):
        der = certificate()
        (name, value), (chain, above) = client_certificate_fields(der, [b"a", b"b"])

        assert (name, chain) == (CLIENT_CERT, b"client-cert-chain")
        assert parse_client_certificate_field(name, value).der == der
        assert above == b":YQ==:, :Yg==:"


class TestForwarded:
    @pytest.mark.parametrize(
        "value",
        [
            "",
            "Subject=a",
            f"Hash={DIGEST};Hash={DIGEST}",
            f"Hash={DIGEST[:-1]}",
            f"Hash={DIGEST},Hash={DIGEST}",
            f"Hash={DIGEST};",
            f"Hash={DIGEST};Extra=1",
            f"Hash={DIGEST};Subject",
            f'Hash={DIGEST};Subject="a',
            f'Hash={DIGEST};Subject="a\0b"',
            f"Hash={DIGEST};URI=spiffe://a/\x01",
            f"Hash={DIGEST};URI=é",
            f"Hash={DIGEST};Cert={escaped(certificate())}",
            f"Hash={DIGEST};Cert=nonsense",
            f"Hash={DIGEST};Cert={escaped(certificate()) * 2}",
            f"Hash={DIGEST};" + ";".join(["URI=a"] * (MAX_NAMES + 2)),
        ],
        ids=[
            "empty", "no-hash", "hash-twice", "short-hash", "attack-151-two-elements",
            "semicolon-at-the-end", "unknown-member", "no-value", "open-quote", "attack-152-nul",
            "attack-152-control", "not-ascii", "hash-of-another-certificate", "no-certificate",
            "two-certificates", "too-many-names",
        ],
    )  # fmt: skip
    def test_what_is_ambiguous_is_malformed(self, value):
        with pytest.raises(Malformed):
            forwarded(value)

    def test_digest_and_names_are_enough(self):
        found = forwarded(
            f"By=spiffe://shop.test/edge;Hash={DIGEST.upper()};"
            'Subject="CN=orders,O=\\"Shop\\"; Ltd";URI=spiffe://shop.test/orders;URI=;DNS=a.test'
        )

        assert found.fingerprint == bytes.fromhex(DIGEST)
        assert found.subject == 'CN=orders,O=\\"Shop\\"; Ltd', "as names are written (RFC 4514)"
        assert found.uris == ("spiffe://shop.test/orders",)
        assert found.dns_names == ("a.test",)
        assert found.der == b""

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            (NameOID.COMMON_NAME, "admin,O=Shop"),
            (NameOID.ORGANIZATION_NAME, "Shop,CN=admin"),
            (NameOID.COMMON_NAME, 'admin",O="Shop'),
            (NameOID.COMMON_NAME, "admin\\,O=Shop"),
        ],
        ids=["common-name", "organization", "quotes", "backslash"],
    )
    def test_what_stands_in_a_name_does_not_end_it(self, kind, text):
        name = x509.Name([x509.NameAttribute(kind, text)]).rfc4514_string()

        found = forwarded(f'Hash={DIGEST};Subject="{name}"')

        assert found.subject == name
        assert x509.Name.from_rfc4514_string(found.subject).rdns[0].rfc4514_string() == name

    @pytest.mark.parametrize(
        ("element", "digest"), [("first", "ab"), ("last", "cd")], ids=["first", "last"]
    )
    def test_of_several_elements_the_configured_one_counts(self, element, digest):
        found = forwarded(
            f'Hash={"ab" * 32};Subject="CN=a,O=\\",Hash={DIGEST}",Hash={"cd" * 32};DNS=b.test',
            element,
        )

        assert found.fingerprint == bytes.fromhex(digest * 32)

    @pytest.mark.parametrize("element", ["first", "last"])
    @pytest.mark.parametrize(
        "value",
        [
            f"Hash={DIGEST},",
            f",Hash={DIGEST}",
            f"Hash={DIGEST},,Hash={DIGEST}",
            f"Hash={DIGEST},Subject=a",
            f"Subject=a,Hash={DIGEST}",
            f"Hash={DIGEST},Hash={DIGEST};Extra=1",
            f"Hash={DIGEST}, Hash={DIGEST}",
            ",".join([f"Hash={DIGEST}"] * (MAX_ELEMENTS + 1)),
        ],
        ids=[
            "nothing-behind", "nothing-before", "nothing-between", "attack-151-no-hash-behind",
            "attack-151-no-hash-before", "unknown-member", "blank", "too-many",
        ],
    )  # fmt: skip
    def test_every_element_has_to_be_of_its_form(self, value, element):
        with pytest.raises(Malformed):
            forwarded(value, element)

    def test_a_name_in_a_certificate_adds_no_element_attack_151(self):
        der = certificate(x509.UniformResourceIdentifier("https://a.test/"))
        told = f'Hash={sha256(der).hexdigest()};Cert="{escaped(der)}";URI=https://a.test/'
        value = f"{told},Hash={DIGEST};URI=spiffe://shop.test/admin"

        with pytest.raises(Malformed):
            forwarded(value, "last")
        assert forwarded(value, "first") == parse_certificate(der)
        assert forwarded(f"Hash={DIGEST},{told}", "last") == parse_certificate(der)

    def test_a_quotation_that_never_ends_takes_linear_time(self):
        for filling in ("\\\\", "a,", "a;", '\\"', "=,"):
            with pytest.raises(Malformed):
                forwarded(f'Hash={DIGEST};Subject="' + filling * (15_000 // len(filling)), "last")

    def test_what_the_certificate_itself_says_counts(self):
        der = certificate(x509.UniformResourceIdentifier("spiffe://shop.test/orders"))
        digest = sha256(der).hexdigest()

        found = forwarded(f'Hash={digest};Cert="{escaped(der)}";URI=spiffe://shop.test/admin')

        assert found == parse_certificate(der)
