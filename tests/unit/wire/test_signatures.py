"""Bases and signatures of RFC 9421, with the vectors of its appendix B.2 (requests)."""

import json
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.wire.content_digest import content_digest
from edgeauth.wire.jwa import ALGORITHMS, SymmetricKey
from edgeauth.wire.signatures import (
    SIGNATURE_ALGORITHMS,
    SignedRequest,
    parse_component,
    signature_algorithm,
    signature_base,
    signature_fields,
)
from edgeauth.wire.structured_fields import serialize_parameters, serialize_string

VECTORS = json.loads((Path(__file__).parent / "rfc9421.json").read_text())
REQUEST = SignedRequest(
    VECTORS["request"]["method"],
    VECTORS["request"]["url"],
    {name: (value,) for name, value in VECTORS["request"]["fields"].items()},
)
CASES = [pytest.param(case, id=case["section"]) for case in VECTORS["cases"]]


def verification_key(name):
    text = VECTORS["keys"][name]
    if "PRIVATE" in text:
        return load_pem_private_key(text.encode(), None).public_key()
    if "PUBLIC" in text:
        return load_pem_public_key(text.encode())
    return SymmetricKey(b64decode(text))


def base_of(case):
    components = [parse_component(text) for text in case["components"]]
    return signature_base(REQUEST, components, [tuple(pair) for pair in case["parameters"]])


def base(url, *components, fields=None, method="GET"):
    lines = {name: (value,) for name, value in (fields or {}).items()}
    request = SignedRequest(method, url, lines)
    signed, octets = signature_base(request, [parse_component(each) for each in components], ())
    *lines, last = octets.decode().split("\n")
    assert last == f'"@signature-params": {signed}'
    return [line.partition(": ")[2] for line in lines]


@pytest.mark.parametrize("case", CASES)
def test_a_flipped_bit_is_another_message(case):
    algorithm = ALGORITHMS[SIGNATURE_ALGORITHMS[case["algorithm"]]]
    octets = bytearray(base_of(case)[1])
    octets[0] ^= 1
    signature = b64decode(case["signature"])
    assert not algorithm.verify(verification_key(case["key"]), signature, bytes(octets))


@pytest.mark.parametrize("case", CASES)
def test_the_vectors_of_the_standard_verify(case):
    signed, octets = base_of(case)
    assert octets.decode().split("\n") == case["base"]
    assert f'"@signature-params": {signed}' == case["base"][-1]
    key = verification_key(case["key"])
    assert signature_algorithm(key) == case["algorithm"]
    algorithm = ALGORITHMS[SIGNATURE_ALGORITHMS[case["algorithm"]]]
    assert algorithm.verify(key, b64decode(case["signature"]), octets)


def test_a_deterministic_vector_is_signed_as_in_the_standard():
    (case,) = [case for case in VECTORS["cases"] if case["section"] == "B.2.6"]
    key = load_pem_private_key(VECTORS["keys"][case["key"]].encode(), None)
    signed, octets = base_of(case)
    fields = dict(signature_fields("sig-b26", signed, ALGORITHMS["Ed25519"].sign(key, octets)))
    assert fields["signature"] == f"sig-b26=:{case['signature']}:"
    assert fields["signature-input"].startswith('sig-b26=("date" "@method"')


@pytest.mark.parametrize(
    "text",
    ["@status", "@signature-params", "@nothing", "", "a b", '"x"', "x;sf", 'x;key="a"', "x;bs",
     "@query-param", '@query-param;name=""', "@query-param;name=x", '@method;req', "ä", "a\nb"],
    ids=ascii,
)  # fmt: skip
def test_what_no_request_has_can_not_be_covered(text):
    with pytest.raises(Malformed):
        parse_component(text)


@pytest.mark.parametrize(
    ("url", "component"),
    [
        ("https://a.test/?x=1&x=2", '@query-param;name="x"'),
        ("https://a.test/?y=1", '@query-param;name="x"'),
        ("https://a.test/?" + "x&" * 2_000, '@query-param;name="y"'),
        ("https://a.test/", "x-absent"),
    ],
    ids=["twice", "absent", "too-many", "field"],
)
def test_a_component_that_is_not_there_once_is_not_signed(url, component):
    with pytest.raises(Malformed):
        base(url, component)


@pytest.mark.parametrize("value", ['a\n"@method": GET', "a\rb", "ä"], ids=ascii)
def test_a_value_can_not_pretend_to_be_another_component(value):
    with pytest.raises(Malformed):
        base("https://a.test/", "x", fields={"x": value})


def test_a_component_is_not_covered_twice():
    with pytest.raises(Malformed):
        base("https://a.test/", "@path", "@path")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://A.test", ["https://a.test/", "a.test", "https", "/", "/", "?"]),
        ("https://a.test:443/x", ["https://a.test/x", "a.test", "https", "/x", "/x", "?"]),
        (
            "http://a.test:8080/%7Ex?b=%2F#part",
            ["http://a.test:8080/%7Ex?b=%2F", "a.test:8080", "http", "/%7Ex?b=%2F", "/%7Ex",
             "?b=%2F"],
        ),
        ("http://[::1]:80/", ["http://[::1]/", "[::1]", "http", "/", "/", "?"]),
    ],
    ids=["empty-path", "default-port", "everything", "ipv6"],
)  # fmt: skip
def test_derived_components_are_those_of_the_request_that_is_sent(url, expected):
    names = ("@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query")
    assert base(url, *names) == expected


def test_a_query_parameter_is_encoded_anew():
    # RFC 9421 section 2.2.8.
    url = "https://a.test/?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace"
    assert base(url, '@query-param;name="var"', '@query-param;name="bar"') == [
        "this%20is%20a%20big%0Amultiline%20value",
        "with%20plus%20whitespace",
    ]
    coffee = "https://a.test/?fa%C3%A7ade%22%3A%20=something"
    assert base(coffee, '@query-param;name="fa%C3%A7ade%22%3A%20"') == ["something"]


def test_the_name_of_a_field_is_lower_cased_and_its_value_trimmed():
    assert base("https://a.test/", "X-A", fields={"x-a": " b \t"}) == ["b"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (lambda: Ed25519PrivateKey.generate().public_key(), "ed25519"),
        (lambda: ec.generate_private_key(ec.SECP256R1()).public_key(), "ecdsa-p256-sha256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()).public_key(), "ecdsa-p384-sha384"),
        (lambda: rsa.generate_private_key(65537, 2048).public_key(), "rsa-pss-sha512"),
        (lambda: SymmetricKey(b"s" * 32), "hmac-sha256"),
    ],
    ids=["ed25519", "p256", "p384", "rsa", "secret"],
)
def test_the_key_decides_about_the_algorithm(key, expected):
    assert signature_algorithm(key()) == expected


def test_a_key_without_a_registered_algorithm_signs_nothing():
    with pytest.raises(Malformed):
        signature_algorithm(ec.generate_private_key(ec.SECP521R1()).public_key())


def test_the_digest_of_content_is_that_of_the_standard():
    # RFC 9530 appendix D, RFC 9421 appendix B.2.
    digest = content_digest(VECTORS["content"].encode())
    assert digest == (
        "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:, "
        + VECTORS["request"]["fields"]["content-digest"]
    )


@pytest.mark.parametrize(
    "parameters", [[("A", 1)], [("", 1)], [("a", 10**15)], [("a", "ä")], [("a", "\n")]], ids=ascii
)
def test_what_a_structured_field_can_not_hold_is_not_written(parameters):
    with pytest.raises(Malformed):
        serialize_parameters(parameters)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_a_structured_string_ends_where_it_ends(text):
    written = serialize_string(text)
    inside = written[1:-1].replace("\\\\", "").replace('\\"', "")
    assert written[0] == written[-1] == '"'
    assert '"' not in inside
    assert "\\" not in inside
