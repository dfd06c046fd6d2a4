from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings, strategies as st

from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.templates import compile_template
from edgeauth.mechanisms.values import Values
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.url_places import is_location, render_location, render_url

KNOWN = {name: VARIABLES[name] for name in ("Outputs", "Values")}
PATH = "https://pdp.test/v1/{{ .Outputs.v }}"
WITHIN = "https://pdp.test/v1/{{ .Outputs.v }}/roles"
NAME = "https://pdp.test/?{{ .Outputs.v }}=1"
QUERY = "https://pdp.test/?a=1&who={{ .Outputs.v }}&role=reader"
FRAGMENT = "https://pdp.test/#/users?id={{ .Outputs.v }}"


def compiled(text):
    return compile_template(text, KNOWN)


def rendered(url, value, values=None):
    texts = {name: compiled(text) for name, text in (values or {}).items()}
    scope = {"Outputs": {"v": value}}
    return render_url(compiled(url), {**scope, "Values": Values(texts).in_pieces(scope)})


@pytest.mark.parametrize(
    ("url", "value"),
    [
        pytest.param(PATH, "me/admin", id="attack-173-segment"),
        pytest.param(PATH, "/evil.test", id="attack-137-slash-in-front"),
        pytest.param(PATH, "a%2Fadmin", id="attack-173-encoded-slash"),
        pytest.param(PATH, "al%69ce", id="attack-173-another-name-once-decoded"),
        pytest.param(PATH, "a;role=admin", id="attack-2-path-parameter"),
        pytest.param(PATH, "..;", id="attack-2-dots-and-semicolon"),
        pytest.param(PATH, "a?admin=1", id="attack-173-query-in-path"),
        pytest.param(PATH, "a#", id="attack-173-fragment-in-path"),
        pytest.param(PATH, "a\\b", id="attack-187-backslash"),
        pytest.param(PATH, "..", id="attack-181-dots"),
        pytest.param(PATH, "", id="attack-181-the-collection-in-place-of-the-member"),
        pytest.param(WITHIN, "", id="attack-6-empty-segment"),
        pytest.param(WITHIN, ".", id="attack-181-dot"),
        pytest.param(NAME, "a&admin", id="attack-173-parameter-in-name"),
        pytest.param(NAME, "admin=1&a", id="attack-173-parameter-before-name"),
        pytest.param(NAME, "a=b", id="attack-173-value-in-name"),
        pytest.param(QUERY, "x&role=admin", id="attack-173-parameter"),
        pytest.param(QUERY, "x;role=admin", id="attack-173-parameter-by-semicolon"),
        pytest.param(QUERY, "x#", id="attack-173-fragment-cuts-the-query"),
        pytest.param(QUERY, "x%26role=admin", id="attack-173-encoded-parameter"),
        pytest.param(QUERY, "a+b", id="attack-173-blank-in-another-spelling"),
        pytest.param(QUERY, "x%00", id="attack-8-encoded-nul"),
        pytest.param(QUERY, "x\r\nHost: evil.test", id="attack-71-line-break"),
        pytest.param(QUERY, "x\x00", id="attack-8-nul"),
        pytest.param(QUERY, " x", id="attack-187-blank"),
        pytest.param(FRAGMENT, "x&admin=1", id="attack-173-parameter-in-fragment"),
        pytest.param("{{ printf `https://pdp.test/%s` .Outputs.v }}", "a/b", id="function"),
        pytest.param("https://pdp.test/{{ urlenc .Outputs.v }}", "..", id="attack-181-escaped"),
        pytest.param("https://pdp.test/{{ urlenc .Outputs.v }}", "../x", id="attack-181-slash"),
        pytest.param("https://pdp.test/{{ urlenc .Outputs.v }}", "", id="attack-181-nothing"),
        pytest.param(
            "https://pdp.test/?q={{ urlenc .Outputs.v | b64dec }}", "YSZi", id="decoded-again"
        ),
    ],
)
def test_a_value_that_leaves_its_place_is_a_fault(url, value):
    with pytest.raises(Fault) as caught:
        rendered(url, value)

    assert caught.value.reason is Reason.INTERNAL
    assert "evil" not in caught.value.detail
    assert "admin" not in caught.value.detail


@pytest.mark.parametrize(
    ("url", "value", "expected"),
    [
        (PATH, "a:b@c,d=e&f", "https://pdp.test/v1/a:b@c,d=e&f"),
        (PATH, "...", "https://pdp.test/v1/..."),
        (QUERY, "https://a.test/b", "https://pdp.test/?a=1&who=https://a.test/b&role=reader"),
        (QUERY, "a=b", "https://pdp.test/?a=1&who=a=b&role=reader"),
        (QUERY, "", "https://pdp.test/?a=1&who=&role=reader"),
        (NAME, "a", "https://pdp.test/?a=1"),
        (FRAGMENT, "a/b", "https://pdp.test/#/users?id=a/b"),
        ("https://pdp.test/x{{ .Outputs.v }}", "", "https://pdp.test/x"),
        (
            "https://pdp.test/{{ if .Outputs.v }}a/b?c=d&e{{ end }}",
            "x",
            "https://pdp.test/a/b?c=d&e",
        ),
        ("https://pdp.test/{{ .Outputs.v | urlenc }}", "a/b c", "https://pdp.test/a%2Fb%20c"),
        (
            "https://pdp.test/?q={{ .Outputs.v | urlenc }}",
            "a&b c+",
            "https://pdp.test/?q=a%26b+c%2B",
        ),
        ("https://pdp.test/?q={{ urlquery .Outputs.v }}", "a&b", "https://pdp.test/?q=a%26b"),
        (
            "{{ $v := urlenc .Outputs.v }}https://pdp.test/?q={{ with $v }}{{ . }}{{ end }}",
            "a&b",
            "https://pdp.test/?q=a%26b",
        ),
    ],
)
def test_a_value_that_stays_in_its_place_is_sent(url, value, expected):
    assert rendered(url, value) == expected


@pytest.mark.parametrize(
    ("values", "value"),
    [
        ({"a": "{{ .Outputs.v }}"}, "blog/read"),
        ({"a": "blog/{{ .Outputs.v }}"}, "read/../write"),
        ({"a": "blog/{{ .Outputs.v }}"}, "read?x"),
        ({"a": "{{ .Outputs.v | trimAll ` ` }}"}, "blog/read"),
    ],
    ids=["all", "dots", "query", "function"],
)
def test_attack_173_a_value_among_values_is_still_one(values, value):
    with pytest.raises(Fault):
        rendered("https://pdp.test/v1/{{ .Values.a }}", value, values)


@pytest.mark.parametrize(
    ("values", "value", "expected"),
    [
        ({"a": "blog/read"}, "", "https://pdp.test/v1/blog/read"),
        ({"a": "blog/{{ .Outputs.v }}"}, "read", "https://pdp.test/v1/blog/read"),
        ({"a": "blog?x=1&y={{ .Outputs.v }}"}, "2", "https://pdp.test/v1/blog?x=1&y=2"),
        ({"a": "x?q={{ urlenc .Outputs.v }}"}, "a&b", "https://pdp.test/v1/x?q=a%26b"),
        ({"a": "{{ if .Outputs.v }}a/b{{ end }}"}, "x", "https://pdp.test/v1/a/b"),
    ],
)
def test_what_the_rule_wrote_among_its_values_is_structure(values, value, expected):
    assert rendered("https://pdp.test/v1/{{ .Values.a }}", value, values) == expected


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ .Outputs.v }}", "https://evil.test/"),
        ("{{ .Outputs.v }}", "/login"),
        ("https://{{ .Outputs.v }}/", "evil.test"),
        ("https://login.test{{ .Outputs.v }}", ".evil.test"),
        ("https://login.test{{ .Outputs.v }}/", "@evil.test"),
        ("https:{{ .Outputs.v }}", "evil.test"),
        ("/{{ .Outputs.v }}", "/evil.test"),
        ("/{{ .Outputs.v }}", "\\evil.test"),
        ("/{{ .Outputs.v }}/evil.test", ""),
        ("//login.test/{{ .Outputs.v }}", "a"),
        ("login?{{ .Outputs.v }}", "a"),
        ("javascript:{{ .Outputs.v }}", "alert"),
        ("/a{{ .Outputs.v }}", "\t/evil.test"),
        ("/../{{ .Outputs.v }}", "a"),
    ],
)
def test_attack_137_no_value_says_where_a_location_leads(template, value):
    with pytest.raises(Fault):
        render_location(compiled(template), {"Outputs": {"v": value}})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("https://login.test/?rt={{ .Outputs.v | urlenc }}", "https://login.test/?rt=a%26b"),
        ("https://login.test?rt={{ .Outputs.v | urlenc }}", "https://login.test?rt=a%26b"),
        ("/login?rt={{ .Outputs.v | urlenc }}", "/login?rt=a%26b"),
        ("{{ if .Outputs.v }}/a{{ else }}/b{{ end }}", "/a"),
        ("{{ if .Outputs.nothing }}/a{{ end }}", ""),
    ],
)
def test_a_location_leads_where_the_configuration_says(template, expected):
    assert render_location(compiled(template), {"Outputs": {"v": "a&b"}}) == expected


@pytest.mark.parametrize("text", ["", "login", "//a.test", "/\\a.test", "https://", "/ä", "/a b"])
def test_attack_137_a_text_that_leads_elsewhere_is_no_location(text):
    assert not is_location(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="./%2eEfF5cC\\?#@:a &;=+\r\n", max_size=12))
def test_whatever_a_value_is_the_structure_of_the_url_stays(value):
    for url, path in ((QUERY, "/"), (WITHIN, None)):
        try:
            parts = urlsplit(rendered(url, value))
        except Fault:
            continue
        assert parts.netloc == "pdp.test"
        assert parts.fragment == ""
        if path is None:
            assert parts.query == ""
            assert parts.path.split("/") == ["", "v1", value, "roles"]
        else:
            found = parse_qsl(parts.query, keep_blank_values=True)
            assert found == [("a", "1"), ("who", value), ("role", "reader")]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12))
def test_whatever_a_value_is_the_query_of_an_escaped_one_says_just_that(value):
    text = value.encode("utf-8", "replace").decode()

    url = rendered("https://pdp.test/?who={{ urlenc .Outputs.v }}&role=reader", text)

    found = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    assert found == [("who", text), ("role", "reader")]
