import pytest

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.models.rules_1alpha4 import Rule1alpha4

RULE = """\
id: orders
match:
  routes: [{path: "/orders/:id"}]
execute:
  - authenticator: sso
"""


def rule(extra: str = "", **replaced: str) -> Rule1alpha4:
    text = RULE + extra
    for part in replaced.values():
        before, _, after = part.partition(" => ")
        text = text.replace(before, after)
    (root,) = read_documents(text, "f.yaml")
    return decode(Rule1alpha4, root)


def hosts(*conditions: tuple[str, str]) -> str:
    listed = ", ".join(f'{{type: {kind}, value: "{value}"}}' for kind, value in conditions)
    return f':id"}}] => :id"}}]\n  hosts: [{listed}]'


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[("exact", value) for value in ("*", "*.a", "a b", "a/b", "http://a", ".a", "a..b")],
        *[("wildcard", value) for value in ("a.*.b", "foo*.bar", "*foo.bar", "**.a", "*.*.a")],
        *[(kind, "") for kind in ("exact", "wildcard", "glob", "regex")],
    ],
)  # fmt: skip
def test_hosts_that_match_nothing_are_refused(kind: str, value: str):
    with pytest.raises(ConfigurationError) as refused:
        rule(hosts=hosts((kind, value)))

    (problem,) = refused.value.problems
    assert problem.line == 4


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("exact", "shop.test"),
        ("exact", "shop.test:8443"),
        ("exact", "[2001:db8::1]"),
        ("wildcard", "*"),
        ("wildcard", "*.shop.test"),
        ("wildcard", "shop.test"),
        ("glob", "{a,b}.*"),
        ("regex", "^a"),
    ],
)
def test_hosts_are_accepted(kind: str, value: str):
    assert rule(hosts=hosts((kind, value))).match.hosts[0].value == value


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        pytest.param(
            "  - finalizer: jwt\n  - authorizer: allow\n",
            "authorizer after finalizer",
            id="authorizer-after-finalizer",
        ),
        pytest.param(
            "  - contextualizer: a\n  - authenticator: b\n",
            "authenticator after contextualizer",
            id="authenticator-after-contextualizer",
        ),
        pytest.param(
            "  - contextualizer: a\n    id: x\n  - contextualizer: b\n    id: x\n",
            'duplicate id "x"',
            id="46-same-id-twice",
        ),
        pytest.param(
            "  - authorizer: a\n    finalizer: b\n",
            '"finalizer" beside "authorizer": a step refers to one mechanism',
            id="44-two-mechanisms",
        ),
        pytest.param("  - authorizer: a\n    if: ''\n", '"if" is empty', id="empty-condition"),
        pytest.param(
            "  - authorizer: a\n    config: x\n", '"config" is text, not a map', id="config"
        ),
        pytest.param(
            "on_error:\n  - authorizer: a\n",
            '"authorizer" is accepted in execute only',
            id="authorizer-in-on-error",
        ),
        pytest.param("on_error:\n  - if: x\n", 'missing key "error_handler"', id="no-handler"),
    ],
)
def test_pipelines_that_can_not_be_meant_are_refused(steps: str, message: str):
    with pytest.raises(ConfigurationError) as refused:
        rule(steps)

    assert message in [problem.message for problem in refused.value.problems]


def test_contextualizers_and_authorizers_may_come_in_any_order():
    steps = "  - authorizer: a\n  - contextualizer: b\n  - authorizer: c\n  - finalizer: d\n"

    assert [step.kind for step in rule(steps).execute][1:] == [
        "authorizer",
        "contextualizer",
        "authorizer",
        "finalizer",
    ]


def test_a_condition_without_a_value_is_refused_and_settings_without_one_are_none():
    assert rule("  - authorizer: a\n    config:\n").execute[1].config is None
    with pytest.raises(ConfigurationError, match='"if" is empty, not text'):
        rule("  - authorizer: a\n    if:\n")


def test_an_upstream_is_read():
    text = (
        "forward_to:\n  host: Orders:9000\n  forward_host_header: false\n"
        "  rewrite: {scheme: https, strip_path_prefix: /a, strip_query_parameters: [x]}\n"
    )

    target = rule(text).forward_to

    assert target is not None
    assert (target.host.host, target.host.port) == ("orders", 9000)
    assert not target.forward_host_header
    assert target.rewrite.strip_query_parameters == ("x",)


@pytest.mark.parametrize("name", ["h2c", "H2C", "HTTP/2.0", "TLS/1.0", "", "web socket", "a,b"])
def test_attack_064_protocols_that_hide_requests_can_not_be_allowed(name: str):
    with pytest.raises(ConfigurationError):
        rule(f'forward_to: {{ host: orders, upgrades: [ "{name}" ] }}\n')


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", ("websocket",)),
        (", upgrades: []", ()),
        (", upgrades: [ WebSocket, tcp ]", ("websocket", "tcp")),
    ],
    ids=["default", "none", "listed"],
)
def test_protocols_that_a_connection_may_switch_to_are_listed(text: str, allowed: tuple[str, ...]):
    target = rule(f"forward_to: {{ host: orders{text} }}\n").forward_to
    assert target is not None
    assert target.upgrades == allowed


def test_encoded_slashes_are_off_by_default():
    assert rule().allow_encoded_slashes == "off"
    assert rule("allow_encoded_slashes: no_decode\n").allow_encoded_slashes == "no_decode"


@pytest.mark.parametrize("value", ["off_", '""', "false"])
def test_unknown_words_for_encoded_slashes_are_refused(value: str):
    with pytest.raises(ConfigurationError):
        rule(f"allow_encoded_slashes: {value}\n")
