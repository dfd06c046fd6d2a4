import pytest

from edgeauth.mechanisms.finalizers.header import HeaderFinalizer
from tests.fakes.catalogues import MECHANISMS, RULE, compiled, rule_set
from tests.fakes.driving import run
from tests.fakes.requests import granted, request
from tests.fakes.secrets import FakeSecrets
from tests.fakes.services import World

VALUE = "pa55-w0rd"
WITH_KEY = MECHANISMS.replace(
    "    - {id: noop",
    '    - {id: key, type: header, config: {headers: {X-Key: \'{{ secret "vault" '
    '"key" }}\'}}}\n    - {id: noop',
)


def world() -> World:
    held = {"vault": {"key": VALUE}, "partners": {"key": "shared"}}
    return World(secrets=FakeSecrets(held, frozenset({"partners"})))


def made(step: str, **arguments):
    text = RULE.replace("allow}]", "allow}, " + step + "]")
    return compiled(rule_set(text), mechanisms=WITH_KEY, **arguments)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param(
            '{headers: {X-Key: \'{{ secret "vault" "key" }}\'}}',
            'secret source "vault" is not for rules',
            id="attack-178-source-of-the-configuration",
        ),
        pytest.param(
            '{headers: {X-Key: \'{{ secret "partner" "key" }}\'}}',
            'no secret source "partner" is configured',
            id="misspelt",
        ),
        pytest.param(
            '{headers: {X-Key: \'{{ secret "partners" "kex" }}\'}}',
            'secret source "partners" holds nothing at "kex"',
            id="nothing-there",
        ),
    ],
)
def test_attack_164_a_secret_that_a_rule_may_not_have_is_shown_where_it_is_named(config, expected):
    (problem,) = made(f"{{finalizer: user, config: {config}}}", world=world()).problems

    assert problem.message == expected
    assert problem.file == "rules-1.yaml"
    assert problem.source_line[problem.caret - 1 :].startswith(' "')
    assert VALUE not in str(problem)


def test_without_sources_every_use_is_refused_in_rules_and_in_the_catalogue():
    (problem,) = made("{finalizer: user}").problems

    assert problem.file == "edgeauth.yaml"
    assert problem.message == 'no secret source "vault" is configured'
    assert problem.suggestion == "there are no secret sources to take it from"


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("{finalizer: key}", ((b"x-key", VALUE.encode()),)),
        (
            '{finalizer: user, config: {headers: {X-Key: \'{{ secret "partners" "key" }}\'}}}',
            ((b"x-key", b"shared"),),
        ),
    ],
    ids=["catalogue", "rule"],
)
def test_a_secret_is_used_where_it_may_be(step, fields):
    (found,) = made(step, world=world()).rule(request("/orders/1")).finalizers

    assert isinstance(found.mechanism, HeaderFinalizer)
    assert run(found.mechanism.finalize(granted())).fields == fields


def test_what_a_rule_leaves_as_it_is_in_the_catalogue_may_name_any_source():
    mechanisms = MECHANISMS.replace(
        '{expression: "true"}], values: {x: a, y: b}',
        '{expression: "true"}], values: {x: \'{{ secret "vault" "key" }}\'}',
    )
    text = RULE.replace("authorizer: allow", "authorizer: check, config: {values: {y: b}}")

    assert compiled(rule_set(text), mechanisms=mechanisms, world=world()).messages == []
