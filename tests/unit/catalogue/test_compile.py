import pytest

from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.routing import Target
from tests.fakes.catalogues import DEFAULT_RULE, RULE, compiled, rule_set
from tests.fakes.requests import request

ASKED = request("/orders/1")
OTHER = request("/other")
FORWARDED = RULE + "  forward_to: {host: 'orders.test:9000'}\n"


def second(rule: str) -> str:
    return rule.replace("orders", "more")


def test_a_rule_without_an_authenticator_needs_a_default_rule():
    text = RULE.replace("{authenticator: anonymous}, ", "")

    assert compiled(rule_set(text)).messages == [
        "rules-1.yaml:6:14: no authenticator, and no default rule to inherit one from"
    ]
    assert compiled(rule_set(text), default_rule=DEFAULT_RULE).messages == []


def test_a_broken_default_rule_is_not_said_to_be_missing():
    text = RULE.replace("{authenticator: anonymous}, ", "")
    broken = DEFAULT_RULE.replace("authenticator: sso", "authenticator: nobody")

    (message,) = compiled(rule_set(text), default_rule=broken).messages

    assert 'unknown authenticator "nobody"' in message


def test_a_proxy_has_to_know_where_to_forward():
    (problem,) = compiled(rule_set(RULE), proxy=True).problems

    assert problem.message.startswith("no forward_to")
    assert (problem.file, problem.line, problem.column) == ("rules-1.yaml", 4, 9)
    assert compiled(rule_set(RULE)).problems == ()
    assert compiled(rule_set(FORWARDED), proxy=True).problems == ()


def test_a_socket_that_the_configuration_does_not_list_is_refused():
    text = RULE + "  forward_to: {host: 'unix:/run/orders.sock', rewrite: {scheme: http}}\n"

    (problem,) = compiled(rule_set(text), proxy=True).problems

    assert problem.message == "rules may not forward to this socket"
    assert (problem.line, problem.column) == (7, 24)
    assert compiled(rule_set(text)).problems == ()
    listed = DEFAULT_RULE + "upstreams: {sockets: [/run/orders.sock]}\n"
    made = compiled(rule_set(text), default_rule=listed, proxy=True)
    assert made.problems == ()
    assert made.rule(ASKED).target == Target("localhost", None, "http", socket="/run/orders.sock")


@pytest.mark.parametrize("proxy", [True, False])
def test_forwarding_without_tls_is_refused(proxy: bool):
    text = FORWARDED.replace("'}", "', rewrite: {scheme: http}}")

    (problem,) = compiled(rule_set(text), proxy=proxy).problems

    assert problem.message == "the upstream would be asked without TLS"
    assert problem.line == 7
    relaxed = Enforcement(upstream_tls=False)
    assert compiled(rule_set(text), proxy=proxy, enforcement=relaxed).problems == ()


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("{authorizer: deny}", "the default rule does not begin with an authenticator"),
        ("{authenticator: anonymous}", "the default rule lets everybody be anonymous"),
    ],
)
def test_a_default_rule_has_to_begin_with_proof(first: str, message: str):
    text = DEFAULT_RULE.replace("{authenticator: sso}", first)

    (problem,) = compiled(default_rule=text).problems

    assert problem.message == message
    assert problem.file == "edgeauth.yaml"


def test_an_anonymous_default_rule_can_be_allowed():
    text = DEFAULT_RULE.replace("sso", "anonymous")
    relaxed = Enforcement(secure_default_rule=False)

    assert compiled(default_rule=text, enforcement=relaxed).problems == ()


def test_every_problem_of_every_rule_set_is_told():
    bad = RULE.replace("authorizer: allow", "authorizer: alow")

    made = compiled(rule_set(bad), rule_set(second(bad)), proxy=True)

    assert [(one.file, one.line) for one in made.problems] == [
        ("rules-1.yaml", 4), ("rules-1.yaml", 6), ("rules-2.yaml", 4), ("rules-2.yaml", 6),
    ]  # fmt: skip


def test_without_rules_and_default_rule_everything_is_refused():
    book = compiled().book
    assert book is not None

    found = book.find(ASKED)

    assert isinstance(found, Refusal)
    assert found.reason is Reason.NO_RULE


def test_the_default_rule_holds_where_no_other_does():
    made = compiled(rule_set(RULE), default_rule=DEFAULT_RULE)

    assert (made.rule(ASKED).id, made.rule(ASKED).rule_set) == ("orders", "shop")
    assert (made.rule(OTHER).id, made.rule(OTHER).target) == ("default", None)


def test_what_one_finalizer_sets_no_client_may_say_to_any_rule():
    tenants = RULE.replace("{authorizer: allow}", "{authorizer: allow}, {finalizer: tenant}")
    made = compiled(rule_set(RULE, second(tenants)), default_rule=DEFAULT_RULE)

    assert made.rule(OTHER).owned == {b"x-user", b"x-tenant"}
    assert made.rule(ASKED).owned == {b"x-user", b"x-tenant"}


def test_what_clients_say_for_their_own_reasons_is_removed_only_where_it_is_set():
    tenants = RULE.replace("{authorizer: allow}", "{authorizer: allow}, {finalizer: tenant}")
    made = compiled(rule_set(RULE, second(tenants)))

    assert made.rule(request("/more/1")).owned == {b"x-tenant", b"accept"}
    assert made.rule(ASKED).owned == {b"x-tenant"}


def test_the_target_is_taken_over():
    rewrite = (
        "{scheme: https, strip_path_prefix: /a, add_path_prefix: /b, strip_query_parameters: [c]}"
    )
    text = FORWARDED.replace("'}", f"', forward_host_header: false, rewrite: {rewrite}}}")

    target = compiled(rule_set(text + '  allow_encoded_slashes: "on"\n')).rule(ASKED).target

    assert target == Target(
        "orders.test", 9000, "https", "/a", "/b", frozenset({"c"}), False, decode_slashes=True
    )
