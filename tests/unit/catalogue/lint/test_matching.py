"""Paths that never match, and hosts that overlap."""

import pytest

from tests.unit.catalogue.lint.landscapes import Severity, codes, found_in, places, rule

OTHER = ("authenticator: user", "authorizer: readers")

SHADOWED = [
    pytest.param("routes: [{path: /a}]", "routes: [{path: /a}]", id="the same path"),
    pytest.param("routes: [{path: /a/:x}]", "routes: [{path: /a/:y}]", id="other names"),
    pytest.param("routes: [{path: /**}]", "routes: [{path: /*rest}], methods: [GET]", id="methods"),
    pytest.param("routes: [{path: /a}]", "routes: [{path: /a}], scheme: https", id="scheme"),
    pytest.param(
        "routes: [{path: /a}], hosts: [{type: exact, value: A.test}]",
        "routes: [{path: /a}], hosts: [{type: exact, value: a.test}]",
        id="host in other letters",
    ),
    pytest.param(
        "routes: [{path: /a}]",
        'routes: [{path: /a}], hosts: [{type: glob, value: "*.test"}]',
        id="a host that the trie can not hold",
    ),
    pytest.param(
        "routes: [{path: /:x}]",
        "routes: [{path: /:x, path_params: [{name: x, type: glob, value: a*}]}]",
        id="a condition on the path",
    ),
    pytest.param(
        "routes: [{path: /a/**}]",
        "routes: [{path: '/:x/**', path_params: [{name: x, type: exact, value: a}]}]",
        id="a wildcard that may only be what the other has literally",
    ),
    pytest.param(
        "routes: [{path: /a/:y}]",
        "routes: [{path: /:x/b, path_params: [{name: x, type: exact, value: a}]}]",
        id="and the rest is wider",
    ),
]


@pytest.mark.parametrize(("first", "second"), SHADOWED)
def test_a_path_that_another_rule_takes_altogether_is_found(first: str, second: str) -> None:
    found = found_in(rule("first", first), rule("second", second, *OTHER))

    assert "shadowed-path" in [each.code.value for each in found]
    assert '"first" (line 3) takes them all' in "".join(each.problem.message for each in found)


VISIBLE = [
    pytest.param("routes: [{path: /a}], methods: [GET]", "routes: [{path: /a}]", id="methods left"),
    pytest.param("routes: [{path: /a}], scheme: http", "routes: [{path: /a}]", id="scheme left"),
    pytest.param("routes: [{path: /**}]", "routes: [{path: /a}]", id="more specific"),
    pytest.param("routes: [{path: /:x}]", "routes: [{path: /a}]", id="literal before wildcard"),
    pytest.param("routes: [{path: /a/**}]", "routes: [{path: /a/}]", id="the last slash"),
    pytest.param(
        "routes: [{path: /a}], hosts: [{type: exact, value: a.test}]",
        "routes: [{path: /a}]",
        id="other hosts",
    ),
    pytest.param(
        "routes: [{path: /:x, path_params: [{name: x, type: glob, value: a*}]}]",
        "routes: [{path: /:x}]",
        id="values left",
    ),
    pytest.param(
        "routes: [{path: /a}]",
        "routes: [{path: /:x, path_params: [{name: x, type: exact, value: b}]}]",
        id="another value",
    ),
    pytest.param("routes: [{path: /a}]", "routes: [{path: /a}, {path: /b}]", id="another path"),
]


@pytest.mark.parametrize(("first", "second"), VISIBLE[:-1])
def test_a_path_with_requests_left_is_not_found(first: str, second: str) -> None:
    assert "shadowed-path" not in codes(rule("first", first), rule("second", second, *OTHER))


def test_only_the_path_that_is_taken_is_found() -> None:
    found = found_in(
        rule("first", "routes: [{path: /a}]"),
        rule("second", "routes: [{path: /b}, {path: /a}]", *OTHER),
    )

    assert len(places(found, "shadowed-path")) == 1


def test_two_rules_may_take_a_path_together() -> None:
    reading = rule("reading", "routes: [{path: /a}], methods: [GET]")
    writing = rule("writing", "routes: [{path: /a}], methods: [POST, PUT]")
    third = rule("third", "routes: [{path: /a}], methods: [PUT, GET]", *OTHER)

    (found,) = [
        each for each in found_in(reading, writing, third) if "take" in each.problem.message
    ]

    assert '"reading" (line 3) and "writing"' in found.problem.message
    assert "take them all" in found.problem.message


def test_the_order_that_counts_is_that_of_the_trie() -> None:
    wide, pinned = (
        rule("wide", "routes: [{path: /:x}]"),
        rule("pinned", "routes: [{path: /:x, path_params: [{name: x, type: exact, value: a}]}]"),
    )

    assert "shadowed-path" in codes(wide, pinned)
    assert "shadowed-path" not in codes(pinned, wide)


def test_other_treatment_of_encoded_slashes_leaves_requests() -> None:
    match = "routes: [{path: /:x, path_params: [{name: x, type: glob, value: a*}]}]"
    other = rule("second", match, *OTHER, more='allow_encoded_slashes: "on"')

    assert "shadowed-path" not in codes(rule("first", match), other)


def test_a_path_of_many_wildcards_takes_no_time() -> None:
    path = "/" + "/".join(f":x{number}" for number in range(300))

    assert codes(*(rule(f"r{n}", f"routes: [{{path: {path}/{n}}}]") for n in range(20))) == []


def host(kind: str, value: str, path: str = "/a") -> str:
    return f'routes: [{{path: "{path}"}}], hosts: [{{type: {kind}, value: "{value}"}}]'


OVERLAPPING = [
    pytest.param(host("wildcard", "*.a.test"), host("exact", "b.a.test"), id="exact"),
    pytest.param(host("wildcard", "*.a.test"), host("exact", "b.a.test:80"), id="with a port"),
    pytest.param(host("wildcard", "*.a.test"), host("wildcard", "*.b.a.test"), id="wildcard"),
    pytest.param(host("wildcard", "*.a.test", "/:x"), host("exact", "b.a.test", "/:y"), id="names"),
]


@pytest.mark.parametrize(("wide", "narrow"), OVERLAPPING)
def test_a_host_that_leaves_the_pipeline_of_its_domain_is_found(wide: str, narrow: str) -> None:
    (found,) = found_in(rule("wide", wide, *OTHER), rule("narrow", narrow))

    assert found.code.value == "overlapping-hosts"
    assert found.severity is Severity.NOTE
    assert 'not through "wide"' in found.problem.message


def test_across_rule_sets_it_is_a_warning() -> None:
    head = 'version: "1alpha4"\nrules:\n'
    wide, narrow = host("wildcard", "*.a.test"), host("exact", "b.a.test")

    (found,) = found_in(files=(head + rule("wide", wide, *OTHER), head + rule("narrow", narrow)))

    assert found.severity is Severity.WARNING
    assert '"wide" (0.yaml:3) of *.a.test' in found.problem.message


APART = [
    pytest.param(host("wildcard", "*.a.test"), host("exact", "a.test"), OTHER, id="the domain"),
    pytest.param(host("wildcard", "*.a.test"), host("exact", "b.ca.test"), OTHER, id="another"),
    pytest.param(host("wildcard", "*.a.test"), host("exact", "b.a.test", "/b"), OTHER, id="path"),
    pytest.param("routes: [{path: /a}]", host("exact", "b.a.test"), OTHER, id="any host"),
    pytest.param(
        host("wildcard", "*.a.test") + ", methods: [GET]",
        host("exact", "b.a.test") + ", methods: [POST]",
        OTHER,
        id="methods",
    ),
    pytest.param(
        host("wildcard", "*.a.test"),
        host("exact", "b.a.test"),
        ("authorizer: allow",),
        id="the same pipeline",
    ),
]


@pytest.mark.parametrize(("wide", "narrow", "steps"), APART)
def test_hosts_apart_are_not_found(wide: str, narrow: str, steps: tuple[str, ...]) -> None:
    assert codes(rule("wide", wide, *steps), rule("narrow", narrow)) == []
