import pytest

from edgeauth.config.document import Mapping, Scalar, plain, read_documents
from edgeauth.config.environment import DEFAULT_PREFIX, overlay, substitute
from edgeauth.config.errors import ConfigurationError, problem_at
from edgeauth.config.places import place_of
from edgeauth.model.json import Json

VARIABLES = {"V": "v", "EMPTY": "", "N": "8080", "T": "true", "LIST": "[1, 2]", "MAP": "a: 1\nb: 2"}


def substituted(text: str) -> Json:
    (root,) = read_documents(text, "f.yaml")
    return plain(substitute(root, VARIABLES))


def overlaid(text: str, **variables: str) -> Json:
    documents = read_documents(text, "f.yaml") or read_documents("{}", "f.yaml")
    named = {DEFAULT_PREFIX + name: value for name, value in variables.items()}
    return plain(overlay(documents[0], named, DEFAULT_PREFIX))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: ${1}", id="number-as-name"),
        pytest.param("a: ${V", id="not-closed"),
        pytest.param("a: ${}", id="no-name"),
        pytest.param("a: ${V:+x}", id="operator-of-shells"),
        pytest.param("a: ${V ${V}", id="inside-each-other"),
    ],
)
def test_what_is_no_reference_is_refused(text: str):
    with pytest.raises(ConfigurationError) as refused:
        substituted(text)

    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == (1, 4)
    assert problem.message == "this is no reference to a variable"


def test_a_variable_that_is_no_text_is_refused():
    (root,) = read_documents("a: ${V}", "f.yaml")
    with pytest.raises(ConfigurationError) as refused:
        substitute(root, {"V": "a\udcff"})

    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == (1, 4)
    assert problem.message == "the variable V is not UTF-8"


def test_every_bad_reference_is_told():
    with pytest.raises(ConfigurationError) as refused:
        substituted("a: ${1}\nb:\n  - x ${2}\n")

    assert [(one.line, one.column) for one in refused.value.problems] == [(1, 4), (3, 7)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: ${V}", {"a": "v"}, id="plain"),
        pytest.param("a: x${V}y${V}", {"a": "xvyv"}, id="inside-a-text"),
        pytest.param("a: ${NONE}", {"a": None}, id="not-set"),
        pytest.param("a: '${NONE}'", {"a": ""}, id="not-set-in-quotes"),
        pytest.param("a: ${NONE=d}", {"a": "d"}, id="default"),
        pytest.param("a: ${NONE=}", {"a": None}, id="empty-default"),
        pytest.param("a: ${EMPTY=d}", {"a": "d"}, id="default-for-empty"),
        pytest.param("a: ${EMPTY:=d}", {"a": "d"}, id="default-for-empty-with-colon"),
        pytest.param("a: ${NONE:-d}", {"a": "d"}, id="default-of-shells"),
        pytest.param("a: ${EMPTY:-d}", {"a": "d"}, id="default-of-shells-for-empty"),
        pytest.param("a: ${V:-d}", {"a": "v"}, id="default-that-is-not-needed"),
        pytest.param("a: $${V}", {"a": "${V}"}, id="escaped"),
        pytest.param("a: $${N}", {"a": "${N}"}, id="escaped-stays-text"),
        pytest.param("a: $$${V}", {"a": "$${V}"}, id="escaped-behind-a-dollar"),
        pytest.param("a: x$${ y", {"a": "x${ y"}, id="escaped-without-an-end"),
        pytest.param("a: ${N}", {"a": 8080}, id="number"),
        pytest.param("a: ${NONE:=1}", {"a": 1}, id="default-number"),
        pytest.param("a: ${T}", {"a": True}, id="truth"),
        pytest.param("a: '${N}'", {"a": "8080"}, id="quoted-stays-text"),
        pytest.param("a: ${N}0", {"a": "80800"}, id="part-stays-text"),
        pytest.param("a: ${LIST}", {"a": "[1, 2]"}, id="attack-175-list-stays-text"),
        pytest.param("a: ${MAP}", {"a": "a: 1\nb: 2"}, id="attack-175-map-stays-text"),
        pytest.param("${V}: x", {"${V}": "x"}, id="keys-stay"),
        pytest.param("a: $V $ {V}", {"a": "$V $ {V}"}, id="other-dollars"),
        pytest.param("a: &x [ '${V}' ]\nb: *x", {"a": ["v"], "b": ["v"]}, id="alias"),
    ],
)
def test_references_are_replaced_in_scalars(text: str, value: Json):
    assert substituted(text) == value


def test_a_replaced_value_points_at_its_beginning():
    (root,) = read_documents("a: x ${V} (", "f.yaml")

    replaced = substitute(root, VARIABLES)

    assert isinstance(replaced, Mapping)
    scalar = replaced.entries["a"]
    assert isinstance(scalar, Scalar)
    assert place_of(scalar, 4) == (1, 4)


REFUSED_VARIABLES = [
    pytest.param("a: 1", {"A_B": "2"}, "can not be set below", id="below-a-number"),
    pytest.param("a: [1]", {"A_2": "x"}, "has no entry", id="gap-in-a-list"),
    pytest.param("a: [1]", {"A_X": "x"}, "has no entry", id="key-in-a-list"),
    pytest.param("a: {b: 1}", {"A": "hunter2"}, "another kind", id="text-over-a-map"),
    pytest.param("a: 1", {"A": "{hunter2: 1}"}, "another kind", id="map-over-a-number"),
    pytest.param("", {"A": "hunter2: a: b"}, "can not stand here", id="bad-yaml"),
    pytest.param("", {"A": "&a [*a, hunter2]"}, "alias", id="attack-174-cycle"),
    pytest.param("", {"A": "hunter2\n---\nb"}, "several documents", id="attack-175-documents"),
    pytest.param("", {"A": ""}, "the value is empty", id="empty"),
    pytest.param("", {"A_": "hunter2"}, "empty part", id="empty-part"),
]


@pytest.mark.parametrize(("text", "variables", "message"), REFUSED_VARIABLES)
def test_a_variable_that_does_not_fit_is_named_and_not_shown(
    text: str, variables: dict[str, str], message: str
):
    with pytest.raises(ConfigurationError) as refused:
        overlaid(text, **variables)

    (problem,) = refused.value.problems
    (name,) = variables
    assert problem.file == f"environment variable {DEFAULT_PREFIX}{name}"
    assert message in problem.message
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "variables", "value"),
    [
        pytest.param("", {"A_B": "1"}, {"a": {"b": 1}}, id="new-keys"),
        pytest.param("a: {b: 1, c: 2}", {"A_B": "3"}, {"a": {"b": 3, "c": 2}}, id="replaced"),
        pytest.param("a: {b: 1}", {"A": "{c: 2}"}, {"a": {"b": 1, "c": 2}}, id="maps-merge"),
        pytest.param(
            "a: {b: {c: 1}}", {"A": "{b: {d: 2}}"}, {"a": {"b": {"c": 1, "d": 2}}}, id="deep"
        ),
        pytest.param("", {"A__B": "x"}, {"a_b": "x"}, id="doubled-underscore"),
        pytest.param("", {"A___B": "x"}, {"a_": {"b": "x"}}, id="three-underscores"),
        pytest.param("", {"A_0": "x", "A_1": "y"}, {"a": ["x", "y"]}, id="list"),
        pytest.param("a: [1, 2]", {"A_1": "3", "A_2": "4"}, {"a": [1, 3, 4]}, id="list-goes-on"),
        pytest.param("a: [{b: 1}]", {"A_0_C": "2"}, {"a": [{"b": 1, "c": 2}]}, id="in-a-list"),
        pytest.param("a: [1]", {"A": "[2, 3]"}, {"a": [2, 3]}, id="lists-are-replaced"),
        pytest.param("a:", {"A_B": "1"}, {"a": {"b": 1}}, id="below-nothing"),
        pytest.param("a: 1", {"A": "yes"}, {"a": "yes"}, id="yaml-1-2"),
        pytest.param("a: {1x: y}", {"A_1X": "z"}, {"a": {"1x": "z"}}, id="digit-in-a-key"),
        pytest.param("a: {'0': y}", {"A_0": "z"}, {"a": {"0": "z"}}, id="number-as-key"),
    ],
)
def test_a_variable_sets_its_key(text: str, variables: dict[str, str], value: Json):
    assert overlaid(text, **variables) == value


def test_list_entries_are_set_in_the_order_of_their_numbers():
    variables = {f"A_{index}": str(index) for index in range(12)}

    assert overlaid("", **variables) == {"a": list(range(12))}


def test_other_variables_are_left_alone():
    (root,) = read_documents("a: 1", "f.yaml")

    assert plain(overlay(root, {"A": "2", "EDGEAUTHCFG": "3"}, DEFAULT_PREFIX)) == {"a": 1}


def test_a_key_of_the_file_keeps_its_place_beside_one_of_the_environment():
    (root,) = read_documents("a: {b: 1}", "f.yaml")

    merged = overlay(root, {"EDGEAUTHCFG_A_C": "2"}, DEFAULT_PREFIX)

    assert isinstance(merged, Mapping)
    inner = merged.entries["a"]
    assert isinstance(inner, Mapping)
    assert inner.key("b").source.file == "f.yaml"
    assert inner.key("b").begin == 4
    assert inner.key("c").source.file == "environment variable EDGEAUTHCFG_A_C"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: ${NONE}", "no number (the variable NONE is not set)", id="one"),
        pytest.param(
            "a: ${NONE}:${EMPTY}:${V}",
            "no number (the variables NONE, EMPTY are not set)",
            id="empty-is-not-set",
        ),
        pytest.param("a: ${NONE:-x}", "no number", id="default"),
        pytest.param("a: ${V}", "no number", id="set"),
    ],
)
def test_a_problem_of_a_value_says_which_of_its_variables_are_not_set(text: str, message: str):
    (root,) = read_documents(text, "f.yaml")
    replaced = substitute(root, VARIABLES)
    assert isinstance(replaced, Mapping)

    assert problem_at(replaced.entries["a"], "no number").message == message


def test_a_problem_of_a_value_quotes_the_variable_and_not_what_it_holds():
    (root,) = read_documents("a: x-${V}", "f.yaml")
    replaced = substitute(root, {"V": "hunter2"})
    assert isinstance(replaced, Mapping)

    problem = problem_at(replaced.entries["a"], 'unknown type "x-hunter2"')

    assert problem.message == 'unknown type "x-${V}"'
