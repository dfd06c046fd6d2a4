import pytest

from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.excerpts import Excerpt, excerpt
from edgeauth.config.nodes import Source


def shown(text: str, line: int, column: int = 1) -> Excerpt:
    (root,) = read_documents(text, "f.yaml")
    return excerpt(root.source, line, column)


SECRETS = [
    pytest.param("password: hunter2", 1, "password: ***", id="attack-178-password"),
    pytest.param("client_secret: 'hunter2'", 1, "client_secret: ***", id="attack-178-quoted"),
    pytest.param(
        "a: {secret: hunter2, b: 1}", 1, "a: {secret: ***, b: 1}", id="attack-178-flow-map"
    ),
    pytest.param("pepper: hunter2", 1, "pepper: ***", id="attack-190-pepper"),
    pytest.param("token: [hunter2, b]", 1, "token: [***, ***]", id="attack-178-list"),
    pytest.param("passwort: hunter2", 1, "passwort: ***", id="attack-178-misspelt"),
    pytest.param('a = 1\npassword="hunter2"', 2, "password=***", id="attack-178-other-format"),
    pytest.param("Authorization: Basic hunter2", 1, "Authorization: ***", id="attack-178-field"),
    pytest.param(
        "password: |\n  one\n  hunter2\n", 3, "  hunter2"[:0] + "***", id="attack-178-block"
    ),
    pytest.param(
        "type: api_key\nconfig: {in: header, name: X, value: hunter2}",
        2,
        "config: {in: header, name: X, value: ***}",
        id="attack-178-api-key",
    ),
    pytest.param(
        "url: https://me:hunter2@shop.test/x", 1, "url: https://***@shop.test/x", id="url"
    ),
]


@pytest.mark.parametrize(("text", "line", "expected"), SECRETS)
def test_secrets_are_masked(text: str, line: int, expected: str):
    assert shown(text, line).line == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("password: hunter2\nb: @", id="attack-178-line-of-its-own"),
        pytest.param('[proxy]\nclient_secret = "hunter2"', id="attack-178-toml"),
        pytest.param("password: hunter2 @: @", id="attack-178-error-in-the-secret"),
        pytest.param('{password: "hunter2", b: @}', id="attack-178-flow-map"),
        pytest.param("secret: |\n  hunter2\n\tx: @\n", id="attack-178-block-with-a-tab"),
        pytest.param('secret: "hunter2', id="attack-178-open-quote"),
        pytest.param("secret:\n  - hunter2: a: b\n", id="attack-178-below-the-key"),
        pytest.param("type: api_key\nvalue: hunter2: x\n", id="attack-178-api-key"),
    ],
)
def test_secrets_are_masked_although_the_text_can_not_be_parsed(text: str):
    with pytest.raises(ConfigurationError) as refused:
        read_documents(text, "f.yaml")

    assert "hunter2" not in str(refused.value)


def test_a_secret_behind_an_alias_is_masked_where_it_stands():
    assert shown("a: &x hunter2\npassword: *x\n", 1).line == "a: ***"


def test_a_key_that_takes_long_to_look_at_is_taken_for_a_secret():
    assert "hunter2" not in shown("? " + "passw" * 40_000 + "!\n: hunter2\n", 2).line


def test_the_value_of_a_condition_is_no_secret():
    text = "path_params: [{name: a, type: glob, value: x}]"

    assert shown(text, 1).line == text


def test_the_caret_moves_with_the_mask():
    text = "a: {password: a-long-password, b: 1}"

    found = shown(text, 1, text.index("b:") + 1)

    assert found.line[found.caret] == "b"


def test_a_long_line_is_cut_around_the_caret():
    text = "a: " + "x" * 500 + "Y" + "x" * 500

    found = shown(text, 1, text.index("Y") + 1)

    assert len(found.line) < 170
    assert found.line[found.caret] == "Y"


def test_what_a_terminal_would_obey_is_not_shown():
    text = "a: \u202e\u200b\u2028b: 1"

    assert excerpt(Source("f", "a: \u202e\x1b[31m\t"), 1, 1).line == "a: ��[31m→"
    assert "\u202e" not in excerpt(Source("f", text), 1, 1).line


def test_a_line_of_the_environment_is_never_shown():
    assert excerpt(Source("variable", "hunter2", quotable=False), 1, 1).line == ""
