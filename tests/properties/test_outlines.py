"""An outline stands for its text: the same tokens, and the same answer whether it compiles.

Only so may a text be taken to compile because another one with its outline did.
"""

from contextlib import suppress

from hypothesis import given, strategies as st

from edgeauth.expressions.cel import compile_expression
from edgeauth.expressions.cel.check import check
from edgeauth.expressions.cel.compile import compile_tree
from edgeauth.expressions.cel.lexer import outline as outline_of_condition, read_tokens
from edgeauth.expressions.cel.parser import parse as parse_condition
from edgeauth.expressions.cel.shapes import known_shape, read_shape
from edgeauth.expressions.declarations import declare
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.templates.lexer import outline as outline_of_template, tokenize
from tests.unit.expressions.cel.scopes import DECLARED

_QUOTES = ['"', "'", '"""', "'''", "`", "\\", '\\"', "//", "/", "/*", "*/", "\n", "\r", " "]
_STRINGS = ['"a"', "'b'", '""', "''", '"x\'y"', 'r"z"', "b'w'", '"""q"""', "'//'", '"}}"', "`{{`"]
_CODE = ["r", "b", "for", "in", "x", "1", "+", "==", "(", ")", ".", ".X", "-", "|", "if", "end"]
_ACTIONS = ["{{", "}}", "{{-", "-}}", "{", "}", "- }}", "{{/* ' */}}", "{{ .X }}", "{{ `}}` }}"]
_CONDITIONS = st.lists(st.sampled_from(_QUOTES + _STRINGS + _CODE), max_size=12).map("".join)
_TEMPLATES = st.lists(st.sampled_from(_QUOTES + _STRINGS + _CODE + _ACTIONS), max_size=12).map(
    "".join
)


@given(_CONDITIONS)
def test_an_outline_of_a_condition_has_the_tokens_of_its_text(text: str) -> None:
    assert _words_of_condition(outline_of_condition(text)) == _words_of_condition(text)


def _words_of_condition(text: str) -> list[tuple[str, str]] | None:
    try:
        tokens = read_tokens(text)
    except ExpressionError:
        return None
    return [(kind, "" if kind == "quoted" else word) for kind, word, _ in tokens]


@given(_TEMPLATES)
def test_an_outline_of_a_template_has_the_actions_of_its_text(text: str) -> None:
    assert _words_of_template(outline_of_template(text)) == _words_of_template(text)


def _words_of_template(text: str) -> list[tuple[str, str]] | None:
    try:
        tokens = tokenize(text)
    except ExpressionError:
        return None
    return [(kind, word) for kind, word, _ in tokens if kind != "text"]


_VALUES = st.sampled_from(['"7"', '"(a"', "'10.0.0.0/8'", '""', '"2020-01-01T00:00:00Z"', "'ID'"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "==", "!=", "<", "in", "&&"])
    functions = st.sampled_from(
        ["int", "double", "bool", "timestamp", "duration", "size", "string", "dyn", "networks"]
    )
    methods = st.sampled_from(["matches", "contains", "regexFind", "split", "format"])
    return st.one_of(
        st.builds("{} {} {}".format, inner, operators, inner),
        st.builds("({})".format, inner),
        st.builds("{}({})".format, functions, inner),
        st.builds("({}).{}({})".format, inner, methods, inner),
        st.builds("Subject[{}]".format, inner),
        st.builds("Request.Header({}) == {}".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("[{}].exists(x, x == {})".format, inner, inner),
        st.builds("cel.bind(x, {}, x + {})".format, inner, inner),
    )


@given(st.recursive(_VALUES, _larger, max_leaves=6))
def test_a_text_of_a_known_shape_compiles_and_has_that_shape(text: str) -> None:
    with suppress(ExpressionError):
        compile_expression(outline_of_condition(text), DECLARED)
    shape = known_shape(text, declare(DECLARED))
    if shape is None:
        return

    tree = parse_condition(text)
    meaning = check(tree, DECLARED)
    compile_tree(tree, meaning)

    assert read_shape(tree, meaning) == shape
