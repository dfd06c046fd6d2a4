"""Proofs and certificates of strangers: read, or malformed, and nothing else ever."""

from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.wire.client_certificates import (
    CLIENT_CERT,
    X_FORWARDED_CLIENT_CERT,
    parse_client_certificate_field,
)
from edgeauth.wire.confirmation import parse_confirmation
from edgeauth.wire.dpop import canonical_url, check_proof, parse_proof
from edgeauth.wire.jwt import DEFAULT_ALGORITHMS
from tests.fakes.proofs import proof
from tests.fakes.requests import request

MEMBERS = st.text(alphabet='HashCertSubjectURIDNSBy=;,"\\ab01 \x00é', max_size=120)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


@given(st.sampled_from([CLIENT_CERT, X_FORWARDED_CLIENT_CERT]), MEMBERS | st.text(max_size=80))
def test_a_field_tells_of_a_certificate_or_is_malformed(name, text):
    try:
        found = parse_client_certificate_field(name, text.encode())
    except Malformed:
        return

    assert len(found.fingerprint) == 32
    assert all(part.isprintable() for part in (found.subject, *found.uris, *found.dns_names))


@given(st.binary(max_size=200) | st.text(alphabet="abcXYZ019-_.", max_size=200).map(str.encode))
def test_octets_are_a_proof_or_malformed(octets):
    try:
        parsed = parse_proof(octets)
    except Malformed:
        return

    assert check_proof(parsed, request(), b"token", DEFAULT_ALGORITHMS) is not None


@given(st.data())
def test_a_proof_that_was_changed_anywhere_is_none(data):
    octets = bytearray(proof().encode())
    place = data.draw(st.integers(0, len(octets) - 1))
    octets[place] ^= data.draw(st.integers(1, 255))
    try:
        parsed = parse_proof(bytes(octets))
    except Malformed:
        return

    assert check_proof(parsed, request(), b"token", DEFAULT_ALGORITHMS) is not None


@given(JSON | st.fixed_dictionaries({}, optional={"jkt": JSON, "x5t#S256": JSON, "kid": JSON}))
def test_a_token_is_bound_to_digests_or_malformed(confirmation):
    try:
        found = parse_confirmation({"cnf": confirmation})
    except Malformed:
        return

    assert found is not None
    digests = [each for each in found if each is not None]
    assert digests
    assert all(len(each) == 32 for each in digests)


@given(st.text(max_size=60) | st.text(max_size=40).map("https://shop.test/{}".format))
def test_the_canonical_form_of_a_url_is_its_own(text):
    try:
        url = canonical_url(text)
    except Malformed:
        return

    assert canonical_url(url) == url
