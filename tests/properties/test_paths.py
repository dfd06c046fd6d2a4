"""Selectors never surprise: any text is compiled or refused, any document searched."""

from hypothesis import given, strategies as st

from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.paths import MISSING, compile_selector

_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab"), inner, max_size=4),
    max_leaves=12,
)


@given(st.text() | st.text(alphabet='ab.#()=<>!%"\\@this019*?| ', max_size=30), _DOCUMENTS)
def test_any_selector_is_refused_or_finds_something_or_nothing(text, document):
    try:
        selector = compile_selector(text)
    except ExpressionError as refused:
        assert 0 <= refused.offset <= max(len(text), 1024)  # noqa: PT017  (most are refused)
        return
    selector.find(document)


@given(st.text(min_size=1), st.integers())
def test_an_escaped_key_is_found_whatever_it_holds(key, value):
    escaped = "".join("\\" + character for character in key)
    if len(escaped) <= 1024:
        assert compile_selector(escaped).find({key: value}) == value
        assert compile_selector(escaped).find({key + "x": value}) is MISSING
