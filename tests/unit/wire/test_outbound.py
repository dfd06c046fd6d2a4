"""What the upstream receives, and what comes back."""

import pytest

from edgeauth.model.decision import HeaderEdits, Permit
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers, Request
from edgeauth.model.routing import Target
from edgeauth.wire.cookies import owned_cookie
from edgeauth.wire.http1 import CHUNKED, NO_CONTENT, Framing
from edgeauth.wire.outbound import request_head, response_fields, upstream_target

OWNED = frozenset({b"x-user", b"authorization"})
PLAIN = Target("up.test", 8080)
TAIL = [
    b"x-forwarded-for: 192.0.2.1",
    b"x-forwarded-host: shop.test:8443",
    b"x-forwarded-proto: https",
    b'forwarded: for=192.0.2.1;host="shop.test:8443";proto=https',
]


def request(
    path: str = "/a",
    query: str = "",
    *fields: tuple[bytes, bytes],
    method: str = "GET",
    addresses: tuple[str, ...] = ("192.0.2.1",),
) -> Request:
    return Request(method, "https", "shop.test:8443", path, query, Headers(fields), addresses)


def permit(*fields: tuple[bytes, bytes], cookies=(), target: Target = PLAIN, owned=OWNED) -> Permit:
    return Permit("rule", "alice", HeaderEdits(fields, tuple(cookies)), target, owned)


def lines(of: Request, by: Permit, framing: Framing = NO_CONTENT) -> list[bytes]:
    assert by.target is not None
    head = request_head(of, by, by.target, framing)
    assert head.endswith(b"\r\n\r\n")
    return head[:-4].split(b"\r\n")


def test_a_plain_request():
    assert lines(request("/a", "b"), permit()) == [
        b"GET /a?b HTTP/1.1",
        b"host: shop.test:8443",
        *TAIL,
    ]


@pytest.mark.parametrize(
    "name",
    [
        b"x-user",
        b"authorization",
        b"x_user",
        b"x.user",
        b"a_b",
        b"content-length",
        b"transfer-encoding",
        b"te",
        b"trailer",
        b"upgrade",
        b"keep-alive",
        b"proxy-authorization",
        b"proxy-connection",
        b"expect",
        b"x-forwarded-uri",
        b"x-forwarded-method",
        b"x-forwarded-path",
        b"content.length",
        b"x.forwarded.for",
        b"x-original-url",
        b"x-rewrite-url",
        b"x-http-method-override",
        b"x.original.url",
        b"x.real.ip",
    ],
    ids=bytes.decode,
)
def test_attack_041_what_is_not_the_clients_to_say_is_removed(name):
    assert lines(request("/a", "", (name, b"root")), permit())[2:] == TAIL


def test_attack_015_an_owned_name_is_removed_though_its_value_is_not_set():
    """measured 15: the reference lets the client's value pass."""
    assert lines(request("/a", "", (b"x-user", b"root")), permit())[2:] == TAIL


def test_attack_044_what_a_proxy_lists_goes_and_what_it_says_stays():
    fields = ((b"connection", b"X-Secret, X-Role, X-Real-IP"), (b"x-secret", b"1"))
    kept = ((b"x-kept", b"2"), (b"x-real-ip", b"1.2.3.4"))
    seen = lines(request("/a", "", *fields, *kept), permit((b"x-role", b"reader")))
    assert seen[2:] == [b"x-kept: 2", b"x-real-ip: 1.2.3.4", b"x-role: reader", *TAIL]


def test_other_dots_are_kept():
    assert b"a.b: 1" in lines(request("/a", "", (b"a.b", b"1")), permit())


@pytest.mark.parametrize("value", [b"a\r\nX: y", b"a\nb", b"a\x00"], ids=repr)
def test_attack_047_a_value_of_two_lines_is_not_sent(value):
    for edits in (
        permit((b"x-role", value)),
        permit((b"host", value)),
        permit(cookies=[("a", value.decode())]),
    ):
        with pytest.raises(Malformed):
            lines(request(), edits)


def test_measured_14_the_pipeline_may_set_legacy_fields_but_not_the_computed_ones():
    edits = permit(
        (b"x-forwarded-method", b"A"),
        (b"x-forwarded-for", b"B"),
        (b"forwarded", b"C"),
        (b"content-length", b"9"),
        (b"connection", b"close"),
        (b"transfer-encoding", b"chunked"),
    )
    assert lines(request(), edits)[2:] == [b"x-forwarded-method: A", *TAIL]


@pytest.mark.parametrize(
    ("target", "fields", "host"),
    [
        (PLAIN, [], b"host: shop.test:8443"),
        (Target("up.test", 8080, forward_host_header=False), [], b"host: up.test:8080"),
        (Target("up.test", forward_host_header=False), [(b"host", b"set.test")], b"host: set.test"),
    ],
)
def test_there_is_one_host(target, fields, host):
    seen = lines(request("/a", "", (b"host", b"forged")), permit(*fields, target=target))
    assert [line for line in seen if line.startswith(b"host:")] == [host]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ([], [b"cookie: session=1"]),
        ([(b"cookie", b"a=b")], [b"cookie: a=b; session=1"]),
        ([(b"cookie", b"a=b"), (b"cookie", b"c=d")], [b"cookie: a=b; c=d; session=1"]),
    ],
)
def test_cookies_of_the_pipeline_are_appended(known, expected):
    seen = lines(request("/a", "", *known), permit(cookies=[("session", "1")]))
    assert [line for line in seen if line.startswith(b"cookie")] == expected


def test_cookies_that_the_pipeline_answers_for_are_not_the_clients():
    edits = permit(cookies=[("session", "1")], owned=OWNED | {b"cookie"})
    assert b"cookie: session=1" in lines(request("/a", "", (b"cookie", b"session=0")), edits)


@pytest.mark.parametrize(
    ("method", "framing", "line"),
    [
        ("GET", NO_CONTENT, None),
        ("DELETE", NO_CONTENT, None),
        ("POST", NO_CONTENT, b"content-length: 0"),
        ("PUT", NO_CONTENT, b"content-length: 0"),
        ("PATCH", Framing(5, chunked=False), b"content-length: 5"),
        ("OPTIONS", Framing(5, chunked=False), b"content-length: 5"),
        ("POST", CHUNKED, b"transfer-encoding: chunked"),
    ],
)
def test_framing_is_made_anew(method, framing, line):
    forged = ((b"content-length", b"7"), (b"transfer-encoding", b"gzip"))
    seen = lines(request("/a", "", *forged, method=method), permit(), framing)
    assert seen[2:] == [*TAIL, *([line] if line else [])]


def test_attack_027_a_chain_with_an_open_quote_is_not_continued():
    known = (b"forwarded", b'for=1.2.3.4;host="')
    assert lines(request("/", "", known), permit())[2:] == TAIL


def test_a_chain_is_continued():
    known = (b"forwarded", b"for=1.2.3.4")
    seen = lines(request("/a", "", known, addresses=("1.2.3.4", "2001:db8::1")), permit())
    assert seen[2] == b"x-forwarded-for: 1.2.3.4, 2001:db8::1"
    assert (
        seen[5] == b'forwarded: for=1.2.3.4, for="[2001:db8::1]";host="shop.test:8443";proto=https'
    )


REWRITES = {
    "nothing": (Target("u"), "/a%2Fb", "/a%2Fb"),
    "slashes decoded": (Target("u", decode_slashes=True), "/a%2Fb", "/a/b"),
    "stripped": (Target("u", strip_path_prefix="/api"), "/api/x", "/x"),
    "stripped to the root": (Target("u", strip_path_prefix="/api"), "/api", "/"),
    "stripped inside a name": (Target("u", strip_path_prefix="/api"), "/apix/1", "/x/1"),
    "not there": (Target("u", strip_path_prefix="/api"), "/x", "/x"),
    "only in front": (Target("u", strip_path_prefix="/api"), "/x/api", "/x/api"),
    "added": (Target("u", add_path_prefix="/v1"), "/x", "/v1/x"),
    "both": (Target("u", strip_path_prefix="/api", add_path_prefix="/v1"), "/api/x/", "/v1/x/"),
}


@pytest.mark.parametrize(("target", "path", "expected"), REWRITES.values(), ids=REWRITES.keys())
def test_paths_are_rewritten(target, path, expected):
    assert upstream_target(request(path), target) == expected


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (Target("u", strip_path_prefix="/a"), "/a.."),
        (Target("u", strip_path_prefix="/a"), "/a./x"),
        (Target("u", strip_path_prefix="/a%2"), "/a%2Fx%20"),
        (Target("u", add_path_prefix="/v1/"), "/x"),
        (Target("u", add_path_prefix="/.."), "/x"),
        (Target("u", decode_slashes=True), "/a%2F%2Fb"),
    ],
)
def test_attack_015_a_rewritten_path_that_is_not_in_normal_form_is_refused(target, path):
    if target.strip_path_prefix == "/a%2":
        assert upstream_target(request(path), target) == "/Fx%20"
        return
    with pytest.raises(Malformed):
        upstream_target(request(path), target)


STRIPPED = Target("u", strip_query_parameters=frozenset({"secret"}))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("secret=1", ""),
        ("secret", ""),
        ("a=1&secret=1&secret=2", "a=1"),
        ("se%63ret=1&b", "b="),
        ("%73%65cret=1", ""),
        ("y=1&x=2", "x=2&y=1"),
        ("x", "x="),
        ("x=%zz&secret=1", "x=%25zz"),
        ("x=2&x=1", "x=2&x=1"),
        ("a;b=1", "a%3Bb=1"),
        ("", ""),
    ],
)
def test_measured_49_parameters_are_stripped_in_any_spelling(query, expected):
    seen = upstream_target(request("/a", query), STRIPPED)
    assert seen == (f"/a?{expected}" if expected else "/a")


@pytest.mark.parametrize(
    "query", ["secret=1;a=b", "a=b;secret=1", "a=b;se%63ret", "x=%ff", "&".join("a" * 1001)]
)
def test_measured_49_a_query_in_which_one_may_hide_is_refused(query):
    with pytest.raises(Malformed):
        upstream_target(request("/a", query), STRIPPED)


def test_a_query_stays_as_it_is_when_nothing_is_stripped():
    assert upstream_target(request("/a", "b=%zz;c&&"), PLAIN) == "/a?b=%zz;c&&"


def test_fields_of_a_response_that_end_here_do_not_go_on():
    fields = [
        (b"Content-Type", b"text/plain"),
        (b"Connection", b"close, X-Internal"),
        (b"X-Internal", b"1"),
        (b"Keep-Alive", b"timeout=5"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Content-Length", b"5"),
        (b"Authorization", b"Bearer x"),
        (b"Trailer", b"x"),
        (b"Upgrade", b"h2c"),
        (b"Set-Cookie", b"a=b"),
        (b"Set-Cookie", b"c=d"),
    ]
    lines, ended = response_fields(fields, frozenset())
    assert lines == [
        b"Content-Type: text/plain\r\n",
        b"Set-Cookie: a=b\r\n",
        b"Set-Cookie: c=d\r\n",
    ]
    assert (ended[b"transfer-encoding"], ended[b"content-length"]) == (b"chunked", b"5")
    assert (ended[b"keep-alive"], ended[b"upgrade"]) == (b"timeout=5", b"h2c")


def test_attack_053_what_the_pipeline_tells_the_upstream_does_not_come_back():
    fields = [
        (b"X-Contract", b"ey.ey.x"),
        (b"x-contract", b"ey.ey.x"),
        (b"X-Contract-Version", b"1"),
        (b"Cache-Control", b"private"),
        (b"Set-Cookie", b"user=alice"),
    ]
    owned = frozenset({b"x-contract", b"cache-control", b"set-cookie", owned_cookie(b"user")})
    lines, _ = response_fields(fields, owned)
    assert lines == [
        b"X-Contract-Version: 1\r\n",
        b"Cache-Control: private\r\n",
        b"Set-Cookie: user=alice\r\n",
    ]


@pytest.mark.parametrize(
    "name",
    [b"user", b"us.er", b"us%2Eer", b"us_er[]", b" us_er", b"us_er[a", b"%75s_er"],
    ids=ascii,
)
def test_a_cookie_that_the_pipeline_answers_for_never_comes_from_the_client(name):
    owned = OWNED | {owned_cookie(b"user"), owned_cookie(b"us_er")}

    seen = lines(
        request("/a", "", (b"cookie", b"a=b; " + name + b"=root; c=d")), permit(owned=owned)
    )

    assert [line for line in seen if line.startswith(b"cookie")] == [b"cookie: a=b; c=d"]


def test_a_cookie_field_that_loses_its_only_cookie_is_not_sent():
    permitted = permit(owned=OWNED | {owned_cookie(b"user")})

    seen = lines(request("/a", "", (b"cookie", b"user=root")), permitted)

    assert not [line for line in seen if line.startswith(b"cookie")]


def test_what_the_edge_says_of_other_origins_is_said_once():
    fields = [(b"Access-Control-Allow-Origin", b"*"), (b"Vary", b"Accept")]
    said = ((b"vary", b"Origin"), (b"access-control-allow-origin", b"https://shop.test"))

    lines, _ = response_fields(fields, OWNED, said)
    assert lines == [
        b"Vary: Accept\r\n",
        b"vary: Origin\r\n",
        b"access-control-allow-origin: https://shop.test\r\n",
    ]
