import pytest

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers, Request
from edgeauth.wire.base64url import encode_base64url
from edgeauth.wire.dpop import canonical_url, check_proof, parse_proof, request_url
from edgeauth.wire.jws import parse_compact, verify_signature
from edgeauth.wire.jwt import DEFAULT_ALGORITHMS
from tests.fakes.proofs import proof, public_jwk
from tests.fakes.requests import request

TOKEN = b"Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
# RFC 9449 section 7.1, figure 12.
RFC_9449 = (
    b"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNo"
    b"UklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERW"
    b"clUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1"
    b"IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwi"
    b"YXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey7"
    b"1EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
# Section 4.1, figure 2: for a token endpoint, so that it is bound to no token.
RFC_9449_FOR_A_TOKEN_ENDPOINT = (
    RFC_9449.partition(b".")[0]
    + b".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wb"
    b"GUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFL"
    b"bdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
RFC_9449_KEY = b"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def resource_request(path="/protectedresource", host="resource.example.org", method="GET"):
    return Request(method, "https", host, path, "", Headers(), ("192.0.2.1",))


def wrong(octets, of, token=b"token", algorithms=DEFAULT_ALGORITHMS):
    return check_proof(parse_proof(octets.encode()), of, token, algorithms)


class TestVectors:
    def test_the_proof_of_rfc_9449_is_one_for_its_request(self):
        parsed = parse_proof(RFC_9449)

        assert check_proof(parsed, resource_request(), TOKEN, DEFAULT_ALGORITHMS) is None
        assert encode_base64url(parsed.key.thumbprint) == RFC_9449_KEY
        assert (parsed.id, parsed.issued_at) == ("e1j3V_bKic8-LAEB", 1562262618)
        assert parsed.nonce is None

    def test_the_proof_of_rfc_9449_for_a_token_endpoint_is_none_for_a_resource(self):
        key = parse_proof(RFC_9449).key
        assert verify_signature(parse_compact(RFC_9449_FOR_A_TOKEN_ENDPOINT), key, {"ES256"})
        with pytest.raises(Malformed, match="ath"):
            parse_proof(RFC_9449_FOR_A_TOKEN_ENDPOINT)

    @pytest.mark.parametrize("octet", [30, 250, 500, len(RFC_9449) - 2])
    def test_no_octet_of_it_can_be_changed(self, octet):
        changed = bytearray(RFC_9449)
        changed[octet] = changed[octet] ^ 1
        try:
            parsed = parse_proof(bytes(changed))
        except Malformed:
            return

        assert check_proof(parsed, resource_request(), TOKEN, DEFAULT_ALGORITHMS) is not None


class TestMalformed:
    @pytest.mark.parametrize(
        ("header", "claims"),
        [
            pytest.param({"typ": "JWT"}, {}, id="attack-112-type"),
            pytest.param({"typ": None}, {}, id="attack-112-no-type"),
            pytest.param({"jwk": None}, {}, id="no-key"),
            pytest.param({"jwk": "key"}, {}, id="key-is-text"),
            pytest.param({"jwk": {"kty": "oct", "k": "AAAA"}}, {}, id="attack-149-symmetric-key"),
            pytest.param({"jwk": {**public_jwk(), "d": "AAAA"}}, {}, id="attack-149-private-key"),
            pytest.param({"jwk": {**public_jwk(), "use": "enc"}}, {}, id="key-for-encryption"),
            pytest.param({"crit": ["x"]}, {}, id="attack-102-crit"),
            pytest.param({}, {"jti": None}, id="no-jti"),
            pytest.param({}, {"jti": ""}, id="empty-jti"),
            pytest.param({}, {"jti": 5}, id="jti-is-a-number"),
            pytest.param({}, {"jti": "x" * 257}, id="long-jti"),
            pytest.param({}, {"htm": None}, id="no-htm"),
            pytest.param({}, {"htu": None}, id="no-htu"),
            pytest.param({}, {"htu": "/articles/1"}, id="relative-htu"),
            pytest.param({}, {"htu": "https://a@shop.test/"}, id="htu-with-user"),
            pytest.param({}, {"htu": "ftp://shop.test/"}, id="htu-of-another-scheme"),
            pytest.param({}, {"iat": None}, id="no-iat"),
            pytest.param({}, {"iat": "1700000000"}, id="attack-111-iat-is-text"),
            pytest.param({}, {"iat": True}, id="attack-111-iat-is-a-boolean"),
            pytest.param({}, {"iat": -1}, id="attack-111-iat-is-negative"),
            pytest.param({}, {"iat": 1e300}, id="attack-111-iat-is-huge"),
            pytest.param({}, {"ath": None}, id="attack-148-no-ath"),
            pytest.param({}, {"nonce": 7}, id="nonce-is-a-number"),
            pytest.param({}, {"pad": "x" * 9_000}, id="attack-106-too-long"),
        ],
    )
    def test_what_lacks_something_is_no_proof(self, header, claims):
        with pytest.raises(Malformed):
            parse_proof(proof(header=header, **claims).encode())

    @pytest.mark.parametrize(
        "octets",
        [b"", b"a.b.c", b"{}", RFC_9449 + b"," + RFC_9449, RFC_9449.replace(b".", b"", 1)],
        ids=["nothing", "no-json", "json", "attack-149-two-in-a-field", "two-parts"],
    )
    def test_what_is_no_token_is_no_proof(self, octets):
        with pytest.raises(Malformed):
            parse_proof(octets)


class TestChecks:
    @pytest.mark.parametrize(
        ("claims", "of"),
        [
            pytest.param({"htm": "POST"}, request(), id="attack-148-method"),
            pytest.param({"htm": "get"}, request(), id="attack-148-method-in-lower-case"),
            pytest.param({"htu": "https://shop.test/articles/2"}, request(), id="attack-148-path"),
            pytest.param({"htu": "http://shop.test/articles/1"}, request(), id="attack-148-scheme"),
            pytest.param({"htu": "https://evil.test/articles/1"}, request(), id="attack-148-host"),
            pytest.param(
                {"htu": "https://shop.test:8443/articles/1"}, request(), id="attack-148-port"
            ),
            pytest.param(
                {"htu": "https://shop.test/articles%2F1"}, request(), id="attack-148-encoded-slash"
            ),
            pytest.param({"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"}, request(),
                         id="attack-148-token"),
            pytest.param({"ath": "é"}, request(), id="attack-148-no-digest"),
        ],
    )  # fmt: skip
    def test_a_proof_for_another_request_or_token_is_refused(self, claims, of):
        assert wrong(proof(**claims), of) is not None

    @pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
    def test_a_proof_is_signed_with_an_algorithm_that_is_allowed(self, algorithm):
        assert wrong(proof(algorithm=algorithm), request()) is not None
        assert wrong(proof(algorithm=algorithm), request(), algorithms={algorithm}) is None

    def test_attack_149_the_key_in_the_proof_has_to_have_signed_it(self):
        assert wrong(proof(header={"jwk": public_jwk("RS256")}), request()) is not None
        assert wrong(proof(header={"jwk": public_jwk("ES384")}), request()) is not None

    def test_attack_95_a_secret_is_no_key_of_a_proof_even_if_hmac_is_allowed(self):
        forged = proof(algorithm="HS256", header={"jwk": public_jwk("RS256")})

        assert wrong(forged, request(), algorithms={"HS256", "RS256"}) is not None

    @pytest.mark.parametrize(
        "url",
        [
            "https://shop.test/articles/1",
            "HTTPS://Shop.TEST/articles/1",
            "https://shop.test:443/articles/1",
            "https://shop.test/articles/1?page=2",
            "https://shop.test/articles/1#top",
            "https://shop.test/%61rticles/1",
            "https://shop.test/x/../articles/1",
        ],
    )
    def test_urls_are_compared_in_normal_form_without_query_and_fragment(self, url):
        assert wrong(proof(htu=url), request(query="page=1")) is None


@pytest.mark.parametrize(
    ("scheme", "host", "url"),
    [
        ("https", "shop.test", "https://shop.test/a%2Fb"),
        ("https", "shop.test:443", "https://shop.test/a%2fb"),
        ("http", "shop.test:80", "http://shop.test/a%2Fb"),
        ("http", "shop.test:443", "http://shop.test:443/a%2Fb"),
        ("https", "[2001:db8::1]:8443", "https://[2001:DB8::1]:8443/a%2Fb"),
    ],
)
def test_a_request_and_the_url_that_names_it_have_one_form(scheme, host, url):
    of = Request("GET", scheme, host, "/a%2Fb", "", Headers(), ("192.0.2.1",))

    assert request_url(of) == canonical_url(url)


@pytest.mark.parametrize(
    "text",
    ["https://", "https:///a", "https://shop.test/%", "https://shop.test\\a", "x", "https://é/"],
)
def test_what_is_no_url_has_no_canonical_form(text):
    with pytest.raises(Malformed):
        canonical_url(text)


def test_a_url_without_a_path_is_that_of_the_root():
    assert canonical_url("https://shop.test?x=1") == "https://shop.test/"
