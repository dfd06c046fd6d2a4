"""What holds for every text: reading is exact, places are right, and only one error leaves."""

import json

from hypothesis import given, settings, strategies as st

from edgeauth.config.document import (
    Mapping,
    Node,
    Scalar,
    plain,
    read_documents,
)
from edgeauth.config.environment import substitute
from edgeauth.config.errors import ConfigurationError, render_problems
from edgeauth.config.nodes import children
from edgeauth.config.places import place_of
from edgeauth.config.read import read_configuration, read_rule_sets
from edgeauth.model.json import Json

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
KEYS = WORDS.filter(lambda word: word != "<<")
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | WORDS
VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
YAMLISH = st.text(st.sampled_from("ab:- \n\t#&*!|>'\"{}[],?%@`$\\0.1~é\u2028"), max_size=60)


def scalars(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    return [found for _, child in children(node) for found in scalars(child)]


@given(VALUES)
def test_json_is_read_as_json(value: Json):
    (root,) = read_documents(json.dumps(value, ensure_ascii=False), "f")

    assert plain(root) == value


@given(YAMLISH)
@settings(max_examples=300)
def test_a_text_is_read_or_refused_with_a_place(text: str):
    try:
        documents = read_documents(text, "f")
    except ConfigurationError as refused:
        for problem in refused.problems:
            assert 0 <= problem.line <= text.count("\n") + text.count("\u2028") + 1
            assert problem.column >= 0
    else:
        for document in documents:
            plain(document)


@given(YAMLISH)
@settings(max_examples=200)
def test_nothing_but_a_configuration_error_leaves_the_readers(text: str):
    for read in (
        lambda: read_rule_sets(text, "f", {}),
        lambda: read_configuration(text, "f", {"EDGEAUTHCFG_LOG_LEVEL": text}),
    ):
        try:
            read()
        except ConfigurationError as refused:
            render_problems(refused.problems, colour=True)


@given(YAMLISH)
@settings(max_examples=300)
def test_the_places_of_plain_scalars_are_right(text: str):
    try:
        documents = read_documents(text, "f")
    except ConfigurationError:
        return

    for scalar in (one for document in documents for one in scalars(document)):
        written = scalar.source.text[scalar.begin : scalar.end]
        if scalar.style is None and written[:1] not in ("!", "&") and "\n" not in written:
            assert written == scalar.text or "\u2028" in written
        for offset in range(len(scalar.text) + 1):
            place = place_of(scalar, offset)
            assert place.line >= 1
            assert place.column >= 1


@given(VALUES, WORDS)
def test_the_environment_never_changes_the_shape_of_a_tree(value: Json, injected: str):
    (root,) = read_documents(
        json.dumps({"fixed": "x${V}", "value": value}, ensure_ascii=False), "f"
    )
    try:
        replaced = substitute(root, {"V": injected})
    except ConfigurationError:
        return

    assert isinstance(replaced, Mapping)
    assert plain(replaced.entries["fixed"]) == f"x{injected}"
    assert len(scalars(replaced)) == len(scalars(root))


@given(st.text("ghijkl", min_size=12, max_size=20), YAMLISH)
@settings(max_examples=200)
def test_a_secret_is_never_shown(secret: str, rest: str):
    text = f"serve:\n  tls:\n    key_store:\n      password: {secret}\n{rest}"
    try:
        read_configuration(text, "f", {})
    except ConfigurationError as refused:
        assert secret not in str(refused)  # noqa: PT017  (both outcomes are fine)
