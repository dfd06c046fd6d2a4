import pytest
from hypothesis import given, strategies as st

from edgeauth.catalogue.globs import GlobError, compile_glob


@pytest.mark.parametrize(
    ("glob", "offset"),
    [
        pytest.param("a{b,c", 1, id="brace"),
        pytest.param("{a,{b,c}", 0, id="the outer of two braces"),
        pytest.param("{a,{b,c", 3, id="the inner of two braces"),
        pytest.param("ab[cd", 2, id="class"),
        pytest.param("ab[", 2, id="class at the end"),
        pytest.param("ab[!", 2, id="negated class at the end"),
        pytest.param("a[", 1, id="only the bracket"),
        pytest.param(r"a[b\]", 1, id="the bracket that would close the class is escaped"),
        pytest.param("a[b\\", 1, id="backslash at the end of a class"),
        pytest.param("a[b-", 1, id="range at the end"),
        pytest.param("a[]", 1, id="empty class"),
        pytest.param("a[]b]", 1, id="empty class before a bracket"),
        pytest.param("a[!]", 1, id="empty negated class"),
        pytest.param("abc\\", 3, id="backslash at the end"),
        pytest.param("[b-a]", 1, id="range the wrong way round"),
        pytest.param("x[!b-a]", 3, id="negated range the wrong way round"),
        pytest.param("[0-9z-a]", 4, id="second range the wrong way round"),
        pytest.param("[a--]", 1, id="range up to a hyphen"),
        pytest.param("{" * 9 + "}" * 9, 8, id="braces nested nine deep"),
        pytest.param("a" * 1025, 1024, id="longer than 1024 characters"),
    ],
)
def test_what_is_no_glob_is_refused_at_its_place(glob: str, offset: int):
    with pytest.raises(GlobError) as refused:
        compile_glob(glob)

    assert refused.value.offset == offset
    assert refused.value.message


@pytest.mark.parametrize(
    ("glob", "matching", "others"),
    [
        pytest.param("", [""], ["a"], id="nothing"),
        pytest.param("*", ["", "a", "a.b", "a\nb"], ["/", "a/b"], id="star"),
        pytest.param("a*c", ["ac", "abc", "abcc"], ["a/c", "acd", "xac"], id="star inside"),
        pytest.param("**", ["", "a", "/", "a/b/c", "\n"], [], id="two stars"),
        pytest.param("a**c", ["ac", "a/b/c"], ["a/b", "xac"], id="two stars inside"),
        pytest.param("***", ["", "a/b"], [], id="three stars"),
        pytest.param("*/*", ["/", "a/b"], ["a", "a/b/c"], id="stars around a slash"),
        pytest.param("?", ["a", "ä", "😀", "."], ["", "/", "ab"], id="question mark"),
        pytest.param("[abc]", ["a", "c"], ["", "d", "ab", "A"], id="class"),
        pytest.param("[a-c]", ["a", "b", "c"], ["d", "-", "B"], id="range"),
        pytest.param("[a-c0-9_]", ["b", "5", "_"], ["-", "d"], id="ranges and a character"),
        pytest.param("[ä-ü]", ["ö"], ["a", "z"], id="range beyond ASCII"),
        pytest.param("[!abc]", ["d", "é"], ["a", "", "dd"], id="negated class"),
        pytest.param("[!a-c]", ["d", "-"], ["b"], id="negated range"),
        pytest.param("[a!]", ["a", "!"], ["b"], id="exclamation mark that is not the first"),
        pytest.param("[!!]", ["a"], ["!"], id="negated exclamation mark"),
        pytest.param("[^a]", ["^", "a"], ["b"], id="caret stands for itself"),
        pytest.param("[a^]", ["^", "a"], ["b"], id="caret at the end stands for itself"),
        pytest.param("[!^]", ["a"], ["^"], id="negated caret"),
        pytest.param("[-a]", ["-", "a"], ["b"], id="hyphen at the beginning"),
        pytest.param("[a-]", ["-", "a"], ["b"], id="hyphen at the end"),
        pytest.param("[-]", ["-"], ["a"], id="nothing but a hyphen"),
        pytest.param(r"[a\-c]", ["-", "a", "c"], ["b", "\\"], id="escaped hyphen"),
        pytest.param(r"[\]]", ["]"], ["\\", r"\]"], id="escaped bracket"),
        pytest.param(r"[!\]a]", ["b"], ["]", "a"], id="negated escaped bracket"),
        pytest.param(r"[\\]", ["\\"], ["a"], id="escaped backslash in a class"),
        pytest.param(r"[\!a]", ["!", "a"], ["b"], id="escaped exclamation mark"),
        pytest.param("[[]", ["["], ["]"], id="opening bracket in a class"),
        pytest.param("[*?{,}]", ["*", "?", "{", ",", "}"], ["a"], id="signs in a class"),
        pytest.param(r"[\d]", ["d"], ["0", "\\"], id="no class of RE2"),
        pytest.param("[[:digit:]]", [":]", "d]"], ["0", "d"], id="no class of POSIX"),
        pytest.param("{a,bc}", ["a", "bc"], ["", "b", "abc", "a,bc"], id="alternatives"),
        pytest.param("{a}", ["a"], ["{a}"], id="one alternative"),
        pytest.param("x{,y}", ["x", "xy"], ["y"], id="empty alternative"),
        pytest.param("{}", [""], ["{}"], id="empty braces"),
        pytest.param("{*.css,*.js}", [".css", "a.js"], ["a/b.js", "a.CSS"], id="globs in braces"),
        pytest.param(
            "a{b,c{d,e{f,g}}h}i", ["abi", "acdhi", "acefhi", "aceghi"], ["achi", "abhi"],
            id="nested braces",
        ),
        pytest.param("{[,}],x}", [",", "}", "x"], ["["], id="class in braces"),
        pytest.param(r"{a\,b,c}", ["a,b", "c"], ["a", "b"], id="escaped comma"),
        pytest.param(r"{a\},b}", ["a}", "b"], ["a"], id="escaped brace"),
        pytest.param("a,b", ["a,b"], ["a", "b"], id="comma outside of braces"),
        pytest.param("a}b]", ["a}b]"], ["ab"], id="closing signs that close nothing"),
        pytest.param(r"\*\?\[\{\\", ["*?[{\\"], ["aa[{\\"], id="escaped signs"),
        pytest.param(r"\a", ["a"], ["\\a"], id="escaped letter"),
        pytest.param("a.c", ["a.c"], ["abc"], id="dot stands for itself"),
        pytest.param("^a|b$", ["^a|b$"], ["a", "b"], id="signs of RE2 stand for themselves"),
        pytest.param("(?i)a", ["(ai)a", "(xi)a"], ["A", "a"], id="flags of RE2 are none"),
    ],
)  # fmt: skip
def test_a_glob_has_to_match_the_whole_value(glob: str, matching: list[str], others: list[str]):
    matches = compile_glob(glob)

    assert [value for value in matching if not matches(value)] == []
    assert [value for value in others if matches(value)] == []


@pytest.mark.parametrize(
    ("glob", "matching", "others"),
    [
        ("*.shop.test", ["a.shop.test", ".shop.test"], ["a.b.shop.test", "shop.test"]),
        ("**.shop.test", ["a.shop.test", "a.b.shop.test"], ["shop.test", "ashop.test"]),
        ("?.test", ["a.test", "/.test"], ["..test", "ab.test"]),
        ("{eu,us}-*.test", ["eu-1.test", "us-.test"], ["eu-1.x.test", "ap-1.test"]),
    ],
)
def test_labels_of_hosts_are_kept_apart(glob: str, matching: list[str], others: list[str]):
    matches = compile_glob(glob, ".")

    assert [value for value in matching if not matches(value)] == []
    assert [value for value in others if matches(value)] == []


def test_eight_braces_may_be_nested():
    assert compile_glob("{" * 8 + "a,b" + "}" * 8)("b")


def test_the_longest_glob_is_compiled():
    assert compile_glob("a" * 1024)("a" * 1024)


@given(st.text(st.characters(exclude_characters="*?[{\\", exclude_categories=["Cs"]), max_size=20))
def test_a_glob_of_ordinary_characters_matches_itself(text: str):
    matches = compile_glob(text)

    assert matches(text)
    assert not matches(text + "x")
    assert not matches("x" + text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.text(max_size=20))
def test_an_escaped_text_matches_nothing_but_itself(text: str, other: str):
    matches = compile_glob("".join(f"\\{character}" for character in text))

    assert matches(text)
    if other.isprintable():
        assert matches(other) == (other == text)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.characters(exclude_categories=["Cs"]),
)
def test_a_class_of_escaped_characters_holds_exactly_them(members: str, other: str):
    written = "".join(f"\\{character}" for character in members)
    matches, excludes = compile_glob(f"[{written}]"), compile_glob(f"[!{written}]")

    for character in (*members, other):
        assert matches(character) == (character in members)
        assert excludes(character) == (character not in members)


def naively(glob: str, value: str, separator: str) -> bool:
    if not glob:
        return not value
    if glob.startswith("**"):
        return any(naively(glob[2:], value[at:], separator) for at in range(len(value) + 1))
    if glob.startswith("*"):
        run = value.partition(separator)[0]
        return any(naively(glob[1:], value[at:], separator) for at in range(len(run) + 1))
    if not value:
        return False
    fits = value[0] != separator if glob[0] == "?" else value[0] == glob[0]
    return fits and naively(glob[1:], value[1:], separator)


@given(
    st.text("*?ab/.", max_size=7), st.text("ab/.\n", max_size=7), st.sampled_from(["/", "."])
)  # fmt: skip
def test_wildcards_match_what_a_naive_matcher_says(glob: str, value: str, separator: str):
    assert compile_glob(glob, separator)(value) == naively(glob, value, separator)


@given(st.text("*?[]{}!^-\\,ab", max_size=12))
def test_every_text_is_a_glob_or_refused_inside_of_it(text: str):
    offset = 0
    try:
        compile_glob(text)
    except GlobError as error:
        offset = error.offset

    assert 0 <= offset < max(len(text), 1)
