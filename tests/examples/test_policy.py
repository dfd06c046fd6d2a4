"""The decision point: the policy itself, who may feed it, and policies that it refuses."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import articles
import pdp
import pytest
import subscription
from policy_engine import PolicyEngine, PolicyRefused

from tests.examples.landscape import ALICE, BOB, CAROL, Landscape, landscape, service_header

POLICY = Path(pdp.POLICY).read_text("utf-8")
DOCUMENT = "data.articles.allow"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('allow if net.cidr_contains("10.0.0.0/8", input.ip)', id="missing here"),
        pytest.param("allow if no.such.function(input.x)", id="missing everywhere"),
        pytest.param("allow if { http . send({}) }", id="with blanks"),
        pytest.param("allow if {", id="broken"),
        pytest.param("allow if x := ", id="broken in the middle"),
    ],
)
def test_a_policy_that_would_mean_something_else_is_refused(body: str) -> None:
    with pytest.raises(PolicyRefused):
        PolicyEngine(f"package articles\nimport rego.v1\n{body}\n", DOCUMENT)


def test_what_only_looks_like_a_call_is_none() -> None:
    source = """package articles
import rego.v1
# no.such(function)
f(x) := x + 1
allow if { not (f(1) == 3); "no.such(1)" == `no.such(1)`; startswith("ab", "a") }
"""
    assert PolicyEngine(source, DOCUMENT).ask({}, {}) is True


DATA = {
    "tiers": {ALICE: "free", BOB: "basic", CAROL: "professional"},
    "authors": {"garden": ALICE},
}


@pytest.mark.parametrize(
    ("subject", "read", "article", "expected"),
    [
        pytest.param("anonymous", 0, "any", "excerpt", id="anonymous"),
        pytest.param("", 0, "any", "excerpt", id="nobody"),
        pytest.param("anonymous", 0, "garden", "excerpt", id="anonymous is no author"),
        pytest.param("stranger", 0, "any", "excerpt", id="without a tier"),
        pytest.param(ALICE, 2, "any", "excerpt", id="free, quota used up"),
        pytest.param(BOB, 20, "any", "excerpt", id="basic, quota used up"),
        pytest.param(BOB, 20, "garden", "excerpt", id="not his article"),
        pytest.param(ALICE, 1, "any", "full", id="free, second article"),
        pytest.param(BOB, 19, "any", "full", id="basic, twentieth article"),
        pytest.param(CAROL, 10_000, "any", "full", id="professional"),
        pytest.param(ALICE, 2, "garden", "full", id="her own article"),
    ],
)
def test_reading(subject: str, read: int, article: str, expected: str) -> None:
    data = {**DATA, "read_today": {subject: read}}
    question = {"action": "read", "subject": subject, "object": article}

    assert PolicyEngine(POLICY, DOCUMENT).ask(question, data) == expected


@pytest.mark.parametrize(
    "question",
    [
        {"action": "write", "subject": ALICE},
        {"action": "write", "subject": BOB, "object": "garden"},
        {"action": "write", "subject": "anonymous"},
        {"action": "delete", "subject": CAROL},
        {"action": ["read"], "subject": CAROL},
        {"subject": CAROL},
        {},
        [],
        None,
        "read",
    ],
    ids=str,
)
def test_what_the_policy_does_not_allow_is_false(question: object) -> None:
    assert PolicyEngine(POLICY, DOCUMENT).ask(question, {**DATA, "read_today": {}}) is False


def test_only_the_professional_tier_writes() -> None:
    question = {"action": "write", "subject": CAROL}

    assert PolicyEngine(POLICY, DOCUMENT).ask(question, {**DATA, "read_today": {}}) is True


SERVICES = {
    "subscription": subscription.build_app,
    "articles": articles.build_app,
    "pdp": pdp.build_app,
}


def tell(monkeypatch: pytest.MonkeyPatch, story: Callable[[Landscape], Awaitable[None]]) -> None:
    async def run() -> None:
        async with landscape(monkeypatch, SERVICES) as there:
            await story(there)

    asyncio.run(run())


async def decide(there: Landscape, action: str, subject: str, article: str = "x") -> object:
    question = {"input": {"action": action, "subject": subject, "object": article}}
    path = "/v1/data/articles/allow"
    status, body, _ = await there.call("pdp", path, method="POST", json=question)
    assert status == 200
    return body


async def send(there: Landscape, service: str | None, event: object) -> int:
    headers = service_header(service) if service else {}
    status, _, _ = await there.call("pdp", "/v1/events", method="POST", headers=headers, json=event)
    return status


REFUSED_EVENTS = [
    pytest.param(None, {"type": "day-began"}, 401, id="from nobody"),
    pytest.param("operator", {"type": "day-began"}, 401, id="from a service without events"),
    pytest.param("subscription", {"type": "day-began"}, 400, id="of another service"),
    pytest.param(
        "articles", {"type": "tier-changed", "subject": ALICE, "tier": "basic"}, 400, id="tier"
    ),
    pytest.param(
        "subscription", {"type": "tier-changed", "subject": ALICE, "tier": "gold"}, 400, id="gold"
    ),
    pytest.param(
        "articles", {"type": "article-read", "contract": "x", "read_today": 0}, 400, id="forged"
    ),
    pytest.param("articles", {"type": "article-read", "read_today": 0}, 400, id="no contract"),
    pytest.param("articles", {}, 400, id="nothing"),
    pytest.param("articles", [], 400, id="a list"),
]


@pytest.mark.parametrize(("service", "event", "expected"), REFUSED_EVENTS)
def test_events_are_taken_from_whom_they_are_to_come_from_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch, service: str | None, event: object, expected: int
) -> None:
    async def story(there: Landscape) -> None:
        assert await send(there, service, event) == expected
        assert await decide(there, "read", ALICE) == {"result": "full"}
        assert await decide(there, "write", ALICE) == {"result": False}

    tell(monkeypatch, story)


def test_a_reading_that_the_policy_no_longer_allows_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        for contract, count, expected in (
            (there.edge.reading(ALICE, "a", "excerpt"), 1, 409),
            (there.edge.contract(ALICE), 1, 409),
            (there.edge.reading("anonymous", "a", "full"), 1, 409),
            (there.edge.reading(ALICE, "a", "full"), 2, 200),
            (there.edge.reading(ALICE, "a", "full"), 3, 409),
        ):
            event = {"type": "article-read", "contract": contract, "read_today": count}
            assert await send(there, "articles", event) == expected
        assert await decide(there, "read", ALICE) == {"result": "excerpt"}

    tell(monkeypatch, story)


@pytest.mark.parametrize("path", ["/v1/data/articles", "/v1/data/other/allow", "/v1/data/a"])
def test_other_documents_are_undefined_as_in_opa(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async def story(there: Landscape) -> None:
        question = {"input": {"action": "read", "subject": CAROL}}
        status, body, _ = await there.call("pdp", path, method="POST", json=question)
        assert (status, body) == (200, {})

    tell(monkeypatch, story)


@pytest.mark.parametrize("body", ["", "full", "[]", '{"input"', "[" * 100_000], ids=lambda b: b[:9])
def test_a_question_that_is_none_gets_no_decision(
    monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    async def story(there: Landscape) -> None:
        path = "/v1/data/articles/allow"
        status, _, _ = await there.call("pdp", path, method="POST", data=body)
        assert status in (400, 413)

    tell(monkeypatch, story)


@pytest.mark.parametrize(
    ("service", "path"),
    [("articles", "/snapshot"), ("subscription", "/snapshot")],
)
def test_snapshots_are_for_the_decision_point_alone(
    monkeypatch: pytest.MonkeyPatch, service: str, path: str
) -> None:
    async def story(there: Landscape) -> None:
        assert (await there.call(service, path))[0] == 401
        assert (await there.call(service, path, there.edge.contract(CAROL)))[0] == 401
        operator = service_header("operator")
        assert (await there.call(service, path, headers=operator))[0] == 401
        assert (await there.call(service, path, headers=service_header("pdp")))[0] == 200

    tell(monkeypatch, story)
