"""Rules of both dialects become the same rules; principals are a matter of the second one."""

import pytest
from msgspec.structs import replace

from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.engine.decide import DecisionPoint
from edgeauth.engine.route import Found
from edgeauth.engine.rule import Rule
from edgeauth.model.decision import Decision, Deny, Permit
from edgeauth.model.errors import Reason
from edgeauth.wire.answers import Answers
from tests.fakes.catalogues import DEFAULT_RULE, MECHANISMS, RULE, Compiled, compiled, rule_set
from tests.fakes.driving import run
from tests.fakes.requests import request

ALPHA = """\
version: "1alpha4"
rules:
  - id: orders
    match:
      routes:
        - path: /orders/:id
          path_params: [{name: id, type: regex, value: "^[0-9]+$"}]
      methods: [GET]
      scheme: https
      hosts: [{type: exact, value: shop.test}, {type: wildcard, value: "*.shop.test"}]
    execute: [{authenticator: anonymous, id: who}, {authorizer: allow}]
"""
BETA = """\
version: "1beta1"
rules:
  - id: orders
    match:
      http:
        paths:
          - path: /orders/:id
            captures: [{name: id, type: regex, value: "^[0-9]+$"}]
        methods: [GET]
        scheme: https
        hosts: [shop.test, "*.shop.test"]
    execute: [{authenticator: anonymous, id: who}, {authorizer: allow}]
"""


def document(version: str, text: str) -> str:
    rules = text.split("rules:\n")[1].replace("\n", "\n  ")
    head = f"apiVersion: edgeauth.dev/{version}\nkind: RuleSet\nmetadata: {{name: shop}}\n"
    return f"{head}spec:\n  rules:\n  {rules}".rstrip(" ")


def steps(execute: str, default_rule: str = "", **options: object) -> Compiled:
    head, _, _ = BETA.partition("    execute:")
    return compiled(f"{head}    execute: [{execute}]\n", default_rule=default_rule, **options)


def principals(of: Rule) -> dict[str, list[str]]:
    return {each.principal: [step.id for step in each.authenticators] for each in of.principals}


ASKED = request("/orders/1")


@pytest.mark.parametrize(
    ("execute", "default_rule", "line"),
    [
        pytest.param("{authenticator: sso, principal: client}", "", 12, id="alone"),
        pytest.param(
            "{authenticator: sso, principal: client}, {authorizer: allow}",
            DEFAULT_RULE,
            12,
            id="measured 60: although the default rule has one",
        ),
    ],
)
def test_a_rule_without_the_default_principal_is_refused(execute, default_rule, line):
    (problem,) = steps(execute, default_rule).problems

    assert problem.message == 'no authenticator identifies the principal "default"'
    assert (problem.file, problem.line) == ("rules-1.yaml", line)


def test_a_default_rule_without_the_default_principal_is_refused():
    text = DEFAULT_RULE.replace("{authenticator: sso}", "{authenticator: sso, principal: client}")

    (problem,) = compiled(default_rule=text).problems

    assert problem.message == 'no authenticator identifies the principal "default"'
    assert problem.file == "edgeauth.yaml"


@pytest.mark.parametrize(
    "added",
    [
        "{authenticator: anonymous, principal: client}, {authenticator: sso}",
        "{authenticator: sso}, {authenticator: anonymous, principal: client}",
        "{authenticator: sso, principal: client}, {authenticator: anonymous}",
    ],
)
def test_no_principal_of_the_default_rule_may_begin_with_anonymous(added: str):
    text = DEFAULT_RULE.replace("{authenticator: sso}", added)

    (problem,) = compiled(default_rule=text).problems

    assert problem.message == "the default rule lets everybody be anonymous"
    relaxed = Enforcement(secure_default_rule=False)
    assert compiled(default_rule=text, enforcement=relaxed).problems == ()


@pytest.mark.parametrize("name", ["Subject", "Outputs"])
def test_a_condition_of_an_authenticator_does_not_see_what_comes_later(name: str):
    (problem,) = steps(f"{{authenticator: sso, if: '{name}.a.ID == \"\"'}}").problems

    assert name in problem.message
    assert problem.line == 12


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        pytest.param({"path": "/orders/a"}, False, id="capture"),
        pytest.param({"host": "other.test"}, False, id="host"),
        pytest.param({"method": "POST"}, False, id="method"),
        pytest.param({"scheme": "http"}, False, id="scheme"),
        pytest.param({}, True, id="exact host"),
        pytest.param({"host": "a.b.shop.test"}, True, id="wildcard"),
    ],
)
def test_all_four_ways_to_write_a_rule_set_match_the_same(changed: dict[str, str], found: bool):
    asked = replace(ASKED, **changed)
    texts = (ALPHA, BETA, document("v1alpha4", ALPHA), document("v1beta1", BETA))

    assert [isinstance(compiled(text).book.find(asked), Found) for text in texts] == [found] * 4


def test_both_dialects_stand_in_one_file():
    more = BETA.replace("id: orders", "id: more").replace("/orders", "/more")

    made = compiled(f"{ALPHA}---\n{more}")

    assert [made.rule(request(path)).id for path in ("/orders/1", "/more/1")] == ["orders", "more"]


def test_authenticators_are_grouped_by_principal_in_the_order_of_the_first_of_each():
    made = steps(
        "{authenticator: sso, id: a}, {authenticator: sso, id: b, principal: client},"
        "{authenticator: anonymous, id: c}, {authenticator: anonymous, id: d, principal: default},"
        "{authenticator: anonymous, id: e, principal: client}"
    )

    assert principals(made.rule(ASKED)) == {"default": ["a", "c", "d"], "client": ["b", "e"]}


def test_principals_are_inherited_all_or_none():
    default_rule = DEFAULT_RULE.replace(
        "{authenticator: sso}", "{authenticator: sso}, {authenticator: sso, principal: client}"
    )
    own = steps("{authenticator: anonymous}", default_rule)
    none = compiled(
        rule_set(RULE.replace("{authenticator: anonymous}, ", "")), default_rule=default_rule
    )

    assert principals(own.rule(ASKED)) == {"default": ["anonymous"]}
    assert principals(none.rule(ASKED)) == {"default": ["sso"], "client": ["sso"]}


def test_an_authenticator_of_1beta1_has_a_condition():
    made = steps("{authenticator: anonymous, if: Request.Method == 'POST'}")
    (only,) = made.rule(ASKED).principals

    assert only.authenticators[0].condition is not None


def test_every_principal_is_seen_by_conditions_and_by_what_the_upstream_is_told():
    mechanisms = MECHANISMS.replace(
        '{X-User: "{{ .Subject.ID }}"}',
        '{X-User: "{{ .Subject.ID }} by {{ .Subject.client.ID }}"}',
    )
    execute = (
        "{authenticator: anonymous, principal: client, config: {principal: billing}},"
        "{authenticator: sso}, {authenticator: anonymous, id: guest},"
        "{authorizer: deny, if: 'Subject.client.ID != \"CLIENT\"'}, {finalizer: user}"
    )

    refused = decided(steps(execute.replace("CLIENT", "shipping"), mechanisms=mechanisms))
    granted = decided(steps(execute.replace("CLIENT", "billing"), mechanisms=mechanisms))

    assert isinstance(refused, Deny)
    assert refused.refusal.reason is Reason.AUTHORIZATION
    assert isinstance(granted, Permit)
    assert granted.edits.fields == ((b"x-user", b"anonymous by billing"),)
    for each in (refused, granted):
        assert (each.subject_id, each.principals) == ("anonymous", (("client", "billing"),))
        assert [one.step for one in each.downgrades] == ["sso"]


def decided(made: Compiled) -> Decision:
    assert made.messages == []
    assert made.book is not None
    return run(DecisionPoint(made.book, Answers(), lambda *_: None).decide(ASKED))
