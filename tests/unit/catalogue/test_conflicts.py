"""Rule sets must not lay claim to the same requests (semantics 4.6)."""

import itertools

import pytest
from hypothesis import given, strategies as st

from tests.fakes.catalogues import compiled, rule_set


def ruled(name: str, *matches: str) -> str:
    """Returns a rule set with a rule for each path, or path and hosts."""
    rules = []
    for number, each in enumerate(matches):
        path, _, hosts = each.partition(" ")
        listed = ", ".join(
            f'{{type: {kind(host)}, value: "{text(host)}"}}' for host in hosts.split()
        )
        rules.append(
            f"- id: {name}-{number}\n"
            f"  match: {{routes: [{{path: '{path}'}}], hosts: [{listed}]}}\n"
            "  execute: [{authenticator: anonymous}, {authorizer: allow}]"
        )
    return rule_set(*rules).replace("name: shop", f"name: {name}")


def kind(host: str) -> str:
    head, _, tail = host.partition("~")
    return head if tail else "wildcard"


def text(host: str) -> str:
    return host.rpartition("~")[2]


def conflicting(first: str, second: str) -> bool:
    """Returns whether two sets conflict; the answer must not depend on which comes first."""
    answers = {
        bool(compiled(ruled("a", one), ruled("b", two)).problems)
        for one, two in ((first, second), (second, first))
    }
    assert len(answers) == 1
    return answers.pop()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/pets/:id", "/pets/:id"),
        ("/pets/:id", "/pets/:name"),
        ("/pets/:id", "/pets/**"),
        ("/pets/:id", "/pets/42"),
        ("/pets/:id", "/pets/:id api.test"),
        ("/pets/:id api.test", "/pets/:id api.test"),
        ("/pets/:id *.test", "/pets/:id api.test"),
        ("/pets/:id *.test", "/pets/:id *.api.test"),
        ("/pets/:id *", "/pets/:id *.api.test"),
        ("/pets/:id api.test", "/pets/:id api.test:8443"),
        ("/pets/:id *.test", "/pets/:id api.test:8443"),
        ("/pets/:id *.test:8443", "/pets/:id api.test:8443"),
        ("/pets/:id API.test", "/pets/:id api.TEST"),
        ("/pets/42", "/pets/:id api.test"),
        ("/pets/:id *.test", "/** api.test"),
        ("/pets/:id other.test api.test", "/pets/42 api.test"),
        ("/**", "/a/b/c"),
        ("/**", "/a/:b/**"),
        ("/a/**", "/a/b/"),
        ("/a/*rest", "/a/**"),
        ("/:a/:b", "/:c/d"),
        ("/:a/:b", "/y/**"),
        ("/y/**", "/:a/:b"),
        ("/y/**", "/:a/:b api.test"),
        ("/a/:b/**", "/a/:c/:d"),
        ("/%61", "/a"),
        (r"/\:a", "/:b"),
        ("/", "/"),
        ("/x glob~*.a.test", "/x"),
        ("/x glob~*.a.test", "/x glob~*.a.test"),
        ("/x glob~*.a.test", "/x b.a.test"),
        ("/x glob~*.a.test", "/x *.a.test"),
        ("/x regex~^b", "/x b.test:80"),
    ],
)
def test_equal_wider_and_narrower_claims_conflict(first: str, second: str):
    assert conflicting(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/pets/:id", "/orders/**"),
        ("/pets/:id", "/pets/:id/toys"),
        ("/pets/:id", "/pets/"),
        ("/pets/**", "/pets"),
        ("/pets/**", "/pets/"),
        ("/**", "/"),
        ("/:a/x", "/y/:b"),
        ("/:a/x/**", "/y/:b/z"),
        ("/:a/:b/:c", "/y/**"),
        ("/:a/:b", "/y/z/**"),
        ("/a/:b/**", "/a/:c"),
        (r"/\:a", r"/\*a"),
        ("/x a.test", "/x b.test"),
        ("/x *.a.test", "/x a.test"),
        ("/x *.a.test", "/x *.b.test"),
        ("/x *.a.test", "/x b.aa.test"),
        ("/x a.test:80", "/x a.test:81"),
        ("/x [::1]", "/x [::2]"),
        ("/x glob~*.a.test", "/x c.b.a.test"),
        ("/x glob~*.a.test", "/x *.b.test"),
        ("/x glob~*.a.test", "/x glob~*.b.test"),
        ("/x regex~^b", "/x c.test"),
    ],
)
def test_what_is_for_other_requests_does_not_conflict(first: str, second: str):
    """The reference once saw conflicts between different hosts (its issue 3170)."""
    assert not conflicting(first, second)


def test_both_rules_are_named_and_the_later_set_is_the_one_to_mend():
    made = compiled(ruled("a", "/other", "/pets/:id"), ruled("b", "/pets/** api.test"))

    (problem,) = made.problems
    assert (problem.file, problem.line, problem.column) == ("rules-2.yaml", 5, 29)
    assert problem.message == (
        'conflicting rules: "/pets/**" of api.test in rule "b-0" meets "/pets/:id" in rule "a-1"'
        " (rules-1.yaml:8)"
    )
    assert problem.source_line[problem.caret : problem.caret + problem.width] == "'/pets/**'"
    assert problem.code == "conflict"


def test_methods_and_captures_make_no_difference():
    first = ruled("a", "/pets/:id").replace("hosts: []", "methods: [GET]")
    second = ruled("b", "/pets/:id").replace("hosts: []", "methods: [POST]")

    assert len(compiled(first, second).problems) == 1


def test_within_a_set_the_order_decides():
    assert compiled(ruled("a", "/pets/:id", "/pets/**", "/pets/42", "/pets/:id")).problems == ()


def test_documents_of_one_file_are_sets_of_their_own():
    made = compiled(ruled("a", "/pets/:id") + "\n---\n" + ruled("b", "/pets/42"))

    assert [problem.code for problem in made.problems] == ["conflict"]


def test_each_set_that_conflicts_is_told():
    made = compiled(ruled("a", "/**"), ruled("b", "/b"), ruled("c", "/c"), ruled("d", "/"))

    assert [problem.file for problem in made.problems] == ["rules-2.yaml", "rules-3.yaml"]


def test_a_set_that_conflicts_a_thousand_times_is_not_told_a_thousand_times():
    many = ruled("b", *(f"/pets/{number}" for number in range(1000)))

    assert 0 < len(compiled(ruled("a", "/pets/:id"), many).problems) <= 20


def test_paths_of_a_tenant_that_branch_at_every_segment_cost_nothing():
    paths = ["/" + "/".join(parts) for parts in itertools.product(("a", ":x"), repeat=9)]
    wide = [path.replace(":x", f":x{number}") for number, path in enumerate(paths)]
    distinct = [
        "/".join(f":n{place}" if part.startswith(":") else part for place, part in enumerate(parts))
        for parts in (path.split("/") for path in wide)
    ]

    assert compiled(ruled("a", *distinct), ruled("b", "/b/**")).problems == ()


def test_a_path_of_a_thousand_segments_is_looked_at():
    deep = "/a" * 1000

    assert conflicting(deep, deep)


# Against the definition: of two expressions one matches whatever the other one does, or would if
# that had a single wildcard at its end in place of a free one.

SEGMENTS = st.sampled_from(["a", "b", ":x", ":y"])
PATHS = st.tuples(st.lists(SEGMENTS, max_size=3), st.sampled_from(["", "/", "/**"])).map(
    lambda parts: (
        "".join(
            f"/:{place}{part[1:]}" if part[0] == ":" else f"/{part}"
            for place, part in enumerate(parts[0])
        )
        + (parts[1] or ("" if parts[0] else "/"))
    )
)
ASKED = [
    "/" + "/".join(parts)
    for length in range(1, 6)
    for parts in itertools.product(("a", "b", "c"), repeat=length)
]
ASKED += [f"{path}/" for path in ["", *ASKED]]


def matched(path: str) -> frozenset[str]:
    def fits(asked: str) -> bool:
        wanted, given = path[1:].split("/"), asked[1:].split("/")
        if wanted[-1] == "**":
            rest = given[len(wanted) - 1 :]
            if not "/".join(rest):
                return False
            wanted, given = wanted[:-1], given[: len(wanted) - 1]
        return len(wanted) == len(given) and all(
            bool(there) if part.startswith(":") else part == there
            for part, there in zip(wanted, given, strict=True)
        )

    return frozenset(filter(fits, ASKED))


@given(first=PATHS, second=PATHS)
def test_a_conflict_is_that_one_path_covers_the_other(first: str, second: str):
    one, two = matched(first), matched(second)

    assert conflicting(first, second) == (
        one <= two
        or two <= one
        or matched(first.replace("**", ":z")) <= two
        or matched(second.replace("**", ":z")) <= one
    )
