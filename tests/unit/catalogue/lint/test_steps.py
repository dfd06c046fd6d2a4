"""Who is asking, steps that never run, results that nobody reads, conditions that are none."""

import pytest

from tests.unit.catalogue.lint.landscapes import (
    CATALOGUE,
    DEFAULT,
    JWT,
    codes,
    found_in,
    places,
    rule,
)

A = "routes: [{path: /a}]"
READING = f"{A}, methods: [GET, HEAD]"
FALLBACK = ("authenticator: user", "authenticator: anonymous", "authorizer: allow")


@pytest.mark.parametrize("match", [A, f"{A}, methods: [GET, POST]", f"{A}, methods: [ALL]"])
def test_anonymous_behind_a_credential_is_found_where_one_may_write(match: str) -> None:
    found = found_in(rule("a", match, *FALLBACK))

    assert places(found, "anonymous-fallback") == [("0.yaml", 7, 25)]


FALLBACKS = (
    CATALOGUE
    + "default_rule:\n  execute:\n"
    + "".join(f"    - {step}\n" for step in ("authenticator: user", "authenticator: anonymous"))
)


def test_a_fallback_that_is_inherited_is_found_in_the_rule() -> None:
    configuration = FALLBACKS + "    - authorizer: deny\n"

    found = found_in(rule("a", A), configuration=configuration)

    assert places(found, "anonymous-fallback") == [("0.yaml", 3, 9)]


@pytest.mark.parametrize(
    ("match", "steps"),
    [
        pytest.param(READING, FALLBACK, id="reading methods"),
        pytest.param(A, ("authenticator: anonymous", "authorizer: allow"), id="no credential"),
        pytest.param(A, ("authenticator: nobody", *FALLBACK[1:]), id="a credential of nobody"),
        pytest.param(A, FALLBACK[::2], id="no anonymous"),
    ],
)
def test_other_authenticators_are_not_found(match: str, steps: tuple[str, ...]) -> None:
    assert codes(rule("a", match, *steps)) == []


def test_anonymous_for_some_requests_only_is_not_found() -> None:
    text = (
        'version: "1beta1"\nrules:\n  - id: a\n    match: {http: {paths: [{path: /a}]}}\n'
        "    execute:\n      - {authenticator: user}\n"
        "      - {authenticator: anonymous, if: Request.Method == 'GET'}\n"
        "      - {authorizer: allow}\n"
    )

    assert codes(files=(text,)) == []


def catalogue(assertions: str) -> str:
    authenticator = f"[{{id: user, type: jwt, config: {{{JWT}{assertions}}}}}]"
    return (
        f"mechanisms:\n  authenticators: {authenticator}\n"
        "  authorizers: [{id: allow, type: allow}, {id: deny, type: deny}]\n"
        "default_rule: {execute: [{authenticator: user}, {authorizer: deny}]}\n"
    )


def test_tokens_for_every_audience_are_found() -> None:
    assert places(found_in(configuration=catalogue("")), "missing-audience") == [
        ("edgeauth.yaml", 2, 25)
    ]


def test_an_audience_that_every_step_demands_is_enough() -> None:
    configuration = catalogue("").replace(
        "{authenticator: user}", "{authenticator: user, config: {assertions: {audience: [a]}}}"
    )

    assert codes(configuration=configuration) == []


UNREACHABLE = [
    pytest.param(("authenticator: anonymous", "authenticator: user"), 7, id="authenticator"),
    pytest.param(("authorizer: deny", "authorizer: allow"), 7, id="authorizer"),
    pytest.param(("authorizer: deny", "finalizer: noop"), 7, id="finalizer"),
    pytest.param(("authorizer: deny, if: 'true'", "contextualizer: opa"), 7, id="constant"),
]


@pytest.mark.parametrize(("steps", "line"), UNREACHABLE)
def test_a_step_that_never_runs_is_found(steps: tuple[str, ...], line: int) -> None:
    found = found_in(rule("a", A, *steps))

    assert [place[1] for place in places(found, "unreachable-step")] == [line]


def test_an_error_handler_behind_one_for_everything_is_found() -> None:
    handlers = "on_error: [{error_handler: default}, {error_handler: basic}]"

    assert codes(rule("a", A, more=handlers)) == ["unreachable-step"]


REACHABLE = [
    pytest.param(("authenticator: user", "authenticator: nobody"), "", id="refusing"),
    pytest.param(
        ('authorizer: deny, if: Request.Method == "PUT"', "authorizer: allow"), "", id="condition"
    ),
    pytest.param(
        ("authorizer: allow",),
        "on_error: [{error_handler: default, if: type(Error) == internal_error}, "
        "{error_handler: basic}]",
        id="error handler",
    ),
]


@pytest.mark.parametrize(("steps", "more"), REACHABLE)
def test_a_step_that_may_run_is_not_found(steps: tuple[str, ...], more: str) -> None:
    assert codes(rule("a", A, *steps, more=more)) == []


def test_an_anonymous_of_another_principal_ends_nothing() -> None:
    text = (
        'version: "1beta1"\nrules:\n  - id: a\n    match: {http: {paths: [{path: /a}]}}\n'
        "    execute:\n      - {authenticator: anonymous, principal: device}\n"
        "      - {authenticator: user}\n      - {authorizer: allow}\n"
    )

    assert codes(files=(text,)) == []


def test_finalizers_of_the_default_rule_are_there_to_be_inherited() -> None:
    configuration = CATALOGUE + DEFAULT.replace(
        "{authorizer: deny}", "{authorizer: deny}, {finalizer: noop}"
    )

    assert codes(configuration=configuration) == []


@pytest.mark.parametrize(
    "steps",
    [
        "{authenticator: user}",
        "{authenticator: user}, {authorizer: allow}",
        "{authenticator: user}, {authorizer: deny, if: Request.Method == 'PUT'}",
    ],
)
def test_a_default_rule_that_permits_is_found(steps: str) -> None:
    configuration = f"{CATALOGUE}default_rule:\n  execute: [{steps}]\n"

    found = found_in(configuration=configuration)

    assert [each.code.value for each in found] == ["permissive-default-rule"]


@pytest.mark.parametrize(
    "steps",
    [
        "{authenticator: user}, {authorizer: deny}",
        "{authenticator: user}, {authorizer: readers}",
        "{authenticator: nobody}, {authorizer: allow}",
    ],
)
def test_a_default_rule_that_refuses_is_not_found(steps: str) -> None:
    assert codes(configuration=f"{CATALOGUE}default_rule:\n  execute: [{steps}]\n") == []


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [("'false'", "false"), ("1 == 1", "true"), ("1 / 0 == 1", "an error")],
)
def test_a_condition_that_does_not_depend_on_the_request_is_found(
    condition: str, outcome: str
) -> None:
    (found,) = found_in(rule("a", A, f"authorizer: readers, if: {condition}"))

    assert found.code.value == "constant-condition"
    assert found.problem.message == f"this is always {outcome}"


def test_a_constant_expression_of_a_mechanism_is_found_where_it_is_written() -> None:
    configuration = CATALOGUE.replace('Request.Method == "GET"', "'true'") + DEFAULT
    step = "authorizer: readers, config: {expressions: [{expression: 'false'}]}"

    found = found_in(rule("a", A, step), configuration=configuration)

    assert [place[0] for place in places(found, "constant-condition")] == [
        "0.yaml",
        "edgeauth.yaml",
    ]


UNUSED = [
    pytest.param(("contextualizer: opa", "authorizer: allow"), id="nobody"),
    pytest.param(
        ("authorizer: readers, if: Outputs.opa.a == 1", "contextualizer: opa"), id="too early"
    ),
    pytest.param(("contextualizer: opa, id: b", "contextualizer: names"), id="another id"),
]


@pytest.mark.parametrize("steps", UNUSED)
def test_a_result_that_nobody_reads_is_found(steps: tuple[str, ...]) -> None:
    assert "unused-output" in codes(rule("a", A, *steps))


USED = [
    pytest.param(("authorizer: readers, if: Outputs.opa.a == 1",), id="condition"),
    pytest.param(("authorizer: readers, if: size(Outputs) == 1",), id="as a whole"),
    pytest.param(
        ("contextualizer: names", "authorizer: readers, if: has(Outputs.names)"),
        id="contextualizer",
    ),
    pytest.param(
        ("authorizer: allow", "finalizer: header, config: {headers: {A: '{{ .Outputs.opa.a }}'}}"),
        id="override",
    ),
    pytest.param(("authorizer: readers, config: {values: {a: '{{ .Outputs.opa }}'}}",), id="value"),
]


@pytest.mark.parametrize("steps", USED)
def test_a_result_that_is_read_is_not_found(steps: tuple[str, ...]) -> None:
    assert codes(rule("a", A, "contextualizer: opa", *steps)) == []


def test_a_result_of_the_default_rule_may_be_read_by_a_rule_that_inherits_it() -> None:
    execute = "{authenticator: user}, {contextualizer: opa}, {authorizer: deny}"
    configuration = CATALOGUE + DEFAULT.replace(
        "{authenticator: user}, {authorizer: deny}", execute
    )
    reader = "finalizer: header, config: {headers: {A: '{{ .Outputs.opa.a }}'}}"

    assert codes(rule("a", A, reader), configuration=configuration) == []
    assert codes(configuration=configuration) == ["unused-output"]
