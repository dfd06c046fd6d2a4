"""A token is believed as it was signed, or not at all."""

import json

from hypothesis import given, settings, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.wire.base64url import decode_base64url, encode_base64url
from edgeauth.wire.json import as_doubles, dumps, loads
from edgeauth.wire.jwk import public_key
from edgeauth.wire.jws import parse_compact, sign_compact, verify_signature
from tests.fakes.keys import ASYMMETRIC, SYMMETRIC, signing_key, verification_key

ALGORITHMS = (*ASYMMETRIC, *SYMMETRIC)
PAYLOAD = b'{"iss":"https://edge.example","sub":"alice","exp":1700000000}'
TOKENS = {
    name: sign_compact({"alg": name, "typ": "JWT", "kid": "k"}, PAYLOAD, signing_key(name))
    for name in ALGORITHMS
}
KEYS = {name: public_key(verification_key(name)) for name in ALGORITHMS}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4)
    ),
    max_leaves=12,
)


def believed(token: bytes, name: str) -> bool:
    try:
        compact = parse_compact(token)
    except Malformed:
        return False
    return verify_signature(compact, KEYS[name], ALGORITHMS)


@given(st.sampled_from(ALGORITHMS), st.data())
@settings(max_examples=300, deadline=None)
def test_a_token_with_any_flipped_bit_is_refused(name, data):
    token = TOKENS[name]
    at = data.draw(st.integers(0, len(token) * 8 - 1))
    flipped = bytearray(token)
    flipped[at // 8] ^= 1 << at % 8

    assert not believed(bytes(flipped), name)
    assert believed(token, name)


@given(st.sampled_from(ALGORITHMS), st.data())
@settings(max_examples=200, deadline=None)
def test_a_token_that_was_cut_or_grew_is_refused(name, data):
    token = TOKENS[name]
    start = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(start, len(token)))
    more = data.draw(st.binary(min_size=1, max_size=4))

    assert not believed(token[:start] + token[end:], name) or start == end
    assert not believed(token[:start] + more + token[start:], name)


@given(st.sampled_from(ALGORITHMS), st.sampled_from(ALGORITHMS))
@settings(max_examples=100, deadline=None)
def test_a_token_of_one_algorithm_is_not_believed_as_another(name, other):
    header = encode_base64url(dumps({"alg": other, "typ": "JWT", "kid": "k"}))
    token = header + b"." + TOKENS[name].partition(b".")[2]

    assert believed(token, other) is (name == other and token == TOKENS[name])


@given(st.binary(max_size=200) | st.text(alphabet=".eyJ_-=", max_size=50).map(str.encode))
def test_garbage_is_malformed_and_nothing_else(token):
    assert not believed(token, "ES256")


@given(st.binary(max_size=40))
def test_one_value_has_one_spelling(text):
    try:
        octets = decode_base64url(text)
    except Malformed:
        return

    assert encode_base64url(octets) == text


@given(JSON)
@settings(max_examples=50, deadline=None)
def test_json_comes_back_and_has_one_form(value):
    read = loads(json.dumps(value))
    written = dumps(read)

    assert as_doubles(read) == as_doubles(value)
    assert loads(written) == read
    assert dumps(loads(json.dumps(read))) == written


@given(st.lists(st.tuples(st.text(alphabet='a:"\\<é', max_size=2), JSON), max_size=4))
def test_a_name_is_refused_exactly_when_it_comes_twice(pairs):
    names = [name for name, _ in pairs]
    for ascii_only in (True, False):
        members = (f"{json.dumps(k, ensure_ascii=ascii_only)}:{json.dumps(v)}" for k, v in pairs)
        text = "[{" + ",".join(members) + "}]"
        try:
            loads(text)
        except Malformed:
            assert len(set(names)) < len(names)
        else:
            assert len(set(names)) == len(names)
