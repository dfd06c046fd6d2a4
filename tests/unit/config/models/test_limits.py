"""What a cluster would not take is refused in `RuleSet` documents, and nowhere else."""

import pytest

from edgeauth.config.errors import ConfigurationError
from edgeauth.config.read import read_rule_sets

ALPHA = """\
      match:
        routes:
          - path: /fixed
          - path: PATH
            path_params: [{name: NAME, type: regex, value: "VALUE"}]
        methods: [METHOD]
        hosts: [{type: wildcard, value: "HOST"}]
"""
BETA = """\
      match:
        http:
          paths:
            - path: /fixed
            - path: PATH
              captures: [{name: NAME, type: regex, value: "VALUE"}]
          methods: [METHOD]
          hosts: ["HOST"]
"""
REST = """\
      execute: [{authenticator: google}]
      forward_to:
        host: UPSTREAM
        rewrite: {REWRITE}
"""
FITTING = {
    "ID": "i" * 128,
    "PATH": "/:" + "n" * 64 + "/" + "p" * 445,
    "NAME": "n" * 64,
    "VALUE": "v" * 256,
    "METHOD": "ALL, '!TRACE'",
    "HOST": "*." + ".".join(["h" * 61] * 4),
    "UPSTREAM": "orders:9000",
    "REWRITE": f"strip_path_prefix: /{'s' * 127}, add_path_prefix: /{'a' * 127}",
}
BEYOND = [
    pytest.param({"ID": "i" * 129}, "ID", id="id"),
    pytest.param({"PATH": FITTING["PATH"] + "p"}, "PATH", id="path"),
    pytest.param({"PATH": "/:" + "n" * 65, "NAME": "n" * 65}, "NAME", id="name"),
    pytest.param({"VALUE": "v" * 257}, "VALUE", id="value"),
    pytest.param({"METHOD": "PURGE"}, "METHOD", id="method"),
    pytest.param({"METHOD": "ALL, '!PURGE'"}, "!PURGE", id="excluded method"),
    pytest.param({"HOST": "*." + ".".join(["h" * 62] * 4) + ":65535"}, "HOST", id="host"),
    pytest.param({"REWRITE": f"strip_path_prefix: /{'s' * 128}"}, "/s", id="strip_path_prefix"),
    pytest.param({"REWRITE": f"add_path_prefix: /{'a' * 128}"}, "/a", id="add_path_prefix"),
    pytest.param({"REWRITE": ""}, "{}", id="empty rewrite"),
]


def rule(match: str, values: dict[str, str]) -> str:
    text = "    - id: ID\n" + match + REST
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def document(version: str, rules: str) -> str:
    head = f"apiVersion: edgeauth.dev/{version}\nkind: RuleSet\nmetadata: {{name: shop}}\nspec:\n"
    return f"{head}  rules:\n{rules}"


DIALECTS = pytest.mark.parametrize(
    ("version", "match"), [("1alpha4", ALPHA), ("1beta1", BETA)], ids=["1alpha4", "1beta1"]
)


@DIALECTS
@pytest.mark.parametrize(("changed", "place"), BEYOND)
def test_beyond_a_limit_a_document_is_refused(version, match, changed, place):
    text = document(f"v{version}", rule(match, FITTING | changed))

    with pytest.raises(ConfigurationError) as refused:
        read_rule_sets(text, "rules.yaml")

    (problem,) = refused.value.problems
    line = text.splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].lstrip("'\"").startswith(changed.get(place, place))


@DIALECTS
@pytest.mark.parametrize(("changed", "place"), BEYOND)
def test_a_file_has_no_such_limits(version, match, changed, place):
    text = f'version: "{version}"\nrules:\n{rule(match, FITTING | changed)}'

    assert len(read_rule_sets(text, "rules.yaml")) == 1


@DIALECTS
def test_at_the_limits_a_document_is_accepted(version, match):
    (read,) = read_rule_sets(document(f"v{version}", rule(match, FITTING)), "rules.yaml")

    assert len(read.rules) == 1
