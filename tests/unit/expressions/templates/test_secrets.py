import pytest

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.secrets import NO_SECRETS
from edgeauth.expressions.templates import compile_template
from edgeauth.expressions.templates.mentions import secrets_named
from tests.fakes.secrets import FakeSecrets

KNOWN = {"Outputs": VARIABLES["Outputs"]}
VALUE = "pa55-w0rd"


def vault() -> FakeSecrets:
    return FakeSecrets({"vault": {"api/key": VALUE, "empty": ""}, "partners": {}})


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("{{ secret }}", 3, "takes a source and a selector", 'secret "source" "selector"'),
        ('{{ secret "vault" }}', 3, "takes a source", 'secret "source" "selector"'),
        ('{{ secret "vault" "api/key" "x" }}', 3, "takes a source", "secret"),
        ('{{ "api/key" | secret "vault" }}', 15, "takes a source", "secret"),
        ('{{ "x" | secret "vault" "api/key" }}', 9, "takes a source", "secret"),
        ('{{ secret "vault" .Outputs.x }}', 18, "are constant texts", "secret"),
        ('{{ secret .Outputs.x "api/key" }}', 10, "are constant texts", "secret"),
        ('{{ secret (print "vault") "api/key" }}', 11, "are constant texts", "secret"),
        ('{{ $s := "vault" }}{{ secret $s "api/key" }}', 29, "are constant texts", "secret"),
        ('{{ secret "vault" 1 }}', 18, "are constant texts", "secret"),
        (
            '{{ secret "valut" "api/key" }}',
            10,
            'no secret source "valut" is configured',
            'did you mean "vault"?',
        ),
        (
            '{{ secret "other" "api/key" }}',
            10,
            'no secret source "other" is configured',
            "there is partners, vault",
        ),
        ('{{ secret "vault" "api/kex" }}', 18, 'holds nothing at "api/kex"', ""),
        ('{{ secret "vault" "empty" }}', 18, 'holds nothing at "empty"', ""),
        ('{{ if false }}{{ secret "other" "x" }}{{ end }}', 24, "no secret source", ""),
        ('{{ define "d" }}{{ secret "other" "x" }}{{ end }}', 26, "no secret source", ""),
        ('{{ secrets "vault" "api/key" }}', 3, "unknown function", 'did you mean "secret"?'),
    ],
)
def test_a_secret_that_can_not_be_had_is_refused_at_load(text, offset, message, hint):
    with pytest.raises(ExpressionError) as caught:
        compile_template(text, KNOWN, vault())

    assert caught.value.offset == offset
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_without_sources_every_use_is_refused():
    for secrets in ((), (NO_SECRETS,)):
        with pytest.raises(ExpressionError) as caught:
            compile_template('{{ secret "vault" "api/key" }}', KNOWN, *secrets)

        assert caught.value.message == 'no secret source "vault" is configured'
        assert caught.value.hint == "there are no secret sources to take it from"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{{ secret "vault" "api/key" }}', VALUE),
        ("{{ secret `vault` `api/key` }}", VALUE),
        ('Bearer {{ secret "vault" "api/key" | upper }}', f"Bearer {VALUE.upper()}"),
        ('{{ printf "%s:%s" "user" (secret "vault" "api/key") }}', f"user:{VALUE}"),
        ('{{ range list 1 2 }}{{ secret "vault" "api/key" }}{{ end }}', VALUE * 2),
        ('{{ template "d" }}{{ define "d" }}{{ secret "vault" "api/key" }}{{ end }}', VALUE),
    ],
)
def test_a_secret_is_what_its_source_holds(text, expected):
    assert compile_template(text, KNOWN, vault()).render({}) == expected


def test_attack_193_a_secret_that_has_changed_is_the_new_one():
    secrets = vault()
    template = compile_template('{{ secret "vault" "api/key" }}', KNOWN, secrets)

    secrets.held["vault"]["api/key"] = "new"

    assert template.constant is None
    assert template.render({}) == "new"


def test_attack_190_a_secret_that_is_gone_or_empty_is_an_error():
    secrets = vault()
    template = compile_template('{{ secret "vault" "api/key" }}', KNOWN, secrets)

    for held in ({"vault": {"api/key": ""}}, {"vault": {}}):
        secrets.held = held
        with pytest.raises(EvaluationError, match="holds nothing there any more"):
            template.render({})


def test_templates_of_other_sources_are_other_templates():
    text = '{{ secret "vault" "api/key" }}'
    other = FakeSecrets({"vault": {"api/key": "other"}})

    assert compile_template(text, KNOWN, vault()).render({}) == VALUE
    assert compile_template(text, KNOWN, other).render({}) == "other"
    assert compile_template("{{ .Outputs.x }}", KNOWN, other) is compile_template(
        "{{ .Outputs.x }}", KNOWN
    )


@pytest.mark.parametrize(
    "text",
    [
        '{{ secret "vault" "api/key" | int | fail }}',
        '{{ fail (secret "vault" "api/key") }}',
        '{{ index (list) (secret "vault" "api/key") }}',
        '{{ mustFromJson (secret "vault" "api/key") }}',
        '{{ b64dec (secret "vault" "api/key") }}',
        '{{ add 1 (secret "vault" "api/key") | list | index 3 }}',
    ],
)
def test_attack_178_a_secret_is_in_no_error(text):
    with pytest.raises((ExpressionError, EvaluationError)) as caught:
        compile_template(text, KNOWN, vault()).render({})

    assert VALUE not in repr(caught.value)
    assert VALUE not in str(caught.value)


def test_attack_178_a_secret_is_in_nothing_that_is_known_of_its_template():
    template = compile_template('{{ secret "vault" "api/key" }}', KNOWN, vault())
    template.render({})

    assert VALUE not in repr(template)
    assert VALUE not in template.text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("no secret", []),
        ('{{ secret "a" "b" }} {{ print (secret "c" "d") }}', [("a", 10), ("c", 38)]),
        ('{{ define "d" }}{{ secret "a" "b" | upper }}{{ end }}', [("a", 26)]),
        ('{{ if (eq (secret "a" "b") "c") }}{{ end }}', [("a", 18)]),
        ('{{ printf "secret" "a" "b" }}', []),
    ],
)
def test_the_sources_that_a_template_names_are_told_with_their_places(text, named):
    assert secrets_named(text) == named
