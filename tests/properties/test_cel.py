"""Whatever text is a condition: it is refused, it fails, or it has a value."""

from hypothesis import given, strategies as st

from edgeauth.expressions.cel import compile_condition, compile_expression
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from tests.unit.expressions.cel.scopes import DECLARED, SCOPE

_WORDS = st.sampled_from(
    [
        "Request",
        "Subject",
        "Outputs",
        "Values",
        "Payload",
        "Error",
        "Method",
        "URL",
        "Attributes",
        "roles",
        "ID",
        "x",
        "y",
        "size",
        "has",
        "all",
        "exists",
        "exists_one",
        "map",
        "filter",
        "sortBy",
        "contains",
        "matches",
        "split",
        "join",
        "format",
        "int",
        "uint",
        "double",
        "string",
        "bytes",
        "bool",
        "dyn",
        "type",
        "timestamp",
        "duration",
        "in",
        "true",
        "false",
        "null",
        "1",
        "2u",
        "0",
        "-1",
        "1.5",
        "1e400",
        "0x10",
        "9223372036854775807",
        "'a'",
        '"%s"',
        "b'x'",
        "r'\\d'",
        "'''t'''",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        ":",
        "?",
        "+",
        "-",
        "*",
        "/",
        "%",
        "!",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "&&",
        "||",
        "math.greatest",
        "lists.range",
        "base64.decode",
        "networks",
        "`a`",
        "//",
        "?.",
        "optional.of",
        "optional.none()",
        "orValue",
        "optMap",
        "cel.bind",
        "cel.block",
        "cel.index",
        "transformMap",
        "transformMapEntry",
        "regex.replace",
        "ip",
        "cidr",
        "\\",
        "@",
        "\n",
    ]
)
_TEXTS = st.one_of(st.lists(_WORDS, max_size=25).map(" ".join), st.text(max_size=40))

_LEAVES = st.sampled_from(
    [
        "1",
        "0",
        "-1",
        "2u",
        "1.5",
        "0.0",
        "true",
        "false",
        "null",
        "'a'",
        "''",
        "b'a'",
        "[]",
        "{}",
        "[1,'a']",
        "{'a':1,true:2}",
        "Subject.Attributes",
        "Subject.Attributes.roles",
        "Subject.Attributes.age",
        "Payload.count",
        "x",
        "Values.owner",
        "Outputs",
    ]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(
        ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"]
    )
    macros = st.sampled_from(
        [
            "all",
            "exists",
            "exists_one",
            "map",
            "filter",
            "sortBy",
        ]
    )
    functions = st.sampled_from(
        ["size", "int", "uint", "double", "string", "bytes", "bool", "type", "dyn", "timestamp"]
    )
    methods = st.sampled_from(
        ["size", "join", "distinct", "sort", "reverse", "flatten", "last", "getHours"]
    )
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("dyn({})".format, inner),
        st.builds("dyn({}).{}(x, {})".format, inner, macros, inner),
        st.builds("{}({})".format, functions, inner),
        st.builds("dyn({}).{}()".format, inner, methods),
        st.builds("dyn({})[dyn({})]".format, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("[?dyn({}), {}]".format, inner, inner),
        st.builds("{{?'a': dyn({}), {}: 1}}".format, inner, inner),
        st.builds("dyn({}).?a.b".format, inner),
        st.builds("dyn({})[?dyn({})].optMap(x, {})".format, inner, inner, inner),
        st.builds("dyn({}).orValue({})".format, inner, inner),
        st.builds("optional.ofNonZeroValue({})".format, inner),
        st.builds("cel.bind(x, {}, {})".format, inner, inner),
        st.builds("dyn({}).exists(i, x, {})".format, inner, inner),
        st.builds("dyn({}).transformMap(i, x, {})".format, inner, inner),
        st.builds("dyn({}).transformMapEntry(i, x, {{{}: x}})".format, inner, inner),
        st.builds("'%s %d'.format([{}, {}])".format, inner, inner),
    )


@given(_TEXTS)
def test_any_text_is_refused_or_answered_and_nothing_else_happens(text: str) -> None:
    try:
        answer = compile_condition(text, DECLARED).evaluate(SCOPE)
    except (ExpressionError, EvaluationError):
        return

    assert answer is True or answer is False


@given(st.recursive(_LEAVES, _larger, max_leaves=12))
def test_what_is_evaluated_never_breaks(text: str) -> None:
    """A failure is one that the language knows, not one of Python that was caught at the end."""
    failure = ""
    try:
        compile_expression(f"[1].map(x, dyn({text}))", DECLARED).evaluate(SCOPE)
    except (ExpressionError, EvaluationError) as error:
        failure = str(error)

    assert "broke" not in failure
