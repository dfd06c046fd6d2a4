"""What facts are remembered under: `values` and whatever else they depend on."""

import pytest
from hypothesis import given, strategies as st

from edgeauth.expressions.templates.pieces import Escaped, Written
from edgeauth.mechanisms.values import cache_key
from edgeauth.model.errors import Fault, Reason

PARTS = st.lists(
    st.binary(max_size=4)
    | st.dictionaries(st.text("ab:|", max_size=2), st.text("ab:|\u00e9", max_size=3), max_size=3),
    max_size=4,
)


def test_half_a_character_has_no_key():
    with pytest.raises(Fault) as caught:
        cache_key(b"part", {"a": "\ud800"})

    assert (caught.value.reason, caught.value.detail) == (
        Reason.INTERNAL,
        "a rendered text is no UTF-8",
    )


@pytest.mark.parametrize(
    ("some", "others"),
    [
        pytest.param((b"ab", b"c"), (b"a", b"bc"), id="where-a-part-ends"),
        pytest.param((b"a",), (b"a", b""), id="an-empty-part"),
        pytest.param(({"a": "b:c"},), ({"a:b": "c"},), id="where-a-name-ends"),
        pytest.param(({"a": "b", "c": "d"},), ({"a": "bc", "": "d"},), id="where-a-text-ends"),
        pytest.param(({"a": ""},), ({},), id="an-empty-text"),
        pytest.param(({"a": "b"}, b""), (b"", {"a": "b"}), id="order-of-parts"),
    ],
)
def test_other_parts_have_another_key(some, others):
    assert cache_key(*some) != cache_key(*others)


@given(PARTS, PARTS)
def test_only_the_same_parts_have_the_same_key(some, others):
    same = [*map(_ordered, some)] == [*map(_ordered, others)]

    assert (cache_key(*some) == cache_key(*others)) is same


def _ordered(part):
    return list(part.items()) if isinstance(part, dict) else part


@pytest.mark.parametrize("kind", [Written, Escaped])
def test_where_a_text_comes_from_does_not_matter(kind):
    assert cache_key({"a": kind("b")}) == cache_key({"a": "b"})
