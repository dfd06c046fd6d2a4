from base64 import b64encode
from datetime import timedelta
from ssl import DER_cert_to_PEM_cert

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from edgeauth.model.errors import Malformed
from edgeauth.wire.jwk import parse_key_set, parse_public_key, to_jwk
from edgeauth.wire.key_certificates import (
    MAX_CHAIN,
    TrustAnchors,
    parse_authorities,
    parse_x5c,
)
from tests.fakes.certificates import BEGIN, END, NOW, certificate, pem
from tests.fakes.keys import signing_key, verification_key

ROOT_KEY, MIDDLE_KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
KEY = signing_key("ES256")
ROOT = certificate(ROOT_KEY, "root", authority=True)
MIDDLE = certificate(MIDDLE_KEY, "middle", ROOT_KEY, "root", authority=True)
LEAF = certificate(KEY, "issuer", MIDDLE_KEY, "middle", end=END - timedelta(hours=1))


def der(*certificates):
    return [each.public_bytes(Encoding.DER) for each in certificates]


def jwk(*chain, algorithm="ES256"):
    return to_jwk(verification_key(algorithm), "a", algorithm, der(*chain))


def of_version_2(certificate):
    """Returns the certificate with a version that was never used (the number is one less)."""
    (octets,) = der(certificate)
    return octets.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01", 1)


def anchors(*certificates):
    return TrustAnchors(b"", lambda: certificates)


UNSPEAKABLE = x509.load_der_x509_certificate(
    der(certificate(KEY, "issuer", ROOT_KEY, "root", digital_signature=None))[0].replace(
        b"issuer", b"iss\xffer"
    )
)
"""Not for signatures, and the subject is no UTF-8: the library fails to say so."""


class TestParsing:
    @pytest.mark.parametrize(
        "x5c",
        [
            pytest.param("MIIB", id="text"),
            pytest.param({}, id="object"),
            pytest.param([1], id="number"),
            pytest.param(["é"], id="not-ascii"),
            pytest.param(["MIIB!"], id="not-base64"),
            pytest.param(["AAAA"], id="no-certificate"),
            pytest.param(["A" * 20_000], id="too-long"),
            pytest.param([jwk(LEAF)["x5c"][0]] * (MAX_CHAIN + 1), id="too-many"),
            pytest.param([jwk(MIDDLE)["x5c"][0]], id="of-another-key"),
            pytest.param([b64encode(of_version_2(LEAF)).decode()], id="of-version-2"),
        ],
    )
    def test_broken_certificates_spoil_their_key_and_no_other(self, x5c):
        broken = {**jwk(), "kid": "broken", "x5c": x5c}

        with pytest.raises(Malformed):
            parse_public_key(broken)
        key_set = parse_key_set({"keys": [broken, jwk()]})
        assert [key.kid for key in key_set.keys] == ["a"]
        assert len(key_set.problems) == 1

    def test_an_empty_list_is_no_certificate(self):
        assert parse_public_key({**jwk(), "x5c": []}).chain == ()

    def test_certificates_are_kept_in_their_order(self):
        assert parse_public_key(jwk(LEAF, MIDDLE)).chain == (LEAF, MIDDLE)
        assert parse_x5c(jwk(LEAF, MIDDLE)["x5c"]) == (LEAF, MIDDLE)


class TestTrust:
    @pytest.mark.parametrize(
        ("chain", "trusted", "now"),
        [
            pytest.param((LEAF, MIDDLE), (), NOW, id="nobody-is-trusted"),
            pytest.param((LEAF,), (ROOT,), NOW, id="gap"),
            pytest.param(
                (LEAF, MIDDLE),
                (certificate(OTHER_KEY, "root", authority=True),),
                NOW,
                id="another-authority-of-that-name",
            ),
            pytest.param((LEAF, MIDDLE), (ROOT,), NOW - 2 * 86_400, id="not-yet"),
            pytest.param((LEAF, MIDDLE), (ROOT,), NOW + 2 * 86_400, id="expired"),
            pytest.param(
                (certificate(KEY, "issuer", ROOT_KEY, "root", digital_signature=False),),
                (ROOT,),
                NOW,
                id="not-for-signatures",
            ),
            pytest.param(
                (certificate(KEY, "issuer", ROOT_KEY, "root", digital_signature=None),),
                (ROOT,),
                NOW,
                id="without-key-usage",
            ),
            pytest.param(
                (LEAF, certificate(MIDDLE_KEY, "middle", ROOT_KEY, "root")),
                (ROOT,),
                NOW,
                id="signed-by-no-authority",
            ),
            pytest.param((certificate(KEY, "issuer"),), (ROOT,), NOW, id="vouches-for-itself"),
            pytest.param((UNSPEAKABLE, MIDDLE), (ROOT,), NOW, id="can-not-be-named-in-an-error"),
        ],
    )
    def test_a_chain_that_does_not_lead_to_a_trusted_authority_is_refused(
        self, chain, trusted, now
    ):
        with pytest.raises(Malformed):
            anchors(*trusted).check(chain, now)

    def test_a_chain_ends_with_its_first_certificate(self):
        assert anchors(ROOT).check((LEAF, MIDDLE), NOW) == (END - timedelta(hours=1)).timestamp()

    def test_the_order_of_the_others_does_not_matter(self):
        extra = certificate(OTHER_KEY, "somebody", authority=True)

        assert anchors(ROOT).check((LEAF, extra, MIDDLE), BEGIN.timestamp() + 1) > NOW

    def test_a_certificate_that_is_trusted_itself_is_enough(self):
        own = certificate(KEY, "issuer")

        assert anchors(own).check((own,), NOW) == END.timestamp()


class TestFiles:
    @pytest.mark.parametrize(
        "text",
        [
            b"",
            pem(ROOT_KEY),
            pem(ROOT) + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            DER_cert_to_PEM_cert(of_version_2(ROOT)).encode(),
        ],
        ids=["attack-153-empty", "attack-153-keys-only", "one-is-broken", "of-version-2"],
    )
    def test_a_file_without_certificates_is_malformed(self, text):
        with pytest.raises(Malformed):
            parse_authorities(text)

    def test_the_certificates_of_a_file_are_found_among_other_things(self):
        assert parse_authorities(pem(ROOT) + pem(ROOT_KEY) + pem(MIDDLE)) == (ROOT, MIDDLE)
