import pytest

from edgeauth.wire.scopes import ScopeMatching, ScopeRequirement, check_scopes

EXACT, HIERARCHIC, WILDCARD = ScopeMatching


def passes(claims, values, matching=EXACT):
    return check_scopes(claims, ScopeRequirement(tuple(values), matching)) is None


@pytest.mark.parametrize(
    ("claims", "values", "matching"),
    [
        pytest.param({}, ["a"], EXACT, id="none-granted"),
        pytest.param({"scope": "a"}, ["a", "b"], EXACT, id="one-of-two"),
        pytest.param({"scope": "ab"}, ["a"], EXACT, id="part-of-a-name"),
        pytest.param({"scope": "A"}, ["a"], EXACT, id="other-case"),
        pytest.param({"scope": ["a b"]}, ["a"], EXACT, id="list-with-a-blank"),
        pytest.param({"scope": ["a", 1]}, ["a"], EXACT, id="list-with-a-number"),
        pytest.param({"scope": {"a": 1}}, ["a"], EXACT, id="object"),
        pytest.param({"scope": "a\tb"}, ["a"], EXACT, id="only-spaces-separate"),
        pytest.param({"scp": "", "scope": "a"}, ["a"], EXACT, id="empty-text-counts-first"),
        pytest.param({"scp": "x", "scope": "a"}, ["a"], EXACT, id="scp-counts-first"),
        pytest.param({"scp": None, "scope": "a"}, ["a"], EXACT, id="null-scp-counts-first"),
        pytest.param({"scope": "*"}, ["a"], EXACT, id="no-wildcard-where-exact"),
        pytest.param({"scope": "a.b"}, ["a"], HIERARCHIC, id="a-parent-is-more"),
        pytest.param({"scope": "a.b"}, ["a.bc"], HIERARCHIC, id="a-longer-neighbour"),
        pytest.param({"scope": "a.*"}, ["a"], WILDCARD, id="star-stands-for-something"),
        pytest.param({"scope": "a.*.c"}, ["a.b.b.c"], WILDCARD, id="one-segment-in-the-middle"),
        pytest.param({"scope": "a.*.c"}, ["a..c"], WILDCARD, id="no-empty-segment"),
        pytest.param({"scope": "a.*"}, ["a."], WILDCARD, id="no-empty-end"),
        pytest.param({"scope": "a.*"}, ["b.c"], WILDCARD, id="another-first-segment"),
        pytest.param({"scope": "a.b*"}, ["a.bc"], WILDCARD, id="star-only-for-whole-segments"),
        pytest.param({"scope": "a"}, ["a.b"], WILDCARD, id="no-hierarchy-in-wildcards"),
    ],
)
def test_too_few_scopes_are_refused(claims, values, matching):
    assert not passes(claims, values, matching)


@pytest.mark.parametrize(
    ("claims", "values", "matching"),
    [
        pytest.param({}, [], EXACT, id="none-demanded"),
        pytest.param({"scope": "b  a"}, ["a", "b"], EXACT, id="text"),
        pytest.param({"scp": ["b", "a"]}, ["a", "b"], EXACT, id="list"),
        pytest.param({"scp": [], "scope": "a"}, ["a"], EXACT, id="an-empty-list-counts-as-absent"),
        pytest.param({"scope": "a.b"}, ["a.b", "a.b.c"], HIERARCHIC, id="itself-and-below"),
        pytest.param({"scope": "a.*"}, ["a.b", "a.b.c"], WILDCARD, id="one-or-more-at-the-end"),
        pytest.param({"scope": "a.*.c"}, ["a.b.c"], WILDCARD, id="one-in-the-middle"),
        pytest.param({"scope": "*"}, ["a.b"], WILDCARD, id="everything"),
        pytest.param({"scope": "a.b"}, ["a.b"], WILDCARD, id="no-star"),
    ],
)
def test_enough_scopes_pass(claims, values, matching):
    assert passes(claims, values, matching)
