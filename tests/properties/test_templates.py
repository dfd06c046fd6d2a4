"""No text makes a template do anything but render or raise the documented errors."""

from hypothesis import given, settings, strategies as st

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.templates.floats import format_float
from edgeauth.expressions.templates.format import quoted
from edgeauth.expressions.templates.functions import FUNCTIONS
from edgeauth.expressions.templates.json_text import json_text
from edgeauth.wire.json import loads
from tests.unit.expressions.templates.scopes import SCOPE, compiled

_PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{{-",
            "-}}",
            "(",
            ")",
            "|",
            ":=",
            "=",
            ",",
            ".",
            "$",
            "$x",
            "$y",
            "/*",
            "*/",
        ),
        *(".Subject.ID", ".Subject.Attributes", ".Subject.Attributes.roles", ".x", ".Request"),
        *(".Subject.Attributes.missing", ".Subject.Attributes.nothing", ".Request.URL", ".Outputs"),
        *('"a"', "`b`", "'c'", "1", "-1", "0", "2.5", "3", "true", "nil", "\n", '","', '"(a*)+"'),
        *("if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"),
        *("and", "or", '"%v"', '"%5.2f"', '"%[2]*d"'),
    ]
)
_CALLS = st.sampled_from(sorted(FUNCTIONS))
_ARGUMENTS = st.sampled_from(
    [
        *(
            "1",
            "-1",
            "0",
            "2.5",
            "`a`",
            '"%d %s"',
            "true",
            "nil",
            ".Subject.ID",
            ".Values.x",
            "`é,b`",
        ),
        *(".Subject.Attributes.roles", ".Subject.Attributes.realm", ".Subject.Attributes.n"),
        *(".Subject.Attributes.mixed", ".Subject.Attributes.nothing", ".Subject.Attributes.em"),
        *(".Subject.Attributes.uni", ".Request.URL", ".Subject", "(list 1 nil)", "(add 1 2)"),
        *(
            '(dict "a" 1)',
            "(dict)",
            "(until 3)",
            ".Subject.Attributes.huge",
            "-9223372036854775808",
        ),
    ]
)


def _run(text: str) -> str | None:
    try:
        return compiled(text).render(SCOPE)
    except (ExpressionError, EvaluationError):
        return None


@given(st.text() | st.lists(_PIECES | _CALLS, max_size=20).map(" ".join))
def test_any_text_renders_or_is_refused(text):
    _run(text)


@given(st.text(alphabet="{}-/* .$\"'`\\|:=()aG0x1_+e\n", max_size=60))
def test_any_sequence_of_delimiters_renders_or_is_refused(text):
    _run("{{" + text + "}}")


@settings(max_examples=600)
@given(_CALLS, st.lists(_ARGUMENTS, max_size=4))
def test_any_function_with_any_arguments_answers_or_is_refused(name, arguments):
    _run(f"{{{{ {name} {' '.join(arguments)} }}}}")


@given(st.text(alphabet="%+-# 0123456789.*[]vTtbcdoOqxXUeEfFgGsp!", max_size=12), _ARGUMENTS)
def test_any_format_prints_or_is_refused(verbs, argument):
    _run(f"{{{{ printf `{verbs}` {argument} 3 }}}}")


@given(st.text())
def test_text_without_delimiters_stays_as_it_is(text):
    plain = text.replace("{{", "")
    assert compiled(plain).constant == plain


_JSON = st.recursive(
    st.none() | st.booleans() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def _doubles(value):
    """Returns the value with every number as a double: Go writes 1.0 as 1 and -0.0 as -0."""
    if isinstance(value, dict):
        return {name: _doubles(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_doubles(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@given(_JSON)
def test_json_text_reads_back_as_the_same_value_and_is_safe_in_html(value):
    text = json_text(value)
    assert _doubles(loads(text)) == _doubles(value)
    assert not set(text) & set("<>&\u2028\u2029")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_float_reads_back_as_the_same_number(number):
    assert float(format_float(number)) == number
    assert float(format_float(number, "f")) == number
    assert float.fromhex(format_float(number, "x")) == number


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_quoted_text_is_a_literal_for_the_same_text(text):
    assert compiled("{{ " + quoted(text) + " }}").constant == text
