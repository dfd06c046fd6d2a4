"""What pages of other origins are told."""

import pytest

from edgeauth.model.request import Headers
from edgeauth.wire.cors import CorsPolicy
from tests.fakes.requests import request

SHOP = "https://shop.test"
POLICY = CorsPolicy(
    origins=[SHOP, "https://*.shop.test"],
    methods=["GET", "PUT"],
    headers=["Content-Type", "X-Token"],
    exposed=["X-Total", "X-Page"],
    credentials=True,
    max_age=600,
)


def preflight(policy=POLICY, method="OPTIONS", **changes):
    headers = {
        "Origin": SHOP,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type, x-token",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    sent = {name: value for name, value in headers.items() if value is not None}
    return policy.preflight(method, request(headers=sent).headers)


def permissions(response):
    assert response.status == 204
    assert response.body == b""
    return {name for name, _ in response.fields if name.startswith(b"access-control")}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.test",
        "http://shop.test",
        "https://shop.test:8443",
        "https://shop.test.evil.test",
        "https://evilshop.test",
        "https://evil.test/.shop.test",
        "https://evil.test:1.shop.test",
        "https://user@a.shop.test",
        "https://.shop.test",
        "null",
        "",
        "*",
    ],
)
def test_another_origin_gets_no_permission(origin):
    sent = Headers([(b"origin", origin.encode())])

    assert POLICY.response_fields("GET", sent) == ((b"vary", b"Origin"),)
    if origin:
        assert not permissions(preflight(Origin=origin))


def test_a_method_that_is_not_allowed_gets_no_permission():
    sent = Headers([(b"origin", SHOP.encode())])

    assert POLICY.response_fields("POST", sent) == ((b"vary", b"Origin"),)


def test_json_needs_permission_where_headers_are_configured():
    policy = CorsPolicy(headers=["X-Token"], methods=["PUT"])

    assert not permissions(preflight(policy, Access_Control_Request_Headers="content-type"))


def test_an_origin_that_is_there_twice_gets_no_permission():
    twice = Headers([(b"origin", SHOP.encode()), (b"origin", SHOP.encode())])

    assert POLICY.response_fields("GET", twice) == ((b"vary", b"Origin"),)


@pytest.mark.parametrize(
    "changes",
    [
        {"Access_Control_Request_Method": "DELETE"},
        {"Access_Control_Request_Method": "put"},
        {"Access_Control_Request_Headers": "x-other"},
        {"Access_Control_Request_Headers": "x-token, x-other"},
        {"Access_Control_Request_Headers": ",".join(["x-token"] * 101)},
        {"Access_Control_Request_Headers": "x token"},
    ],
    ids=["method", "method-in-lower-case", "header", "one-of-two", "too-many", "no-name"],
)
def test_a_preflight_that_asks_for_too_much_gets_no_permission(changes):
    assert not permissions(preflight(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"Access_Control_Request_Method": ""},
        {"Access_Control_Request_Method": None},
        {"Origin": None},
    ],
    ids=["method", "empty", "nothing-asked", "no-origin"],
)
def test_what_is_no_preflight_goes_to_the_rules(changes):
    assert preflight(**changes) is None


@pytest.mark.parametrize("origin", [SHOP, "https://a.shop.test", "https://a.b.shop.test"])
def test_a_preflight_of_a_known_origin_is_permitted(origin):
    response = preflight(Origin=origin)

    assert response.fields == (
        (
            b"vary",
            b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        ),
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-methods", b"PUT"),
        (b"access-control-allow-headers", b"content-type, x-token"),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-max-age", b"600"),
    )


def test_asking_for_options_is_always_permitted():
    assert permissions(preflight(Access_Control_Request_Method="OPTIONS"))


def test_a_response_to_a_known_origin_may_be_read():
    assert POLICY.response_fields("PUT", Headers([(b"origin", SHOP.encode())])) == (
        (b"vary", b"Origin"),
        (b"access-control-allow-origin", SHOP.encode()),
        (b"access-control-expose-headers", b"X-Total, X-Page"),
        (b"access-control-allow-credentials", b"true"),
    )


def test_nothing_configured_is_any_origin_with_the_simple_methods_and_never_credentials():
    policy = CorsPolicy(credentials=True)

    assert policy.response_fields("GET", Headers([(b"origin", b"https://any.test")])) == (
        (b"vary", b"Origin"),
        (b"access-control-allow-origin", b"*"),
    )
    assert not permissions(preflight(policy))
    asked = {
        "Access_Control_Request_Method": "POST",
        "Access_Control_Request_Headers": "content-type,x-requested-with",
    }
    assert permissions(preflight(policy, **asked)) == {
        b"access-control-allow-origin",
        b"access-control-allow-methods",
        b"access-control-allow-headers",
    }


def test_any_header_is_any_name_but_no_nonsense():
    policy = CorsPolicy(headers=["*"])
    asked = {"Access_Control_Request_Method": "GET"}

    assert permissions(preflight(policy, **asked, Access_Control_Request_Headers="x-a,x-b"))
    assert not permissions(preflight(policy, **asked, Access_Control_Request_Headers="x a"))
