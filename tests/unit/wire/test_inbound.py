"""One reading of a request, and who may say what about it."""

import pytest
from msgspec.structs import replace

from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Request
from edgeauth.wire.inbound import Peer, canonical_request

STRANGER = Peer("192.0.2.1", trusted=False, scheme="http")
GATEWAY = Peer("10.0.0.1", trusted=True, scheme="http")
HOST = (b"host", b"own.test")


def read(
    target: bytes = b"/own?x=1",
    *fields: tuple[bytes, bytes],
    method: bytes = b"GET",
    peer: Peer = STRANGER,
) -> Request:
    return canonical_request(method, target, [HOST, *fields], peer)


def target_of(request):
    return request.method, request.scheme, request.host, request.path, request.raw_query


def forwarded(name: bytes, value: bytes) -> Request:
    return read(b"/own?x=1", (name, value), peer=GATEWAY)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        (b"GET", b""),
        (b"GET", b"*"),
        (b"OPTIONS", b"**"),
        (b"GET", b"own"),
        (b"GET", b"own.test:80"),
        (b"GET", b"http://own.test"),
        (b"GET", b"http://other.test/"),
        (b"GET", b"http://own.test:80/"),
        (b"GET", b"http://u@own.test/"),
        (b"GET", b"http://own.test?x"),
        (b"GET", b"ftp://own.test/"),
        (b"GET", b"javascript:alert"),
        (b"G" * 33, b"/"),
        (b"GE T", b"/"),
        (b"", b"/"),
        (b"GET", b"/a#b"),
        (b"GET", b"/a?b#c"),
    ],
)
def test_what_can_be_read_in_two_ways_is_malformed(method, target):
    with pytest.raises(Malformed):
        read(target, method=method)


def test_attack_026_there_is_exactly_one_host():
    with pytest.raises(Malformed):
        read(b"/", HOST)
    with pytest.raises(Malformed):
        canonical_request(b"GET", b"/", [], STRANGER)


@pytest.mark.parametrize("name", ["", "other.test", "own.test:80", "wn.test"])
def test_attack_029_a_host_that_the_connection_was_not_made_for_is_misdirected(name):
    with pytest.raises(Malformed) as refused:
        read(peer=replace(STRANGER, server_name=name))
    assert refused.value.status == 421


@pytest.mark.parametrize("name", [None, "own.test"])
def test_the_host_that_the_connection_was_made_for_may_be_asked_for(name):
    assert read(peer=replace(STRANGER, server_name=name)).host == "own.test"


LISTED = (
    (b"connection", b"close, X-Env,authorization"),
    (b"x-env", b"test"),
    (b"authorization", b"Bearer a"),
    (b"x-kept", b"1"),
)


def test_attack_044_nothing_is_decided_by_what_a_client_takes_away_from_the_upstream():
    assert read(b"/own", *LISTED).headers.fields == (HOST, LISTED[0], LISTED[-1])


def test_attack_044_what_a_gateway_passes_on_is_decided_about():
    assert read(b"/own", *LISTED, peer=GATEWAY).headers.fields == (HOST, *LISTED)


@pytest.mark.parametrize("name", [b"host", b"content-length", b"upgrade", b"expect"])
def test_attack_044_what_is_read_here_can_not_be_taken_away(name):
    request = read(b"/own", (b"connection", name), *[(name, b"1")] * (name != b"host"))
    assert name in request.headers


def test_attack_044_what_a_proxy_says_can_not_be_taken_away():
    said = [(b"x-forwarded-proto", b"https"), (b"x-real-ip", b"1.2.3.4"), (b"expect", b"x")]
    said.append((b"x-forwarded-user", b"alice"))
    names = b", ".join(name for name, _ in [HOST, *said, (b"upgrade", b"")])
    request = read(b"/own", (b"connection", names), *said, peer=GATEWAY)
    assert request.scheme == "https"
    assert request.headers.fields == (HOST, (b"connection", names), *said)


def test_attacks_044_and_151_what_is_told_of_a_certificate_can_not_be_taken_away():
    listed = (b"connection", b"client-cert, Client-Cert-Chain, x-mine")
    peer = replace(STRANGER, certificate=SHOWN, certificate_told=TOLD)
    request = read(b"/own", listed, (b"x-mine", b"1"), peer=peer)
    assert request.headers.fields == (HOST, listed, *TOLD)


def test_a_request_is_what_it_says():
    request = read(b"/%61/../b?c?d", (b"accept", b"x"), method=b"PROPFIND")
    assert target_of(request) == ("PROPFIND", "http", "own.test", "/b", "c?d")
    assert request.headers.fields == (HOST, (b"accept", b"x"))
    assert request.client_addresses == ("192.0.2.1",)


def test_the_absolute_form_agrees_with_the_host():
    assert target_of(read(b"HTTP://OWN.test/a?b"))[2:] == ("own.test", "/a", "b")
    assert read(b"https://own.test./a").path == "/a"


def test_the_asterisk_goes_through_the_rules():
    assert target_of(read(b"*", method=b"OPTIONS"))[3:] == ("/", "")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (b"/b", ("/b", "x=1")),
        (b"/b?", ("/b", "x=1")),
        (b"/b?y=2", ("/b", "y=2")),
        (b"?y=2", ("/own", "y=2")),
        (b"https://evil.test", ("/own", "x=1")),
        (b"http://evil.test/z?q=1", ("/z", "q=1")),
        (b"http://evil.test?q=1", ("/own", "q=1")),
        (b"http://[bad/z", ("/z", "x=1")),
        (b"/b?a?b", ("/b", "a?b")),
    ],
)
def test_measured_6_path_and_query_fall_back_separately(uri, expected):
    assert target_of(forwarded(b"x-forwarded-uri", uri))[3:] == expected


def test_attack_006_two_slashes_are_no_authority():
    """The reference takes `b` for a host here; what is forwarded by a gateway is a path."""
    assert forwarded(b"x-forwarded-uri", b"//b//c").path == "/b/c"


@pytest.mark.parametrize("path", [b"/open/../own", b"//own", b"/own/."], ids=["..", "//", "."])
@pytest.mark.parametrize("peer", [STRANGER, GATEWAY], ids=["stranger", "gateway"])
def test_attacks_001_and_006_a_path_that_is_forwarded_as_it_came_holds_nothing_to_resolve(
    path, peer
):
    with pytest.raises(Malformed):
        read(path, peer=replace(peer, only_resolved=True))
    with pytest.raises(Malformed):
        read(b"http://own.test" + path, peer=replace(peer, only_resolved=True))
    if peer.trusted:
        with pytest.raises(Malformed):
            read(b"/ask", (b"x-forwarded-uri", path), peer=replace(peer, only_resolved=True))


def test_the_path_at_which_a_gateway_asks_is_not_looked_at_when_it_tells_another():
    asking = replace(GATEWAY, only_resolved=True)
    assert read(b"//ask", (b"x-forwarded-uri", b"/own?a=/../b"), peer=asking).path == "/own"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x-forwarded-uri", b"b/c"),
        (b"x-forwarded-uri", b"*"),
        (b"x-forwarded-uri", b"/b#c"),
        (b"x-forwarded-uri", b"http://a/b#c"),
        (b"x-forwarded-uri", b"/b\tc"),
        (b"x-forwarded-uri", b"HTTPS://evil.test/"),
        (b"x-forwarded-uri", "/b?é".encode()),
        (b"x-forwarded-uri", b"/%2e%2e/deny"),
        (b"x-forwarded-proto", b"ftp"),
        (b"x-forwarded-proto", b"https,http"),
        (b"x-forwarded-proto", b""),
        (b"x-forwarded-host", b""),
        (b"x-forwarded-host", b"a, b"),
        (b"x-forwarded-host", b"a;b"),
        (b"x-forwarded-method", b"GET /"),
        (b"x-forwarded-method", b"A" * 33),
    ],
)
def test_attack_021_a_gateway_is_read_strictly(name, value):
    with pytest.raises(Malformed):
        forwarded(name, value)


@pytest.mark.parametrize(
    "name", [b"x-forwarded-uri", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-method"]
)
def test_a_gateway_says_each_thing_once(name):
    with pytest.raises(Malformed):
        read(b"/", (name, b"http"), (name, b"http"), peer=GATEWAY)


def test_a_gateway_describes_the_original_request():
    request = read(
        b"/own",
        (b"x-forwarded-proto", b"HTTPS"),
        (b"x-forwarded-host", b"Shop.TEST:8443"),
        (b"x-forwarded-method", b"POST"),
        (b"x-forwarded-for", b"1.2.3.4"),
        (b"x-forwarded-path", b"/ignored"),
        peer=GATEWAY,
    )
    assert target_of(request)[:4] == ("POST", "https", "shop.test:8443", "/own")
    assert request.client_addresses == ("1.2.3.4", "10.0.0.1")


def test_a_gateway_that_says_nothing_asks_for_itself():
    assert target_of(read(peer=GATEWAY)) == ("GET", "http", "own.test", "/own", "x=1")


CERTIFICATE = b"Hash=" + b"ab" * 32
OTHER = b"Hash=" + b"cd" * 32


@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(STRANGER, id="attack-151-stranger"),
        pytest.param(
            replace(STRANGER, certificate_field=b"x-forwarded-client-cert"),
            id="attack-151-stranger-although-configured",
        ),
        pytest.param(GATEWAY, id="attack-151-proxy-that-sets-no-such-field"),
        pytest.param(
            replace(GATEWAY, certificate_field=b"client-cert"),
            id="attack-151-proxy-that-sets-another-field",
        ),
    ],
)
def test_a_client_certificate_is_believed_only_where_a_proxy_is_said_to_tell_it(peer):
    read_request = read(b"/", (b"x-forwarded-client-cert", CERTIFICATE), peer=peer)

    assert read_request.client_certificate is None


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([CERTIFICATE, OTHER], id="attack-151-twice"),
        pytest.param([CERTIFICATE + b"," + OTHER], id="attack-151-two-in-one"),
        pytest.param([b"nonsense"], id="nonsense"),
    ],
)
def test_a_trusted_proxy_has_to_tell_of_one_certificate(fields):
    peer = replace(GATEWAY, certificate_field=b"x-forwarded-client-cert")

    with pytest.raises(Malformed):
        read(b"/", *((b"x-forwarded-client-cert", each) for each in fields), peer=peer)


SHOWN = ClientCertificate(b"\x01" * 32, "CN=alice", der=b"der")
TOLD = ((b"client-cert", b":ZGVy:"),)
FORGED = [
    (b"client-cert", b":Zm9yZ2Vk:"),
    (b"client-cert-chain", b":Zm9yZ2Vk:"),
    (b"x-client-cert", b"forged"),
    (b"x-forwarded-client-cert", CERTIFICATE),
]


def test_attack_151_what_a_client_has_shown_counts_and_what_it_says_does_not():
    peer = replace(STRANGER, certificate=SHOWN, certificate_told=TOLD)

    asked = read(b"/", *FORGED, (b"accept", b"*/*"), peer=peer)

    assert asked.client_certificate == SHOWN
    assert asked.headers.fields == (HOST, (b"accept", b"*/*"), *TOLD)


def test_attack_151_what_a_proxy_passes_on_of_certificates_is_not_passed_on():
    assert read(b"/", *FORGED, peer=GATEWAY).headers.fields == (HOST,)
    peer = replace(GATEWAY, certificate_field=b"x-forwarded-client-cert")
    assert read(b"/", *FORGED, peer=peer).headers.fields == (HOST, FORGED[3])
    peer = replace(GATEWAY, certificate_field=b"client-cert")
    assert read(b"/", *FORGED[1:], peer=peer).headers.fields == (HOST, FORGED[1])


def test_the_certificate_that_a_trusted_proxy_tells_of_is_known():
    peer = replace(GATEWAY, certificate_field=b"x-forwarded-client-cert")

    told = read(b"/", (b"x-forwarded-client-cert", CERTIFICATE), peer=peer).client_certificate

    assert told is not None
    assert told.fingerprint == b"\xab" * 32
    assert read(b"/", peer=peer).client_certificate is None
