"""Facts that other processes are told are the facts that were known."""

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from edgeauth.mechanisms.authenticators.generic import _SESSION, _Session
from edgeauth.mechanisms.authenticators.oauth2_introspection import _INTROSPECTED, _Introspected
from edgeauth.mechanisms.questions import CONTENT, Content
from edgeauth.model.errors import Malformed
from edgeauth.model.identity import Principal
from edgeauth.ports.services import AccessToken, EndpointAnswer
from edgeauth.services.endpoints.kept_answers import Kept, kept_answers
from edgeauth.services.endpoints.tokens import _TOKEN
from edgeauth.wire.confirmation import Confirmation

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)
LIFETIMES = st.floats(0, 4e9)
MOMENTS = st.none() | st.floats(0, 4e9)
PRINCIPALS = st.builds(Principal, WORDS, OBJECTS, st.binary(max_size=32), MOMENTS)
PAIRS = st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple)
DIGESTS = st.none() | st.binary(min_size=32, max_size=32)
ANSWERS = st.builds(EndpointAnswer, st.integers(200, 599), WORDS, st.binary(max_size=50), PAIRS)

KINDS = {
    CONTENT: st.builds(Content, JSON, PAIRS),
    _SESSION: st.builds(_Session, JSON, PRINCIPALS),
    _INTROSPECTED: st.builds(
        _Introspected,
        OBJECTS,
        st.none() | st.builds(Confirmation, DIGESTS, DIGESTS),
        st.none() | st.lists(WORDS, max_size=3).map(tuple),
        PRINCIPALS,
    ),
    _TOKEN: st.builds(AccessToken, WORDS, WORDS),
    kept_answers(lambda: 0.0, lambda: 0.0): st.builds(
        lambda answer, lifetime: Kept(answer, lifetime, lifetime, lifetime), ANSWERS, LIFETIMES
    ),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(data=st.data())
def test_a_fact_that_was_written_is_read_as_it_was(kind, data):
    fact = data.draw(KINDS[kind])

    read = kind.read(kind.write(fact))

    assert read == fact
    # Equal is not enough: conditions tell 1 from 1.0 and from true.
    assert repr(read) == repr(fact)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@given(octets=st.binary(max_size=100))
def test_octets_that_are_no_fact_are_refused(kind, octets):
    try:
        fact = kind.read(octets)
    except Malformed:
        return
    assert isinstance(fact, kind.fact)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x90",
        b"\xc0",
        b"\x91" * 100_000 + b"\xc0",
        b"\x93\x01\x02\x03",
        b"\xdd\xff\xff\xff\xff",
    ],
    ids=["nothing", "empty", "null", "attack-188-deep", "numbers", "long-list"],
)
def test_attack_162_what_is_no_fact_is_refused(kind, octets):
    with pytest.raises(Malformed):
        kind.read(octets)


@pytest.mark.parametrize(
    "content", [2**64, {"n": [-(2**63) - 1]}, "\ud800", {"\udfff": 1}], ids=ascii
)
def test_a_fact_that_can_not_be_written_exactly_is_not_written(content):
    with pytest.raises(Malformed):
        CONTENT.write(Content(content))


def test_a_deep_fact_is_written_or_refused_and_nothing_else():
    content: object = []
    for _ in range(100_000):
        content = [content]

    # How deep is too deep depends on the version of Python, and on the stack.
    with suppress(Malformed):
        assert isinstance(CONTENT.read(CONTENT.write(Content(content))), Content)
