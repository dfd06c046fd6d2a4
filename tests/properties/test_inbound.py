"""Any head is a request or malformed, and a stranger says nothing about another request."""

from hypothesis import given, settings, strategies as st
from msgspec.structs import replace

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Request
from edgeauth.wire.headers import FORWARDING, ROUTING_HINTS
from edgeauth.wire.inbound import Peer, canonical_request

NAMES = st.sampled_from(
    [
        b"host",
        b"authorization",
        b"accept",
        b"cookie",
        b"x_user",
        *sorted(FORWARDING | ROUTING_HINTS),
    ]
)
VALUES = st.binary(max_size=20) | st.sampled_from(
    [
        b"a",
        b"a.test:80",
        b"https",
        b"http",
        b"/x?y",
        b"http://[bad/",
        b"1.2.3.4",
        b"for=1.2.3.4",
        b"::1%a",
        b"GET",
    ]
)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
METHODS = st.sampled_from([b"GET", b"OPTIONS", b"CONNECT"]) | st.binary(max_size=34)
TARGETS = st.sampled_from([b"/", b"*", b"/a?b", b"http://a/b", b"http://[", b"//a"]) | st.binary(
    max_size=20
)


def read(method, target, fields, *, trusted):
    try:
        return canonical_request(method, target, fields, Peer("192.0.2.1", trusted, "http"))
    except Malformed:
        return None


@given(METHODS, TARGETS, FIELDS, st.booleans(), st.booleans())
@settings(max_examples=200)
def test_any_head_is_a_request_or_malformed(method, target, fields, trusted, with_host):
    given_fields = [(b"host", b"a"), *fields] if with_host else fields
    request = read(method, target, given_fields, trusted=trusted)
    assert request is None or isinstance(request, Request)
    if request is not None:
        assert request.path.startswith("/")
        assert request.scheme in {"http", "https"}
        assert request.host
        assert request.client_addresses[-1] == "192.0.2.1"
        assert all("%" not in each for each in request.client_addresses)


@given(
    st.sampled_from([b"/", b"/a?b", b"/%61"]),
    st.lists(
        st.tuples(st.sampled_from(sorted(FORWARDING | ROUTING_HINTS)), VALUES),
        max_size=6,
        unique_by=lambda f: f[0],
    ),
)
def test_a_stranger_says_nothing_about_another_request(target, forged):
    plain = [(b"host", b"a.test"), (b"accept", b"x")]
    alone = read(b"GET", target, plain, trusted=False)
    joined = read(b"GET", target, plain + forged, trusted=False)
    assert alone is not None
    assert joined is not None
    assert joined.headers.fields == alone.headers.fields
    assert replace(joined, headers=alone.headers) == alone
