import pytest

from edgeauth.engine.route import Found
from edgeauth.model.request import Headers, Request
from tests.fakes.catalogues import RULE, Compiled, compiled, rule_set


def ruled(match: str, more: str = "") -> Compiled:
    text = RULE.replace('match: {routes: [{path: "/orders/:id"}]}', f"match: {{{match}}}")
    return compiled(rule_set(text + more))


def matches(
    made: Compiled,
    path: str = "/x",
    host: str = "a.test",
    method: str = "GET",
    scheme: str = "https",
) -> bool:
    assert made.messages == []
    assert made.book is not None
    request = Request(method, scheme, host, path, "", Headers(), ("192.0.2.1",))
    return isinstance(made.book.find(request), Found)


@pytest.mark.parametrize(
    ("match", "column"),
    [
        pytest.param('routes: [{path: /x}], hosts: [{type: glob, value: "a{b"}]', 65, id="glob"),
        pytest.param('routes: [{path: /x}], hosts: [{type: regex, value: "a(b"}]', 64, id="regex"),
        pytest.param(
            'routes: [{path: "/:a", path_params: [{name: a, type: glob, value: "[b-a]"}]}]', 81,
            id="glob of a path",
        ),
        pytest.param(
            'routes: [{path: "/:a", path_params: [{name: a, type: regex, value: "(?=a)"}]}]', 80,
            id="what RE2 does not know",
        ),
        pytest.param('routes: [{path: "/a%2fb/%2e%2e"}]', None, id="dots in a literal"),
        pytest.param('routes: [{path: "/a%00"}]', None, id="NUL in a literal"),
    ],
)  # fmt: skip
def test_a_condition_that_does_not_compile_is_shown(match: str, column: int | None):
    made = ruled(match)

    (problem,) = made.problems
    assert (problem.file, problem.line) == ("rules-1.yaml", 5)
    assert column is None or problem.column == column


HOSTS = [
    ("exact", "a.test", ["a.test", "a.test:8080"], ["b.a.test", "a.tes", "xa.test"]),
    ("exact", "A.Test", ["a.test"], ["b.test"]),
    ("exact", "a.test:8080", ["a.test:8080"], ["a.test", "a.test:8081"]),
    ("wildcard", "*.a.test", ["b.a.test", "c.b.a.test:1"], ["a.test", "ba.test"]),
    ("wildcard", "*", ["a.test", "[::1]"], []),
    ("wildcard", "a.test", ["a.test"], ["b.a.test"]),
    ("glob", "*.a.test", ["b.a.test", "b.a.test:80"], ["c.b.a.test", "a.test"]),
    ("glob", "{a,b}.test", ["a.test", "b.test"], ["c.test", "a.test.evil"]),
    ("glob", "{A,b}.T[D-F]st", ["a.test", "b.test"], ["c.test"]),
    ("regex", "^[A-Z]+\\\\.Test$", ["a.test"], ["a1.test", "a.test.b"]),
    ("regex", "^(a|b)\\\\.test$", ["a.test", "b.test:443"], ["c.test", "xa.test", "axtest"]),
    ("regex", "shop", ["shop.test", "myshop.test"], ["a.test"]),
]


@pytest.mark.parametrize(("kind", "value", "those", "others"), HOSTS)
def test_hosts(kind: str, value: str, those: list[str], others: list[str]):
    made = ruled(f'routes: [{{path: /x}}], hosts: [{{type: {kind}, value: "{value}"}}]')

    assert [host for host in those if not matches(made, host=host)] == []
    assert [host for host in others if matches(made, host=host)] == []


def test_hosts_of_all_kinds_are_alternatives():
    made = ruled(
        "routes: [{path: /x}], hosts: [{type: exact, value: a.test}, {type: wildcard, value: "
        '"*.b.test"}, {type: glob, value: "c?.test"}, {type: regex, value: "^d"}]'
    )
    hosts = ("a.test", "x.b.test", "c1.test", "d.test", "b.test", "c.test", "e.test")

    assert [matches(made, host=host) for host in hosts] == [True] * 4 + [False] * 3


@pytest.mark.parametrize(
    ("methods", "those", "others"),
    [
        ("[]", ["GET", "TRACE", "PROPFIND"], []),
        ("[GET, POST]", ["GET", "POST"], ["HEAD", "get", "PUT"]),
        ("[ALL]", ["GET", "DELETE", "TRACE"], ["PROPFIND", "ALL"]),
        ('[ALL, "!DELETE", "!TRACE"]', ["GET", "PUT"], ["DELETE", "TRACE", "!DELETE"]),
        ('["!GET", GET, POST]', ["POST"], ["GET"]),
        ("[PROPFIND]", ["PROPFIND"], ["GET"]),
    ],
)
def test_methods(methods: str, those: list[str], others: list[str]):
    made = ruled(f"routes: [{{path: /x}}], methods: {methods}")

    assert [method for method in those if not matches(made, method=method)] == []
    assert [method for method in others if matches(made, method=method)] == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_scheme_excludes_the_other(scheme: str):
    made = ruled(f"routes: [{{path: /x}}], scheme: {scheme}")

    assert [one for one in ("http", "https") if matches(made, scheme=one)] == [scheme]


@pytest.mark.parametrize(
    ("kind", "value", "those", "others"),
    [
        ("exact", "a.b", ["a.b"], ["axb", "a.bc", "A.B"]),
        ("exact", "*", ["*"], ["a"]),
        ("glob", "{*.css,*.js}", ["a.css", ".js"], ["A.CSS", "a.css.map"]),
        ("glob", "[!a]*", ["b", "ba"], ["a", "ab"]),
        ("regex", "b+", ["abc", "b"], ["ac"]),
        ("regex", "^[0-9]+$", ["42"], ["42x", "x42"]),
        ("regex", "(?i)^abc$", ["ABC"], ["ABCD"]),
    ],
)
def test_conditions_on_a_segment(kind: str, value: str, those: list[str], others: list[str]):
    made = ruled(
        f'routes: [{{path: "/:a", path_params: [{{name: a, type: {kind}, value: "{value}"}}]}}]'
    )

    assert [each for each in those if not matches(made, f"/{each}")] == []
    assert [each for each in others if matches(made, f"/{each}")] == []


def test_all_conditions_of_a_path_have_to_hold():
    made = ruled(
        'routes: [{path: "/:a/*b", path_params: [{name: b, type: glob, value: "x/*"}, '
        "{name: a, type: exact, value: y}, {name: b, type: regex, value: z$}]}]"
    )
    paths = ("/y/x/z", "/y/x/az", "/y/x", "/n/x/z", "/y/x/a", "/y/x/a/z")

    assert [matches(made, path) for path in paths] == [True, True, False, False, False, False]


def test_routes_are_alternatives_with_conditions_of_their_own():
    made = ruled(
        'routes: [{path: "/a/:id", path_params: [{name: id, type: exact, value: "1"}]}, '
        '{path: "/b/:id"}, {path: /c}]'
    )
    paths = ("/a/1", "/b/2", "/c", "/a/2", "/d")

    assert [matches(made, path) for path in paths] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("slashes", "path", "captured"),
    [
        ("off", "/f/a%2Fb", None),
        ('"on"', "/f/a%2Fb%20c", "a/b c"),
        ("no_decode", "/f/a%2Fb%20c", "a%2Fb c"),
        ("off", "/f/a%20b", "a b"),
    ],
)
def test_encoded_slashes(slashes: str, path: str, captured: str | None):
    made = ruled('routes: [{path: "/f/:id"}]', f"  allow_encoded_slashes: {slashes}\n")
    assert made.book is not None

    found = made.book.find(Request("GET", "https", "a", path, "", Headers(), ()))

    assert (found.captures["id"] if isinstance(found, Found) else None) == captured


@pytest.mark.parametrize(
    ("written", "asked"),
    [("/%61b", "/ab"), ("/a%2db", "/a-b"), ("/%c3%a4", "/%C3%A4"), ("/a%20b", "/a%20b")],
)
def test_literal_text_is_compared_in_normal_form(written: str, asked: str):
    assert matches(ruled(f'routes: [{{path: "{written}"}}]'), asked)


def test_an_escaped_sign_is_literal_text():
    made = ruled("routes: [{path: '/\\:a/\\*b'}]")

    assert matches(made, "/:a/*b")
    assert not matches(made, "/x/y")
