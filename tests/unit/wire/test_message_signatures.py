"""Signatures of requests as they are read, with the messages of RFC 9421 appendices B.2 to B.4."""

import json
from base64 import b64decode
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers, Request
from edgeauth.wire.jwa import SymmetricKey
from edgeauth.wire.jwk import public_key
from edgeauth.wire.message_signatures import (
    MOST_COMPONENTS,
    MOST_SIGNATURES,
    accept_signature,
    algorithm_for,
    has_signed,
    message_base,
    message_signature,
    missing_components,
    parse_signatures,
)
from edgeauth.wire.signatures import parse_component
from tests.fakes.keys import verification_key

VECTORS = json.loads((Path(__file__).parent / "rfc9421.json").read_text())
ALL = ("ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384", "rsa-pss-sha512", "hmac-sha256")


def messages():
    """Yields every request of the appendix that is signed, with its title."""
    request = VECTORS["request"]
    for case in VECTORS["cases"]:
        signed = case["base"][-1].partition(": ")[2]
        yield {
            **case,
            "title": "",
            "valid": True,
            "method": request["method"],
            "url": request["url"],
            "fields": [
                *request["fields"].items(),
                ("signature-input", f"sig={signed}"),
                ("signature", f"sig=:{case['signature']}:"),
            ],
        }
    yield from VECTORS["messages"]


def known_key(name):
    text = VECTORS["keys"][name].encode()
    if b"PRIVATE" in text:
        return public_key(load_pem_private_key(text, None).public_key())
    if b"PUBLIC" in text:
        return public_key(load_pem_public_key(text))
    return public_key(SymmetricKey(b64decode(text)))


def request(method, url, fields):
    parts = urlsplit(url)
    headers = Headers([(name.encode(), value.encode("latin-1")) for name, value in fields])
    return Request(method, parts.scheme, parts.netloc, parts.path, parts.query, headers, ("::1",))


def only_signature(headers):
    ((label, found),) = parse_signatures(headers).items()
    return message_signature(label, *found)


def signed(components, *fields, parameters="", url="https://a.test/x", method="GET"):
    """Returns a request with a signature that is no real one."""
    mine = [("signature-input", f"sig=({components}){parameters}"), ("signature", "sig=:AA==:")]
    return request(method, url, [*fields, *mine])


@pytest.mark.parametrize(
    "message", [pytest.param(each, id=f"{each['section']} {each['title']}") for each in messages()]
)
def test_the_messages_of_the_standard_verify_or_do_not_as_it_says(message):
    asked = request(message["method"], message["url"], message["fields"])
    signature = only_signature(asked.headers)
    key = known_key(message["key"])

    assert algorithm_for(key, signature.text("alg"), ALL) == message["algorithm"]
    base = message_base(asked, signature)
    assert has_signed(key, message["algorithm"], base, signature) is message["valid"]
    if "base" in message:
        assert base.decode().split("\n") == message["base"]


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ([("signature-input", "sig=()")], "no signature"),
        ([("signature-input", "sig=()"), ("signature", "other=:AA==:")], "of another label"),
        ([("signature-input", "sig=()"), ("signature", 'sig="AA=="')], "a text"),
        ([("signature-input", "sig=()"), ("signature", "sig=(:AA==:)")], "a list"),
        ([("signature-input", "sig=()"), ("signature", "sig=:AA==:;a")], "with a parameter"),
        ([("signature-input", "sig=()"), ("signature", "sig=:AA=:")], "no base64"),
        ([("signature-input", "sig=()"), ("signature", "sig=:AB==:")], "no canonical base64"),
        ([("signature-input", "sig=()"), ("signature", "sig=:AA==:, sig=:AQ==:")], "twice"),
        ([("signature-input", "sig=1"), ("signature", "sig=:AA==:")], "a number"),
        ([("signature-input", "sig"), ("signature", "sig=:AA==:")], "a boolean"),
        ([("signature-input", "sig=("), ("signature", "sig=:AA==:")], "an open list"),
        ([("signature-input", "Sig=()"), ("signature", "Sig=:AA==:")], "no label"),
        ([("signature-input", "sig=(),"), ("signature", "sig=:AA==:")], "a comma too many"),
        ([("signature-input", 'sig=("a""b")'), ("signature", "sig=:AA==:")], "no blank between"),
        ([("signature-input", "sig=(a)"), ("signature", "sig=:AA==:")], "a token"),
        (
            [
                ("signature-input", ", ".join(f"s{n}=()" for n in range(MOST_SIGNATURES + 1))),
                ("signature", "s1=:AA==:"),
            ],
            "attack-198 too many signatures",
        ),
        (
            [
                ("signature-input", "sig=(" + '"a" ' * (MOST_COMPONENTS + 1) + ")"),
                ("signature", "sig=:AA==:"),
            ],
            "too many components",
        ),
        ([("signature-input", "sig=(" * 20_000), ("signature", "sig=:AA==:")], "too long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_signature_is_malformed(fields, what):
    with pytest.raises(Malformed):
        only_signature(Headers([(name.encode(), value.encode()) for name, value in fields]))


@pytest.mark.parametrize(
    "component",
    [
        '"@status"', '"@signature-params"', '"@nothing"', '"@method";req', '"x";req', '"x";tr',
        '"x";sf;bs', '"x";sf=?0', '"x";key', '"x";key=1', '"x";bs="a"', '"X"', '"a b"', '""',
        '"@query-param"', '"@query-param";key="a"', '"@query-param";name=1', '"@method";sf', '1',
    ],
)  # fmt: skip
def test_what_no_request_has_can_not_be_covered(component):
    with pytest.raises(Malformed):
        only_signature(signed(component).headers)


@pytest.mark.parametrize(
    "parameters",
    [
        ";created", ';created="1"', ";created=1.5", ";created=-1", ";created=?1", ";expires=:AA==:",
        ";keyid", ";keyid=1", ';keyid=""', f';keyid="{"a" * 257}"', ";alg=ed25519", ';nonce=""',
        ";tag=?1", ';unknown="a"', ";created=1;created=2", ";created=1234567890123456",
    ],
)  # fmt: skip
def test_a_parameter_that_is_none_is_malformed(parameters):
    with pytest.raises(Malformed):
        only_signature(signed('"@method"', parameters=parameters).headers)


@pytest.mark.parametrize(
    ("component", "fields", "url"),
    [
        ('"x-absent"', [], "https://a.test/"),
        ('"x"', [("x", "é")], "https://a.test/"),
        ('"a" "a"', [("a", "1")], "https://a.test/"),
        ('"x";key="a"', [("x", "b=1")], "https://a.test/"),
        ('"x";key="a"', [("x", "a=1, a=2")], "https://a.test/"),
        ('"x";key="a"', [("x", "no dictionary")], "https://a.test/"),
        ('"x";sf', [("x", "a=1")], "https://a.test/"),
        ('"priority";sf', [("priority", "u=")], "https://a.test/"),
        ('"@query-param";name="a"', [], "https://a.test/?b=1"),
        ('"@query-param";name="a"', [], "https://a.test/?a=1&a=2"),
        ('"@query-param";name="a"', [], "https://a.test/?a=%FF"),
    ],
    ids=[
        "absent", "no-ascii", "covered-twice", "no-member", "member-twice", "no-dictionary",
        "unknown-structure", "no-structure", "no-parameter", "parameter-twice", "no-utf-8",
    ],
)  # fmt: skip
def test_what_is_not_there_once_has_no_base(component, fields, url):
    asked = signed(component, *fields, url=url)
    with pytest.raises(Malformed):
        message_base(asked, only_signature(asked.headers))


@pytest.mark.parametrize(
    ("component", "fields", "line"),
    [
        ('"x"', [("x", " a "), ("y", "z"), ("x", "b,c")], '"x": a, b,c'),
        ('"x";bs', [("x", "a, b"), ("x", "é")], '"x";bs: :YSwgYg==:, :6Q==:'),
        ('"x";key="b"', [("x", "a=1,  b=?1;p=2 , c=(1 2)")], '"x";key="b": ?1;p=2'),
        ('"x";key="c"', [("x", "a=1, c=(1   2.50  );q")], '"x";key="c": (1 2.5);q'),
        ('"priority";sf', [("priority", "u=1 ,   i")], '"priority";sf: u=1, i'),
        ('"client-cert";sf', [("client-cert", " :YQ==: ")], '"client-cert";sf: :YQ==:'),
        ('"cache-status";sf', [("cache-status", "a;hit,  b")], '"cache-status";sf: a;hit, b'),
        ('"@query-param";name="a"', [], '"@query-param";name="a": 1%202'),
        ('"@target-uri"', [], '"@target-uri": https://a.test/x?a=1+2'),
    ],
)  # fmt: skip
def test_components_have_the_values_that_the_standard_gives_them(component, fields, line):
    asked = signed(component, *fields, url="https://a.test/x?a=1+2")
    base = message_base(asked, only_signature(asked.headers)).decode()
    assert base.split("\n")[0] == line


@pytest.mark.parametrize(
    ("components", "missing"),
    [
        ("", ["@method", "@authority", "@path", "@query", "content-digest"]),
        ('"@method" "@target-uri" "content-digest"', []),
        ('"@method" "@authority" "@request-target" "content-digest";bs', []),
        ('"@method" "@target-uri" "content-digest";key="sha-256"', ["content-digest"]),
        ('"@method" "@authority" "@path" "@query-param";name="a" "content-digest"', ["@query"]),
        ('"@scheme" "@authority" "@path" "@query" "content-digest"', ["@method"]),
    ],
)
def test_what_is_demanded_is_covered_as_a_whole(components, missing):
    wanted = [
        parse_component(each)
        for each in ("@method", "@authority", "@path", "@query", "content-digest")
    ]
    signature = only_signature(signed(components).headers)
    assert missing_components(signature, wanted, ()) == missing
    assert missing_components(signature, wanted, missing) == []


@pytest.mark.parametrize(
    ("key", "named", "allowed", "algorithm"),
    [
        (public_key(verification_key("ES256")), None, ALL, "ecdsa-p256-sha256"),
        (public_key(verification_key("ES256")), "hmac-sha256", ALL, None),
        (public_key(verification_key("ES256")), "rsa-pss-sha512", ALL, None),
        (public_key(verification_key("ES256")), "none", ALL, None),
        (public_key(verification_key("ES256")), "ES256", ALL, None),
        (public_key(verification_key("ES256")), None, ("ed25519",), None),
        (public_key(verification_key("ES512")), None, ALL, None),
        (public_key(verification_key("EdDSA"), algorithm="EdDSA"), None, ALL, "ed25519"),
        (public_key(verification_key("RS256")), None, ALL, "rsa-pss-sha512"),
        (public_key(verification_key("RS256")), "rsa-v1_5-sha256", ALL, None),
        (public_key(verification_key("RS256")), None, (*ALL, "rsa-v1_5-sha256"), None),
        (
            public_key(verification_key("RS256")), "rsa-v1_5-sha256",
            (*ALL, "rsa-v1_5-sha256"), "rsa-v1_5-sha256",
        ),
        (public_key(verification_key("RS256"), algorithm="RS256"), None, ALL, None),
        (public_key(verification_key("RS256"), algorithm="PS512"), "rsa-v1_5-sha256",
            (*ALL, "rsa-v1_5-sha256"), None),
        (public_key(verification_key("HS256")), None, ALL, "hmac-sha256"),
        (public_key(verification_key("HS256")), "ed25519", ALL, None),
    ],
    ids=[
        "by-key", "attack-095 secret", "another-family", "attack-094 none", "name-of-jose",
        "not-allowed", "no-algorithm", "either-name", "rsa-pss", "attack-196 rsa-v1_5",
        "no-choice", "rsa-v1_5-allowed", "attack-096 alg-of-key", "attack-096 other-alg-of-key",
        "hmac", "secret-as-public-key",
    ],
)  # fmt: skip
def test_the_key_decides_about_the_algorithm(key, named, allowed, algorithm):
    assert algorithm_for(key, named, allowed) == algorithm


def test_a_signer_is_told_what_is_demanded():
    wanted = [parse_component("@method"), parse_component('@query-param;name="a"')]
    assert accept_signature("sig1", wanted, 'a"b') == (
        b'sig1=("@method" "@query-param";name="a");created;tag="a\\"b"'
    )


@given(
    st.text(alphabet='sig=()"@method;created1 ,keyid:A?\\t', max_size=60),
    st.text(alphabet="sig=:A=, ;1", max_size=30),
)
def test_fields_are_signatures_or_malformed_and_nothing_else(inputs, signatures):
    asked = request(
        "GET", "https://a.test/", [("signature-input", inputs), ("signature", signatures)]
    )
    try:
        for label, found in parse_signatures(asked.headers).items():
            message_base(asked, message_signature(label, *found))
    except Malformed:
        return
