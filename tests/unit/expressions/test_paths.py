"""Selectors: what is refused at load, and what is found (as tidwall/gjson finds it)."""

import pytest

from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.paths import MISSING, compile_selector

DOCUMENT = {
    "name": {"first": "Tom", "last": "Anderson"},
    "age": 37,
    "children": ["Sara", "Alex", "Jack"],
    "https://shop.test/roles": ["a"],
    "@k": 5,
    "a|b": 6,
    "3": "three",
    "friends": [
        {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
        {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"], "x": None},
        {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"], "ok": True},
    ],
    "numbers": [1, 2.5, 30, -4],
    "truths": [True, False, None],
    "empty": [],
    "nested": [[1, 2], [3], []],
    "object": {"0": "zero", "k": {"v": [{"id": 1, "t": ["a"]}, {"id": 2, "t": ["a", "b"]}]}},
    "mixed": [1, "1", {"a": 1}, [1], None, "abc", True],
    "nothing": None,
}


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "empty"),
        ("a..b", 2, "unexpected"),
        (".a", 0, "unexpected"),
        ("a.", 2, "too early"),
        ("a|b", 1, "pipes"),
        ("a*", 1, "wildcards"),
        ("a.b?", 3, "wildcards"),
        ("@reverse", 0, "modifiers"),
        ("a.@pretty", 2, "modifiers"),
        ("@thisx", 0, "modifiers"),
        ("{a,b}", 0, "multipaths"),
        ("[a,b]", 0, "multipaths"),
        ('!"x"', 0, "literals"),
        ("a\\", 1, "nothing to escape"),
        ("a.#b", 3, "unexpected"),
        ("a.#(b==1", 8, "not closed"),
        ("a.#(b==", 7, "constant"),
        ("a.#(b==x)", 7, "constant"),
        ("a.#(b==null)", 7, "constant"),
        ("a.#(b%3)", 6, "constant"),
        ("a.#(b==~true)", 7, "constant"),
        ('a.#(b=="x)', 7, "constant"),
        ("a.#()", 4, "unexpected"),
        ("#(" * 9, 17, "nested too deeply"),
        (".".join("a" * 65), 128, "too many components"),
        (".".join("#" * 65), 128, "too many components"),
        ("a" * 1025, 1024, "too long"),
    ],
)
def test_what_is_not_supported_is_refused_at_load_with_its_place(text, offset, message):
    with pytest.raises(ExpressionError) as refused:
        compile_selector(text)
    assert message in refused.value.message
    assert refused.value.offset == offset


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "name.none",
        "age.x",
        "nothing.x",
        "children.3",
        "children.-1",
        "children.x",
        "name.#",
        "name.#.first",
        "age.#",
        "empty.#(a==1)",
        'friends.#(none=="x")',
        'friends.#(nets.#(=="zz")).first',
        'friends.#(last=="Murphy").#',
        "numbers.#(==true)",
        "truths.#(==1)",
        "object.\\0.x",
        "children.\\0",
    ],
)
def test_a_place_with_nothing_is_missing(text):
    assert compile_selector(text).find(DOCUMENT) is MISSING


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nothing", None),
        ("name.last", "Anderson"),
        ("children.1", "Alex"),
        ("children.01", "Alex"),
        ("children.#", 3),
        ("https://shop\\.test/roles.0", "a"),
        ("\\@k", 5),
        ("a\\|b", 6),
        ("3", "three"),
        ("object.0", "zero"),
        ("@this.age", 37),
        ("name.@this.first", "Tom"),
        ("object.k.v.#.id", [1, 2]),
        ("object.k.v.#.t.#", [1, 2]),
        ("object.k.v.#.t.1", ["b"]),
        ("nested.#.0", [1, 3]),
        ("friends.#.ok", [True]),
        ("friends.#.none", []),
        ('friends.#(last=="Murphy").first', "Dale"),
        ('friends.#(last=="Murphy")#.first', ["Dale", "Jane"]),
        ('friends.#(last="Murphy")#.nets.0', ["ig", "ig"]),
        ('friends.#(last!="Murphy")#.first', ["Roger"]),
        ("friends.#( age > 45 )#.last", ["Craig", "Murphy"]),
        ("friends.#(age<=44).first", "Dale"),
        ('friends.#(age>"45")#.first', ["Roger", "Jane"]),
        ('friends.#(first%"D*").last', "Murphy"),
        ('friends.#(first%"?ale").last', "Murphy"),
        ('friends.#(first!%"D*").last', "Craig"),
        ('friends.#(nets.#(=="fb"))#.first', ["Dale", "Roger"]),
        ("friends.#(nets.#>2)#.first", ["Dale"]),
        ("friends.#(x)#.first", ["Roger"]),
        ("friends.#(ok==true).first", "Jane"),
        ('friends.#(first=="Da\\"le")#', []),
        ('children.#(!%"*a*")#', ["Alex"]),
        ("numbers.#(==2.5)", 2.5),
        ("numbers.#(<0)", -4),
        ("truths.#(!=true)#", [False]),
        ("mixed.#(==1)#", [1, "1"]),
        ("mixed.#(a)#", [{"a": 1}]),
        ("empty.#(a==1)#", []),
        ("empty.#", 0),
    ],
)
def test_a_selector_finds_what_gjson_finds(text, found):
    assert compile_selector(text).find(DOCUMENT) == found


def test_this_is_the_document_itself():
    assert compile_selector("@this").find(DOCUMENT) is DOCUMENT


def test_a_number_never_equals_a_word():
    assert compile_selector('#(n=="abc")').find([{"n": 0}]) is MISSING
    assert compile_selector('#(n!="abc").n').find([{"n": 0}]) == 0


def test_large_integers_keep_every_digit():
    document = [{"n": 2**63 + 1, "x": 1}, {"n": 2**63, "x": 2}]
    assert compile_selector(f"#(n=={2**63}).x").find(document) == 2
    assert compile_selector("0.n").find(document) == 2**63 + 1
