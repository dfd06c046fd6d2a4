from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.wire.structured_fields import (
    InnerList,
    Item,
    Token,
    serialize_dictionary,
    serialize_list,
    serialize_member,
)
from edgeauth.wire.structured_parser import (
    LONGEST_VALUE,
    MOST_MEMBERS,
    parse_dictionary,
    parse_item,
    parse_list,
)

NAMES = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,6}", fullmatch=True)
VALUES = (
    st.integers(-(10**15) + 1, 10**15 - 1)
    | st.booleans()
    | st.binary(max_size=9)
    | st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=9)
    | st.decimals(-(10**11), 10**11, places=3)
    | st.from_regex(r"[A-Za-z*][!#$%&'*+.^_`|~A-Za-z0-9:/-]{0,8}", fullmatch=True).map(Token)
)
PARAMETERS = st.dictionaries(NAMES, VALUES, max_size=3).map(lambda found: (*found.items(),))
ITEMS = st.builds(Item, VALUES, PARAMETERS)
MEMBERS = ITEMS | st.builds(InnerList, st.lists(ITEMS, max_size=3).map(tuple), PARAMETERS)


@pytest.mark.parametrize(
    "text",
    ["", "a b", '"', '"a', '"\\a"', '"é"', '"\x7f"', "é", ":a:", ":a", ":YQ=:", ":YR==:", ": YQ==:",
     "?", "?2", "?10", "-", "1.", ".1", "1.2345", "1" * 16, "1" * 13 + ".0", "--1", "+1", "1 2",
     "1;", "1;A", "1;a=", "1;a=1;a=2", "1,", "(1)", "@1", '%"a"', "\t1", "=", "1\n", "٣"],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_item_is_malformed(text):
    with pytest.raises(Malformed):
        parse_item(text)


@pytest.mark.parametrize(
    "text",
    ["a=1,", ",a=1", "a=1,,b=2", "a=1 b=2", "A=1", "a=1, a=2", "a, a", "a=", "a=(1", "a=(1,2)",
     "a=1)", "a=((1))", "a=(1)b", "a=1;b;b", "1", "a =1", '"a"=1'],
)  # fmt: skip
def test_what_is_no_dictionary_is_malformed(text):
    with pytest.raises(Malformed):
        parse_dictionary(text)


@pytest.mark.parametrize(
    "text",
    ["1, " * MOST_MEMBERS + "1", "(" + "1 " * (MOST_MEMBERS + 1) + ")", "1" * (LONGEST_VALUE + 1),
     "1" + "".join(f";a{n}" for n in range(MOST_MEMBERS + 1))],
    ids=["members", "items", "characters", "parameters"],
)  # fmt: skip
def test_size_is_bounded(text):
    with pytest.raises(Malformed):
        parse_list(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("-0", 0), ("042", 42), ("-1.50", Decimal("-1.5")), ("?0", False), ("*a/b:c", Token("*a/b:c")),
     ("::", b""), ('"a\\"\\\\"', 'a"\\'), ("  1  ", 1)],
)  # fmt: skip
def test_items_are_read(text, value):
    assert parse_item(text).value == value


def test_blanks_are_taken_where_the_standard_allows_them():
    found = parse_dictionary(' a=( 1   "b";x ); y=?0 ,\t b;z=1')
    assert found == {
        "a": InnerList((Item(1), Item("b", (("x", True),))), (("y", False),)),
        "b": Item(value=True, parameters=(("z", 1),)),
    }
    assert serialize_dictionary(found) == 'a=(1 "b";x);y=?0, b;z=1'


def test_nothing_is_an_empty_list_and_an_empty_dictionary():
    assert (parse_list(""), parse_dictionary("  ")) == ((), {})


@given(st.dictionaries(NAMES, MEMBERS, max_size=4))
def test_what_is_written_is_read_again(members):
    text = serialize_dictionary(members)
    again = parse_dictionary(text)
    assert serialize_dictionary(again) == text
    assert list(again) == list(members)
    assert parse_list(serialize_list((*members.values(),))) == (*again.values(),)


@given(st.text(alphabet='ab="\\:;,()? \t109.-*é', max_size=40))
def test_a_text_is_read_or_malformed(text):
    for parse, write in (
        (parse_dictionary, serialize_dictionary),
        (parse_list, serialize_list),
        (parse_item, serialize_member),
    ):
        try:
            found = parse(text)
        except Malformed:
            continue
        assert parse(write(found)) == found
