"""The services behind the edge, together: what a contract lets one read, write and change."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import analysis
import articles
import pdp
import pytest
import subscription
import wiring
from article_store import ArticleStore

from tests.examples.landscape import ALICE, BOB, CAROL, Landscape, landscape

SERVICES = {
    "subscription": subscription.build_app,
    "articles": articles.build_app,
    "analysis": analysis.build_app,
    "wiring": wiring.build_app,
    "pdp": pdp.build_app,
}
DAVES = "quota-of-a-day"
ALICES = "alices-garden"
FULL_TEXT = ArticleStore().find(DAVES).text
BROWSER = {"Accept": "text/html"}


def tell(monkeypatch: pytest.MonkeyPatch, story: Callable[[Landscape], Awaitable[None]]) -> None:
    async def run() -> None:
        async with landscape(monkeypatch, SERVICES) as there:
            await story(there)

    asyncio.run(run())


GUARDED = [
    ("articles", "GET", "/articles"),
    ("articles", "GET", f"/articles/{DAVES}"),
    ("articles", "GET", "/articles/new"),
    ("articles", "POST", "/articles/new"),
    ("subscription", "GET", f"/tiers/{ALICE}"),
    ("subscription", "PUT", f"/tiers/{ALICE}"),
    ("analysis", "POST", "/analyses"),
    ("analysis", "GET", "/warnings"),
    ("wiring", "GET", "/"),
    ("wiring", "GET", "/site.css"),
    ("wiring", "GET", "/profile"),
    ("wiring", "GET", "/nowhere"),
]


def test_no_service_answers_without_a_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(there: Landscape) -> None:
        for service, method, path in GUARDED:
            status, body, _ = await there.call(service, path, method=method)
            assert (status, body) == (401, "401: Unauthorized"), path

    tell(monkeypatch, story)


@pytest.mark.parametrize(
    "decision",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"requested_article": DAVES}, id="no representation"),
        pytest.param({"allowed_representation": "full"}, id="no article"),
        *(
            pytest.param({"requested_article": DAVES, "allowed_representation": word}, id=str(word))
            for word in ("", "FULL", "full ", "<no value>", "true", "[full]", True, ["full"], None)
        ),
        pytest.param(
            {"requested_article": ALICES, "allowed_representation": "full"}, id="another article"
        ),
        pytest.param({"requested_article": [DAVES], "allowed_representation": "full"}, id="a list"),
    ],
)
def test_a_contract_that_does_not_say_what_may_be_shown_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, decision: dict[str, object]
) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.contract(CAROL, **decision)
        status, body, _ = await there.call("articles", f"/articles/{DAVES}", contract)
        assert status == 403
        assert FULL_TEXT[:20] not in str(body)

    tell(monkeypatch, story)


def test_anonymous_never_reads_in_full_whatever_the_decision_point_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.reading("anonymous", DAVES, "full")
        _, body, _ = await there.call("articles", f"/articles/{DAVES}", contract)
        assert body["representation"] == "excerpt"

    tell(monkeypatch, story)


def test_contracts_made_at_the_same_time_do_not_exceed_the_quota(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.reading(ALICE, DAVES, "full")
        calls = [there.call("articles", f"/articles/{DAVES}", contract) for _ in range(6)]
        shown = sorted(body["representation"] for _, body, _ in await asyncio.gather(*calls))
        assert shown == ["excerpt"] * 4 + ["full"] * 2

    tell(monkeypatch, story)


def test_nothing_is_counted_and_nothing_is_shown_when_the_decision_point_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        await there.servers["pdp"].close()
        contract = there.edge.reading(BOB, DAVES, "full")
        status, body, _ = await there.call("articles", f"/articles/{DAVES}", contract)
        assert status == 503
        assert FULL_TEXT[:20] not in str(body)
        assert there.servers["articles"].app[articles.STORE].read_today == {}
        change = {"tier": "free"}
        status, _, _ = await there.call(
            "subscription",
            f"/tiers/{CAROL}",
            there.edge.contract(CAROL),
            method="PUT",
            json=change,
        )
        assert status == 503
        path = f"/tiers/{CAROL}"
        _, body, _ = await there.call("subscription", path, there.edge.contract(CAROL))
        assert body["tier"] == "professional"

    tell(monkeypatch, story)


def test_an_excerpt_is_counted_for_nobody_and_holds_no_more_than_its_beginning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.reading(ALICE, DAVES, "excerpt")
        _, body, _ = await there.call("articles", f"/articles/{DAVES}", contract)
        assert body["representation"] == "excerpt"
        assert len(body["text"]) < len(FULL_TEXT) / 2
        assert there.servers["articles"].app[articles.STORE].read_today == {}

    tell(monkeypatch, story)


def test_authors_read_their_own_articles_without_being_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.reading(ALICE, ALICES, "full")
        for _ in range(4):
            _, body, _ = await there.call("articles", f"/articles/{ALICES}", contract)
            assert body["representation"] == "full"
        assert there.servers["articles"].app[articles.STORE].read_today == {}

    tell(monkeypatch, story)


@pytest.mark.parametrize("subject", ["anonymous", ALICE, BOB, "stranger"])
def test_only_the_professional_tier_writes(monkeypatch: pytest.MonkeyPatch, subject: str) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.contract(subject)
        article = {"title": "T", "text": "A text."}
        path = "/articles/new"
        for body in ({"json": article}, {"data": article}):
            status, _, _ = await there.call("articles", path, contract, method="POST", **body)
            assert status == 403
        assert (await there.call("articles", path, contract))[0] == 403

    tell(monkeypatch, story)


UNFIT = [
    {},
    {"title": "", "text": "x"},
    {"title": "x", "text": " "},
    {"title": 7, "text": "x"},
    {"title": "x" * 201, "text": "x"},
    {"title": "x", "text": "x" * 20_001},
    {"title": "\ud800", "text": "x"},
]


@pytest.mark.parametrize("article", UNFIT, ids=lambda article: str(article)[:30])
def test_an_article_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, article: dict[str, object]
) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.contract(CAROL)
        status, _, _ = await there.call(
            "articles", "/articles/new", contract, method="POST", json=article
        )
        assert status == 400

    tell(monkeypatch, story)


@pytest.mark.parametrize(
    "text",
    ["You are an idiot.", "IDIOT!", "Well, shut\n\nup", "nobody, likes you", "<b>moron</b>"],
)
def test_harassing_text_is_not_published_and_leaves_a_warning_with_its_author_only(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    async def story(there: Landscape) -> None:
        carol = there.edge.contract(CAROL, name="Carol")
        article = {"title": "<i>To</i> you", "text": text}
        before = len((await there.call("articles", "/articles", carol))[1]["articles"])
        status, _, _ = await there.call(
            "articles", "/articles/new", carol, method="POST", json=article
        )
        assert status == 422
        after = len((await there.call("articles", "/articles", carol))[1]["articles"])
        assert after == before
        _, profile, _ = await there.call("wiring", "/profile", carol)
        assert [warning["title"] for warning in profile["warnings"]] == ["<i>To</i> you"]
        _, profile, _ = await there.call("wiring", "/profile", carol, headers=BROWSER)
        assert "&lt;i&gt;To&lt;/i&gt; you" in profile
        assert "<i>" not in profile
        _, profile, _ = await there.call("wiring", "/profile", there.edge.contract(BOB))
        assert profile["warnings"] == []

    tell(monkeypatch, story)


def test_a_form_of_another_site_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(there: Landscape) -> None:
        status, _, _ = await there.call(
            "articles",
            "/articles/new",
            there.edge.contract(CAROL),
            method="POST",
            data={"title": "T", "text": "A text."},
            headers={"Origin": "https://evil.test"},
        )
        assert status == 403

    tell(monkeypatch, story)


def test_what_a_writer_writes_is_published_escaped_and_readable_as_his_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        carol = there.edge.contract(CAROL, name="<b>Carol</b>")
        article = {"title": "<script>1</script>", "text": "<img src=x>\r\n\r\nSecond."}
        status, _, headers = await there.call(
            "articles", "/articles/new", carol, method="POST", data=article, headers=BROWSER
        )
        assert status == 303
        path = headers["Location"]
        reading = there.edge.reading(CAROL, path.rpartition("/")[2], "full")
        _, page, _ = await there.call("articles", path, reading, headers=BROWSER)
        assert "&lt;img src=x&gt;</p><p>Second." in page
        assert not any(tag in page for tag in ("<script", "<img", "<b>"))
        _, page, _ = await there.call("wiring", "/", carol, headers=BROWSER)
        assert not any(tag in page for tag in ("<script", "<img", "<b>"))

    tell(monkeypatch, story)


@pytest.mark.parametrize(
    ("subject", "tier", "expected"),
    [
        pytest.param(BOB, "basic", 403, id="of somebody else"),
        pytest.param("anonymous", "basic", 403, id="anonymous"),
        pytest.param(ALICE, "gold", 400, id="unknown"),
        pytest.param(ALICE, None, 400, id="none"),
        pytest.param(ALICE, ["basic"], 400, id="a list"),
    ],
)
def test_a_tier_is_not_changed(
    monkeypatch: pytest.MonkeyPatch, subject: str, tier: object, expected: int
) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.contract(subject)
        path = f"/tiers/{ALICE}"
        status, _, _ = await there.call(
            "subscription", path, contract, method="PUT", json={"tier": tier}
        )
        assert status == expected
        _, body, _ = await there.call("subscription", path, there.edge.contract(ALICE))
        assert body["tier"] == "free"

    tell(monkeypatch, story)


def test_a_new_tier_reaches_the_decision_point_before_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        alice = there.edge.contract(ALICE)
        question = {"input": {"action": "write", "subject": ALICE, "object": ""}}
        for tier, expected in (("professional", True), ("basic", False)):
            status, _, _ = await there.call(
                "subscription", f"/tiers/{ALICE}", alice, method="PUT", json={"tier": tier}
            )
            assert status == 200
            path = "/v1/data/articles/allow"
            _, body, _ = await there.call("pdp", path, method="POST", json=question)
            assert body == {"result": expected}

    tell(monkeypatch, story)


def test_pages_show_what_the_edge_told_but_not_the_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        alice = there.edge.contract(ALICE, name="Alice")
        spoofed = {"X-User": "root", "X_User": "root"}
        _, body, _ = await there.call("wiring", "/profile", alice, headers=spoofed)
        assert (body["subject"], body["tier"]) == (ALICE, "free")
        assert body["contract"]["claims"]["sub"] == ALICE
        assert body["headers"] == {"x-user": ["root"], "x_user": ["root"]}
        for headers in (BROWSER, {}):
            for path in ("/", "/profile"):
                _, page, _ = await there.call("wiring", path, alice, headers=headers)
                assert ALICE in str(page)
                assert alice.rpartition(".")[2] not in str(page)

    tell(monkeypatch, story)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 22, 0, 0, 0, tzinfo=UTC), 86_400.0),
        (datetime(2026, 11, 22, 23, 59, 59, 500_000, tzinfo=UTC), 0.5),
        (datetime(2026, 12, 31, 12, 0, 0, tzinfo=UTC), 43_200.0),
    ],
    ids=str,
)
def test_the_day_ends_at_midnight(now: datetime, expected: float) -> None:
    assert articles.seconds_until_midnight(now) == expected


def test_a_new_day_has_new_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(there: Landscape) -> None:
        contract = there.edge.reading(ALICE, DAVES, "full")
        await there.call("articles", f"/articles/{DAVES}", contract)
        app, data = there.servers["articles"].app, there.servers["pdp"].app[pdp.DATA]
        assert app[articles.STORE].read_today == data.read_today == {ALICE: 1}
        waits = [3600.0, 0.0]
        monkeypatch.setattr(articles, "seconds_until_midnight", lambda now: waits.pop())
        async with asyncio.timeout(5):
            night = asyncio.create_task(articles._clear_each_night(app))
            while data.read_today or app[articles.STORE].read_today:
                await asyncio.sleep(0)
        night.cancel()

    tell(monkeypatch, story)
