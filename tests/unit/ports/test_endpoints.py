import pytest
from hypothesis import given, settings, strategies as st

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoints import Call, StepEndpoint
from tests.fakes.requests import identified, subject


def endpoint(url, **headers):
    return StepEndpoint.model_validate({"url": url, "headers": headers})


def scope(**values):
    return {**identified(subject()).scope(), "Values": values}


def rendered(url, **values):
    return endpoint(url).call(scope(**values)).url


PATH = "https://pdp.test/v1/{{ .Values.a }}"
QUERY = "https://pdp.test/v1/{{ .Values.a }}?who={{ .Values.b }}"


@pytest.mark.parametrize(
    ("url", "values"),
    [
        (PATH, {"a": ".."}),
        (PATH, {"a": "x/../../admin"}),
        (PATH, {"a": "."}),
        (PATH, {"a": "%2e%2E/admin"}),
        (PATH, {"a": ".%2e/admin"}),
        (PATH, {"a": "..%2Fadmin"}),
        (PATH, {"a": "x%2f..%2fadmin"}),
        (PATH, {"a": "x%5c..%5cadmin"}),
        (PATH, {"a": "..;/admin"}),
        (PATH, {"a": "..\\admin"}),
        (PATH, {"a": "x?admin=1"}),
        (PATH, {"a": "x#"}),
        (QUERY, {"a": "x", "b": "y#"}),
        (QUERY, {"a": "x?who=root#", "b": "y"}),
        (QUERY, {"a": "x?who=root", "b": "y"}),
        (PATH, {"a": "articles/allow"}),
        (PATH, {"a": "a b"}),
        (PATH, {"a": "a\r\nHost: evil.test"}),
        (PATH, {"a": "a\x00"}),
        (PATH, {"a": "ä"}),
        (PATH, {"a": "<no value>"}),
    ],
    ids=[
        "dots",
        "dots-between",
        "dot",
        "encoded-dots",
        "half-encoded-dots",
        "encoded-slash",
        "encoded-slashes",
        "encoded-backslash",
        "parameter",
        "backslash",
        "query-in-path",
        "fragment-in-path",
        "fragment-in-query",
        "query-and-fragment",
        "second-query",
        "second-segment",
        "blank",
        "line-break",
        "nul",
        "no-ascii",
        "missing-value",
    ],
)
def test_attack_181_a_value_does_not_break_out_of_its_place(url, values):
    with pytest.raises(Fault) as caught:
        rendered(url, **values)

    assert caught.value.reason is Reason.INTERNAL
    assert "evil" not in caught.value.detail


@pytest.mark.parametrize(
    ("url", "values", "expected"),
    [
        ("https://pdp.test/a/../b?c#d", {}, "https://pdp.test/a/../b?c#d"),
        (PATH, {"a": "..."}, "https://pdp.test/v1/..."),
        (PATH, {"a": "a..b"}, "https://pdp.test/v1/a..b"),
        (QUERY, {"a": "x", "b": "a/../b"}, "https://pdp.test/v1/x?who=a/../b"),
        (
            "https://pdp.test/v1/{{ urlenc .Values.a }}",
            {"a": "a?b#c d"},
            "https://pdp.test/v1/a%3Fb%23c%20d",
        ),
        ("https://pdp.test:8443{{ if true }}/x{{ end }}", {}, None),
    ],
    ids=["literal", "three-dots", "dots-inside", "query", "escaped", "authority"],
)
def test_a_value_fills_its_place(url, values, expected):
    if expected is None:
        with pytest.raises(ValueError, match="expected"):
            endpoint(url)
    else:
        assert rendered(url, **values) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="./%2eEfF5cC\\?#@:a \r\n", max_size=12))
def test_whatever_a_value_is_the_host_and_the_beginning_of_the_path_stay(value):
    try:
        url = rendered(PATH, a=value)
    except Fault:
        return
    assert url.startswith("https://pdp.test/v1/")
    assert not {"..", "."} & set(url.split("/"))
    assert url.isprintable()
    assert "?" not in url


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\x00", "\x1bb"], ids=ascii)
def test_a_header_that_is_no_line_is_not_sent(value):
    with pytest.raises(Fault) as caught:
        endpoint("https://pdp.test", A="{{ .Values.a }}").call(scope(a=value))

    assert caught.value.reason is Reason.INTERNAL


def test_configured_headers_win_over_forwarded_ones():
    call = endpoint("https://pdp.test", **{"X-User": "{{ .Subject.ID }}"}).call(
        scope(), b"body", {"x-user": "root", "x-trace": "1"}
    )

    assert call == Call(
        "POST", "https://pdp.test", (("x-user", "alice"), ("x-trace", "1")), b"body"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Call("GET", "https://a"), Call("POST", "https://a")),
        (Call("GET", "https://a"), Call("GET", "https://b")),
        (Call("GET", "https://a"), Call("GET", "https://a", (), b"")),
        (Call("GET", "u", (("a", "b"),)), Call("GET", "u", (("a", ""), ("b", "")))),
        (Call("GET", "u", (("ab", "c"),)), Call("GET", "u", (("a", "bc"),))),
        (Call("GET", "u", (("a", "b"),)), Call("GET", "u", (), b"ab")),
    ],
    ids=["method", "url", "empty-body", "fields", "moved", "body-or-field"],
)
def test_attack_157_different_calls_have_different_fingerprints(one, other):
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        {"url": "https://b.test"},
        {"url": "https://a.test", "method": "GET"},
        {"url": "https://a.test", "headers": {"A": "b"}},
    ],
    ids=["url", "method", "headers"],
)
def test_different_endpoints_have_different_fingerprints(other):
    one = StepEndpoint.model_validate("https://a.test")

    assert one.fingerprint != StepEndpoint.model_validate(other).fingerprint
    assert one.fingerprint == StepEndpoint.model_validate({"url": "https://a.test"}).fingerprint
