"""Converting changes what the dialects say differently, and not one character more."""

from pathlib import Path

import pytest

from edgeauth.config.conversion.convert import convert
from edgeauth.config.errors import ConfigurationError

ALPHA, BETA = "1alpha4", "1beta1"


def converted(text: str, target: str) -> str:
    return convert(text, "rules.yaml", target).text


def refusals(text: str, target: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        convert(text, "rules.yaml", target)
    return [f"{one.line}:{one.column} {one.message}" for one in refused.value.problems]


def alpha(match: str, rest: str = "") -> str:
    """Returns a rule set with what follows `match:` at the sixth column."""
    return f"""\
version: "1alpha4"
rules:
  - id: orders
    match:{match}
    execute:
      - authenticator: sso
{rest}"""


def beta(match: str, rest: str = "") -> str:
    return alpha(match, rest).replace(ALPHA, BETA)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", ["0:0 no rule set in this file"], id="nothing"),
        pytest.param(
            alpha(" {routes: [{path: x}]}"), ['4:29 a path begins with "/"'], id="a wrong rule"
        ),
        pytest.param(
            alpha(" {routes: [{path: /x}], hosts: [{type: glob, value: '{a,b}'}]}")
            + "---\n"
            + alpha(" {routes: [{path: /x}], hosts: [{type: regex, value: a}]}"),
            ["4:50 1beta1 has no hosts of type glob", "11:50 1beta1 has no hosts of type regex"],
            id="hosts that 1beta1 does not know",
        ),
        pytest.param(
            alpha(" &m {routes: [{path: /x}], hosts: &h [&i {type: exact, value: a}]}").replace(
                "- authenticator: sso", "- authenticator: sso\n        config: {a: *i, b: *h}"
            ),
            ["1:1 this can not be converted: an alias or an odd notation in it means two things"],
            id="a host that is something else as well",
        ),
        pytest.param(
            alpha("\n      ? routes\n      : - path: /x"),
            ["5:7 this can not be converted where it stands"],
            id="an explicit key",
        ),
    ],
)
def test_what_1beta1_can_not_say_is_refused_at_its_place(text: str, told: list[str]):
    assert refusals(text, BETA) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            beta(" {http: {paths: [{path: /x}]}}").replace(
                "- authenticator: sso",
                "- authenticator: sso\n        if: Request.Method == 'GET'\n"
                "      - authenticator: sso\n        principal: client",
            ),
            [
                "7:9 1alpha4 has no conditions of authenticators",
                "9:20 1alpha4 knows one principal only",
            ],
            id="principals and conditions",
        ),
        pytest.param(
            beta("\n      http: &h\n        paths: [{path: /x}]"),
            ["5:13 an anchor or a tag can not be converted here"],
            id="an anchor",
        ),
        pytest.param(
            beta("\n      http: &h\n        paths: [{path: /x}]")
            + "  - {id: b, match: {http: *h}, execute: [{authenticator: sso}]}\n",
            [
                "5:13 an anchor or a tag can not be converted here",
                "9:21 an alias can not be converted here",
            ],
            id="an alias",
        ),
    ],
)
def test_what_1alpha4_can_not_say_is_refused_at_its_place(text: str, told: list[str]):
    assert refusals(text, ALPHA) == told


def pairs() -> list[object]:
    found = []
    for case in (Path(__file__).parent / "pairs.txt").read_text().split("==== ")[1:]:
        name, _, texts = case.partition("\n")
        found.append(pytest.param(*texts.split("---- becomes\n"), id=name))
    return found


PAIRS = pairs()


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_there_and_back_is_the_text_that_it_was(old: str, new: str):
    assert converted(old, BETA) == new
    assert converted(new, ALPHA) == old


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_what_is_in_the_dialect_already_stays_as_it_is(old: str, new: str):
    assert converted(old, ALPHA) == old
    assert converted(new, BETA) == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            "\n      routes: [{path: /x}]\n      backtracking_enabled: true",
            "\n      http:\n        paths: [{path: /x}]",
            id="last",
        ),
        pytest.param(
            "\n      backtracking_enabled: true # because\n      routes: [{path: /x}]",
            "\n      http:\n        # because\n        paths: [{path: /x}]",
            id="with a comment",
        ),
        pytest.param(
            "\n      backtracking_enabled: # because\n        # of\n        true\n"
            "      routes: [{path: /x}]",
            "\n      http:\n        # because\n        # of\n        paths: [{path: /x}]",
            id="in lines",
        ),
        pytest.param(
            " {backtracking_enabled: true, routes: [{path: /x}]}",
            " {http: {paths: [{path: /x}]}}",
            id="first in flow",
        ),
        pytest.param(
            " {routes: [{path: /x}], backtracking_enabled: true}",
            " {http: {paths: [{path: /x}]}}",
            id="last in flow",
        ),
        pytest.param(
            " {\n      routes: [{path: /x}],\n      backtracking_enabled: true\n    }",
            " {\n      http: {\n        paths: [{path: /x}]\n      }\n    }",
            id="last in lines of flow",
        ),
        pytest.param(
            " {\n      backtracking_enabled: true, # because\n      routes: [{path: /x}]\n    }",
            " {\n      http: {\n        # because\n        paths: [{path: /x}]\n      }\n    }",
            id="first in lines of flow",
        ),
    ],
)
def test_what_is_without_effect_is_left_out_and_said_to_be(old: str, new: str):
    made = convert(alpha(old), "rules.yaml", BETA)

    assert made.text == beta(new)
    (note,) = made.notes
    assert note.message.startswith("backtracking_enabled is left out")
    assert alpha(old).splitlines()[note.line - 1][note.column - 1 :].startswith("backtracking")


def test_comments_in_hosts_that_become_texts_stand_above_them():
    old = """
      routes: [{path: /x}]
      hosts:
        - type: exact # why
          # what
          value: a.b # who
        - {type: exact, # really
           value: c.d}"""
    new = """
      http:
        paths: [{path: /x}]
        hosts:
          # why
          # what
          - a.b # who
          # really
          - c.d"""

    assert converted(alpha(old), BETA) == beta(new)


@pytest.mark.parametrize(
    ("step", "left"),
    [
        (
            "- authenticator: sso\n        principal: default # who",
            "- authenticator: sso\n        # who",
        ),
        (
            "- principal: default # who\n        authenticator: sso",
            "# who\n      - authenticator: sso",
        ),
        ("- {authenticator: sso, principal: default}", "- {authenticator: sso}"),
        ("- {principal: default, authenticator: sso}", "- {authenticator: sso}"),
    ],
)
def test_the_default_principal_needs_no_name_in_1alpha4(step: str, left: str):
    match = " {http: {paths: [{path: /x}]}}"
    made = convert(beta(match).replace("- authenticator: sso", step), "rules.yaml", ALPHA)

    assert made.text == alpha(" {paths: [{path: /x}]}".replace("paths", "routes")).replace(
        "- authenticator: sso", left
    )
    assert [note.message for note in made.notes] == [
        "principal is left out: 1alpha4 knows no other one"
    ]


@pytest.mark.parametrize(
    ("target", "old", "new"), [(BETA, "subject", "principal"), (ALPHA, "principal", "subject")]
)
def test_settings_that_heimdall_renamed_are_pointed_out(target: str, old: str, new: str):
    texts = {BETA: alpha(" {routes: [{path: /x}]}"), ALPHA: beta(" {http: {paths: [{path: /x}]}}")}
    config = f"- authenticator: sso\n        config: {{{old}: {{id: sub}}}}"

    made = convert(texts[target].replace("- authenticator: sso", config), "rules.yaml", target)

    assert config in made.text
    (note,) = made.notes
    assert f'heimdall says "{new}" for this with {target}, edgeauth takes both' in note.message


def test_json_stays_json():
    old = """{
  "version": "1alpha4",
  "rules": [
    {
      "id": "orders",
      "match": {
        "routes": [ { "path": "/x" } ],
        "hosts": [
          { "type": "exact", "value": "a.b" }
        ],
        "backtracking_enabled": true
      },
      "execute": [ { "authenticator": "sso" } ]
    },
    {"match": {"routes": [{"path": "/y"}]}, "id": "b",
     "execute": [{"authenticator": "sso"}]}
  ]
}
"""
    new = """{
  "version": "1beta1",
  "rules": [
    {
      "id": "orders",
      "match": {
        "http": {
          "paths": [ { "path": "/x" } ],
          "hosts": [
            "a.b"
          ]
        }
      },
      "execute": [ { "authenticator": "sso" } ]
    },
    {"match": {"http": {"paths": [{"path": "/y"}]}}, "id": "b",
     "execute": [{"authenticator": "sso"}]}
  ]
}
"""

    assert converted(old, BETA) == new
    assert converted(converted(new, ALPHA), BETA).replace(" \n", "\n") == new


def test_documents_are_converted_each_by_itself():
    head = "apiVersion: GROUP/vVERSION # served\nkind: RuleSet\nmetadata: {name: shop}\nspec:\n  "
    rules = alpha(" {routes: [{path: /x}]}").split("\n", 1)[1].replace("\n", "\n  ").rstrip()
    document = f"{head}{rules}\n"
    old = "\n---\n".join(
        (document, alpha(" {routes: [{path: /y}]}"), beta(" {http: {paths: [{path: /z}]}}"))
    )

    for group in ("heimdall.dadrus.github.com", "edgeauth.dev"):
        text = old.replace("GROUP", group)
        new = converted(text.replace("VERSION", ALPHA), BETA)

        assert new.replace("{http: {paths: [{path: /x}]}}", "{routes: [{path: /x}]}").replace(
            "{http: {paths: [{path: /y}]}}", "{routes: [{path: /y}]}"
        ) == text.replace("VERSION", BETA).replace(ALPHA, BETA)


def test_lines_end_as_they_did():
    text = alpha("\n      routes:\n        - path: /x # a\n      backtracking_enabled: true")

    made = converted(text.replace("\n", "\r\n"), BETA)

    assert made == converted(text, BETA).replace("\n", "\r\n")


def test_references_to_the_environment_stay_what_they_are():
    text = alpha(
        "\n      routes:\n        - path: ${PATH_OF_ORDERS}\n      methods: ['${METHOD}']"
        "\n      hosts: [{type: exact, value: '${HOST=a b}'}]"
    )

    made = converted(text, BETA)

    assert "- path: ${PATH_OF_ORDERS}" in made
    assert "hosts: ['${HOST=a b}']" in made
    assert converted(made, ALPHA) == text


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ('"1alpha4"', '"${VERSION}"', 10),
        ("{routes: [{path: /x}], hosts: [{type: exact, value: a}]}", "${MATCH}", 12),
        ("[{path: /x}]", "'${PATHS}'", 21),
        ("{path: /x}", "'${PATH}'", 22),
        ("[{type: exact, value: a}]", "'${HOSTS}'", 42),
        ("{type: exact, value: a}", "'${HOST}'", 43),
        ("type: exact", "type: '${TYPE}'", 50),
        ("\n      - authenticator: sso", " ${STEPS}", 14),
        ("- authenticator: sso", "- ${STEP}", 9),
    ],
)
def test_a_variable_in_the_place_of_what_differs_is_refused(old: str, new: str, column: int):
    text = alpha(" {routes: [{path: /x}], hosts: [{type: exact, value: a}]}")

    (told,) = refusals(text.replace(old, new), BETA)

    assert told.endswith(
        f":{column} a variable stands for something that the dialects say differently"
    )


def test_a_variable_in_the_place_of_all_rules_is_refused():
    for rules in ("${RULES}", "\n  - ${RULE}"):
        (told,) = refusals(f'version: "1alpha4"\nrules: {rules}\n', BETA)

        assert "a variable stands for" in told
    (told,) = refusals(beta(" {http: '${HTTP}'}"), ALPHA)
    assert told.startswith("4:19 a variable stands for")


def test_an_alias_is_converted_where_it_is_anchored():
    old = """\
version: "1alpha4"
rules:
  - id: a
    match: &m
      routes: &r
        - &p {path: "/:a", path_params: &c [{name: a, type: exact, value: b}]}
      hosts: &h [&i {type: exact, value: &v a.b}]
    execute: &e [{authenticator: sso}]
  - {id: b, match: *m, execute: *e}
  - {id: c, match: {routes: *r, hosts: *h}, execute: *e}
  - {id: d, match: {routes: [*p], hosts: [*i]}, execute: *e}
  - {id: e, match: {routes: [{path: "/:a", path_params: *c}]}, execute: *e}
"""
    new = """\
version: "1beta1"
rules:
  - id: a
    match: &m
      http:
        paths: &r
          - &p {path: "/:a", captures: &c [{name: a, type: exact, value: b}]}
        hosts: &h [&i a.b]
    execute: &e [{authenticator: sso}]
  - {id: b, match: *m, execute: *e}
  - {id: c, match: {http: {paths: *r, hosts: *h}}, execute: *e}
  - {id: d, match: {http: {paths: [*p], hosts: [*i]}}, execute: *e}
  - {id: e, match: {http: {paths: [{path: "/:a", captures: *c}]}}, execute: *e}
"""

    assert converted(old, BETA) == new
    assert converted(new, ALPHA) == old.replace("&v ", "")
