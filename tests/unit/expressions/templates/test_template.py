"""Templates as those who use them see them: what they read, what they cost, what they refuse."""

import pytest

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.templates import compile_template
from edgeauth.wire.json import as_doubles, loads
from tests.unit.expressions.templates.scopes import KNOWN, SCOPE, compiled, rendered


@pytest.mark.parametrize(
    "text",
    [
        "{{ .Subject.Attributes.nothing.x }}",
        "{{ .Subject.Attributes.n.x }}",
        "{{ .Subject.Attributes.n | upper }}",
        "{{ eq .Subject.Attributes.n 3 }}",
        "{{ slice .Subject.Attributes.s 0 2 }}",
        "{{ range .Subject.Attributes.ok }}{{ end }}",
        "{{ urlenc .Subject.Attributes.roles }}",
        "{{ atIndex 2 .Subject.Attributes.roles }}",
        "{{ .Subject.client.Attributes.tier.x }}",
        "{{ toJson .Request.URL | print .Subject.ID }}",
        "{{ fail .Subject.ID }}",
    ],
)
def test_a_value_of_the_wrong_type_is_an_error_that_names_no_data(text):
    template = compiled(text)
    with pytest.raises(EvaluationError) as failed:
        template.render(SCOPE)
    for value in ("alice", "hello", "admin", "gold"):
        assert value not in str(failed.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ range 1000000000 }}{{ end }}", id="endless loop"),
        pytest.param("{{ range 1000 }}" * 3 + "{{ end }}" * 3, id="nested loops"),
        pytest.param(
            "{{ $x := .Subject.ID }}{{ range 99 }}{{ $x = print $x $x }}{{ end }}", id="doubling"
        ),
        pytest.param(
            "{{ $x := list .Subject.ID }}{{ range 99 }}{{ $x = concat $x $x }}{{ end }}",
            id="doubling lists",
        ),
        pytest.param(
            "{{ $x := list .Subject.ID }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}",
            id="shared parts are printed once each",
        ),
        pytest.param(
            "{{ $x := list 1 }}{{ $y := list 1 }}{{ range 60 }}{{ $x = list $x $x }}"
            "{{ $y = list $y $y }}{{ end }}{{ deepEqual $x $y }}{{ .Subject.ID }}",
            id="shared parts are compared",
        ),
        pytest.param(
            "{{ $x := list 1 }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }}",
            id="shared parts in JSON",
        ),
        pytest.param(
            "{{ define `r` }}{{ template `r` . }}{{ end }}{{ template `r` 1 }}", id="recursion"
        ),
        pytest.param(
            "{{ define `r` }}{{ template `r` . }}{{ template `r` . }}{{ end }}{{ template `r` 1 }}",
            id="branching recursion",
        ),
        pytest.param('{{ repeat 2000000 "x" }}', id="long text"),
        pytest.param(
            '{{ printf "%2000000d" 1 }}{{ printf "%*d" 999999 1 }}{{ repeat 999999 "x" }}',
            id="width",
        ),
        pytest.param("{{ until 100000000 }}", id="long list"),
        pytest.param('{{ range 4000 }}{{ repeat 1000 "x" }}{{ end }}', id="long output"),
        pytest.param(
            '{{ $x := repeat 999999 "x" }}{{ range 9999 }}{{ $y := contains "y" $x }}{{ end }}',
            id="long searches",
        ),
        pytest.param('{{ $x := repeat 60000 "x" }}{{ regexReplaceAll "x" $x "yy" }}', id="matches"),
    ],
)
def test_no_template_hangs_or_fills_the_memory_167(text):
    with pytest.raises((ExpressionError, EvaluationError)):
        rendered(text)


def test_a_template_needs_only_the_names_that_it_reads():
    template = compiled("{{ if .Outputs.opa.result }}{{ .Subject.ID }}{{ end }}")
    assert template.variables == {"Outputs", "Subject"}
    assert template.render({name: SCOPE[name] for name in template.variables}) == "alice"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("text", set()),
        ("{{ $x := .Subject.ID }}{{ $x }}", {"Subject"}),
        ("{{ define `t` }}{{ .Values.x }}{{ end }}{{ template `t` . }}", {"Values"}),
        ("{{ define `t` }}{{ .Values.x }}{{ end }}", set()),
        ("{{ with .Subject.ID }}{{ $.Values.x }}{{ end }}", {"Subject", "Values"}),
        ("{{ len . }}", set(KNOWN)),
        ("{{ $x := $ }}{{ $x.Subject.ID }}", set(KNOWN)),
    ],
)
def test_the_names_that_a_template_reads_are_known(text, read):
    assert compiled(text).variables == read


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{{ 1 | add 2 }}", "3"),
        ("{{ $x := `a` }}{{ upper $x }}", "A"),
        ("{{ .Subject.ID }}", None),
    ],
)
def test_what_depends_on_nothing_is_rendered_at_load(text, constant):
    template = compiled(text)
    assert template.constant == constant
    assert constant is None or template.render({}) == constant


def test_equal_texts_are_compiled_once_for_equal_names():
    assert compiled("{{ .Subject.ID }}-") is compiled("{{ .Subject.ID }}-")
    narrower = {"Subject": VARIABLES["Subject"]}
    assert compile_template("{{ .Subject.ID }}-", narrower) is not compiled("{{ .Subject.ID }}-")


def test_equal_texts_are_not_shared_between_places_that_offer_different_names():
    compiled("{{ .Values.x }}")
    with pytest.raises(ExpressionError):
        compile_template("{{ .Values.x }}", {"Subject": VARIABLES["Subject"]})


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("{{ .Subject.client.ID }}", "svc"),
        ("{{ .Subject.client.Attributes.tier }}", "gold"),
        ("{{ .Subject.nobody.ID }}", "<no value>"),
        ("{{ (index .Subject `client`).Attributes.tier }}", "gold"),
        ("{{ $name := `client` }}{{ (index .Subject $name).ID }}", "svc"),
        ("{{ index .Subject `nobody` }}", "<no value>"),
        (
            "{{ $s := .Subject }}{{ $s.client.ID }} {{ $s.nobody.Attributes.tier }}",
            "svc <no value>",
        ),
        ("{{ with .Subject.client }}{{ .ID }}{{ else }}none{{ end }}", "svc"),
        ("{{ with .Subject.nobody }}{{ .ID }}{{ else }}none{{ end }}", "none"),
        (
            "{{ define `t` }}{{ .Host }}{{ end }}{{ template `t` .Request.URL }}",
            "blog.example.com:8443",
        ),
        ("{{ $x := 1 }}{{ $x = .Request.URL }}{{ $x.Path }} {{ $x.Port }}", "/a/7 8443"),
        ('{{ .Request.Header "x-A" }} {{ .Request.Header "Host" }}', "a,b blog.example.com:8443"),
        (
            "{{ urlenc .Request.URL }}",
            "https%3A%2F%2Fblog.example.com%3A8443%2Fa%2F7%3Fq%3D1%26r%3Da%2520b%26q%3D2",
        ),
        ("{{ urlenc `a b&c/é` }}", "a+b%26c%2F%C3%A9"),
        (
            "{{ atIndex 0 .Subject.Attributes.roles }} {{ atIndex -1 .Subject.Attributes.roles }}",
            "user admin",
        ),
        ("{{ atIndex 0 .Subject.Attributes.el }}", "<no value>"),
        ("100% {{ .Subject.ID }} %s {{ .Values.x }} {{ .Request.Method }}", "100% alice %s ex GET"),
        ('{{ hasKey .Values "x" }} {{ keys .Request.Headers }}', "true [X-A]"),
        ("{{ keys (dict `b` 1 `a` 2) }} {{ values (dict `b` 1 `a` 2) }}", "[a b] [2 1]"),
        ("{{ $d := dict `a` 1 }}{{ $e := merge $d (dict `b` 2) }}{{ $d }}", "map[a:1]"),
    ],
)
def test_objects_and_the_functions_of_the_dialect(text, output):
    assert rendered(text) == output


def test_rendering_leaves_the_data_as_it_was():
    roles = list(SCOPE["Subject"].attributes["roles"])
    rendered(
        "{{ append .Subject.Attributes.roles `x` }}{{ prepend .Subject.Attributes.roles `x` }}"
    )
    rendered("{{ merge .Subject.Attributes.realm (dict `x` 1) }}")
    assert SCOPE["Subject"].attributes["roles"] == roles
    assert "x" not in SCOPE["Subject"].attributes["realm"]


OF_JSON = as_doubles(loads('{"n": 3, "m": 1e6, "big": 12345678901234567890, "half": 0.5}'))
OF_YAML = {"n": 3, "m": 1000000}


@pytest.mark.parametrize(
    "text",
    [
        "{{ eq .Outputs.json.n 3 }}",
        "{{ lt .Outputs.json.n 4 }}",
        "{{ eq .Outputs.yaml.n 3.0 }}",
        "{{ eq .Outputs.json.n .Outputs.yaml.n }}",
        "{{ index (list 1 2 3 4) .Outputs.json.n }}",
    ],
)
def test_a_float_does_not_compare_with_an_integer(text):
    with pytest.raises(EvaluationError):
        compiled(text).render({**SCOPE, "Outputs": {"json": OF_JSON, "yaml": OF_YAML}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ .Outputs.json.n }} {{ .Outputs.json.m }}", "3 1e+06"),
        ("{{ .Outputs.json.big }}", "1.2345678901234567e+19"),
        ("{{ toJson .Outputs.json }}", '{"big":12345678901234567000,"half":0.5,"m":1000000,"n":3}'),
        ("{{ eq .Outputs.json.n 3.0 }}", "true"),
        ("{{ eq (int .Outputs.json.n) 3 }}", "true"),
        ("{{ eq (fromJson `3`) 3.0 }}", "true"),
        ("{{ typeOf .Outputs.json.n }}", "float64"),
        ("{{ .Outputs.yaml.n }} {{ .Outputs.yaml.m }}", "3 1000000"),
        ("{{ eq .Outputs.yaml.n 3 }} {{ typeOf .Outputs.yaml.n }}", "true int"),
        ("{{ toJson .Outputs.yaml }}", '{"m":1000000,"n":3}'),
        ("{{ index (list `a` `b` `c` `d`) .Outputs.yaml.n }}", "d"),
    ],
)
def test_numbers_of_json_are_floats_and_those_of_yaml_integers_as_in_go(text, expected):
    scope = {**SCOPE, "Outputs": {"json": OF_JSON, "yaml": OF_YAML}}

    assert compiled(text).render(scope) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{ uuidv4 }}",
        "{{ randAlphaNum 20 }}",
        "{{ randAlpha 20 }}",
        "{{ randNumeric 20 }}",
        "{{ randAscii 20 }}",
        "{{ randBytes 20 }}",
        "{{ randInt 0 9000000000000000000 }}",
        '{{ shuffle "abcdefghijklmnopqrstuvwxyz" }}',
        "{{ (now).UnixNano }}",
        '{{ date "15:04:05.000000000" now }}',
    ],
)
def test_what_chance_or_the_clock_decides_is_decided_for_each_rendering(text):
    template = compiled(text)
    assert template.constant is None
    assert template.render(SCOPE) != template.render(SCOPE)


@pytest.mark.parametrize(
    "text",
    [
        "{{ randAscii 5000 }}",
        "{{ randBytes -1 }}",
        '{{ date (repeat 2000 "2006") 0 }}',
        '{{ toDate (repeat 2000 "2006") "x" }}',
        '{{ semver (repeat 2000 "1") }}',
        '{{ semverCompare (repeat 2000 ">1 ") "1" }}',
        '{{ wrap 1 (repeat 200000 "a ") }}',
        "{{ seq 1000000 }}",
        '{{ dateModify "2000000h" (toDate "2006" "9999") | date "2006" }}',
    ],
)
def test_functions_on_words_dates_and_versions_have_limits_167(text):
    with pytest.raises((ExpressionError, EvaluationError)):
        rendered(text)


def test_no_time_zone_is_read_from_another_place_of_the_disk():
    zone = '{{ dateInZone "MST" 0 "../../../etc/passwd" }}{{ dateInZone "MST" 0 "/etc/passwd" }}'
    assert rendered(zone) == "UTCUTC"


def test_templates_that_differ_between_their_actions_keep_their_own_texts() -> None:
    actions = "{}{{{{ .Subject.ID }}}}{{{{- /* {} */}}}}{}"
    texts = [actions.format(*parts) for parts in ("abc", ("", "'", ""), ("a", "}}", "b "))]

    rendered = [compiled(text).render(SCOPE) for text in (*texts, "x {{ .Subject.ID }} {y}", "{}")]

    assert rendered == ["aalicec", "alice", "aaliceb ", "x alice {y}", "{}"]


def test_a_text_that_is_wrong_is_refused_although_another_with_its_actions_compiled() -> None:
    compiled("a {{ .Subject.ID }} b")

    with pytest.raises(ExpressionError, match="unclosed action"):
        compiled("a {{ .Subject.ID }} b {{")
    with pytest.raises(ExpressionError, match="the template is too long"):
        compiled("a {{ .Subject.ID }} b" + "c" * 65_536)


@pytest.mark.parametrize(
    "text",
    ["{{ .Values.said }}", "{{ print .Values.said }}", "{{ with .Values }}{{ .said }}{{ end }}"],
    ids=["value", "function", "block"],
)
def test_attack_171_what_is_said_is_never_read_as_a_template(text):
    said = '{{ secret "partners" "key" }}{{ .Subject.ID }}'

    assert compiled(text).render({**SCOPE, "Values": {"said": said}}) == said
