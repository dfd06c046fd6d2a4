"""The articles service: listing, reading, counting what was read today, writing.

Reading needs no question to anybody: the edge has asked the policy already, and the answer stands
in the contract. Writing asks the policy here, and has the text analysed before it is published.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from aiohttp import ClientError, web
from article_pages import article_page, writing_page
from article_store import Article, ArticleStore, new_article_id
from behind_the_edge import guarded_application, json_object
from contract import CONTRACT, Contract
from forms import refuse_foreign_forms, text_field
from pages import decoded, wants_html
from policy import EventRefused, Policy, PolicyUnavailable
from service_identity import require_service
from serving import SESSION, address_of, json_answer, serve

SNAPSHOT = "/snapshot"
MAX_TITLE_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 20_000
RETRY_SECONDS = 1.0

STORE = web.AppKey("store", ArticleStore)
COUNTING = web.AppKey("counting", asyncio.Lock)
routes = web.RouteTableDef()


@routes.get("/articles")
async def list_articles(request: web.Request) -> web.Response:
    """Answers title, author, date and excerpt of all articles: everybody may see that."""
    articles = [_summary(article) for article in request.app[STORE].newest_first()]
    return json_answer({"articles": articles})


@routes.get("/articles/new")
async def writing_form(request: web.Request) -> web.Response:
    """Shows the form to whoever may write."""
    await _require_may_write(request)
    return writing_page(request[CONTRACT])


@routes.post("/articles/new")
async def write_article(request: web.Request) -> web.Response:
    """Publishes an article, if its author may write and the text is not harassing."""
    refuse_foreign_forms(request, "edge")
    await _require_may_write(request)
    is_json = request.content_type == "application/json"
    form = await json_object(request) if is_json else await request.post()
    title = text_field(form, "title", MAX_TITLE_CHARACTERS)
    text = text_field(form, "text", MAX_TEXT_CHARACTERS).replace("\r\n", "\n")
    contract = request[CONTRACT]
    if await _is_harassing(request, title, text):
        if wants_html(request):
            return writing_page(contract, title=title, text=text, refused=True)
        answer = {"error": "this text is harassing; a warning stands in your profile"}
        return json_answer(answer, status=422)
    today = datetime.now(UTC).date().isoformat()
    article = Article(new_article_id(), title, contract.subject, contract.name, today, text)
    await _publish(request, article)
    location = f"/articles/{article.id}"
    if wants_html(request):
        raise web.HTTPSeeOther(location)
    return json_answer({"id": article.id}, status=201, headers={"Location": location})


@routes.get("/articles/{id}")
async def read_article(request: web.Request) -> web.Response:
    """Answers an article in full or as an excerpt, as the contract says."""
    contract = request[CONTRACT]
    article_id = request.match_info["id"]
    representation = contract.claim("allowed_representation")
    # The contract must be about this very article, and say one of two words. A decision point
    # that answered nonsense ends here.
    if contract.claim("requested_article") != article_id:
        raise web.HTTPForbidden(text="the contract is about another article")
    if representation not in ("full", "excerpt"):
        raise web.HTTPForbidden(text="the contract does not say what may be shown")
    article = request.app[STORE].find(article_id)
    if article is None:
        raise web.HTTPNotFound(text="no such article")
    is_full = representation == "full" and await _is_counted(request, contract, article)
    if wants_html(request):
        return article_page(article, contract, is_full=is_full)
    shown = article.text if is_full else article.excerpt
    answer = {**_summary(article), "representation": "full" if is_full else "excerpt"}
    return json_answer({**answer, "text": shown, "contract": decoded(contract)})


@routes.get(SNAPSHOT)
async def snapshot(request: web.Request) -> web.Response:
    """Answers authors and today's counts to the decision point, when that starts."""
    require_service(request, "pdp")
    store = request.app[STORE]
    return json_answer({"read_today": store.read_today, "authors": store.authors()})


async def _is_counted(request: web.Request, contract: Contract, article: Article) -> bool:
    """Counts a full reading, and returns whether it may take place.

    The decision point hears of it first. It refuses when the quota was used up since the contract
    was made, by a request at the same time; the reader then gets the excerpt.
    """
    if contract.is_anonymous:
        return False
    if article.author_id == contract.subject:
        return True  # authors read their own articles as often as they like
    store = request.app[STORE]
    async with request.app[COUNTING]:
        count = store.read_today.get(contract.subject, 0) + 1
        event: dict[str, object] = {"type": "article-read", "read_today": count}
        try:
            await _policy(request).tell({**event, "contract": contract.token})
        except EventRefused:
            return False
        except PolicyUnavailable as fault:
            raise web.HTTPServiceUnavailable(text="try again later") from fault
        store.read_today[contract.subject] = count
    return True


async def _require_may_write(request: web.Request) -> None:
    contract = request[CONTRACT]
    try:
        allowed = await _policy(request).is_allowed("write", contract.subject)
    except PolicyUnavailable as fault:
        raise web.HTTPServiceUnavailable(text="try again later") from fault
    if contract.is_anonymous or not allowed:
        raise web.HTTPForbidden(text="writing is for the professional tier")


async def _is_harassing(request: web.Request, title: str, text: str) -> bool:
    """Asks the analysis service, in the name of the author: the contract travels on."""
    url = address_of("analysis").url + "/analyses"
    headers = {"Authorization": f"Bearer {request[CONTRACT].token}"}
    body = {"title": title, "text": text}
    try:
        async with request.app[SESSION].post(url, json=body, headers=headers) as response:
            response.raise_for_status()
            verdict = (await response.json())["harassing"]
    except (ClientError, TimeoutError, ValueError, LookupError, TypeError) as fault:
        raise web.HTTPServiceUnavailable(text="try again later") from fault
    return verdict is not False


async def _publish(request: web.Request, article: Article) -> None:
    event: dict[str, object] = {"type": "article-written", "article": article.id}
    try:
        await _policy(request).tell({**event, "author": article.author_id})
    except PolicyUnavailable as fault:
        raise web.HTTPServiceUnavailable(text="try again later") from fault
    request.app[STORE].add(article)


def _policy(request: web.Request) -> Policy:
    return Policy(request.app[SESSION], "articles")


def _summary(article: Article) -> dict[str, str]:
    return {
        "id": article.id,
        "title": article.title,
        "author": article.author,
        "published": article.published,
        "excerpt": article.excerpt,
    }


async def clear_each_night(app: web.Application) -> AsyncIterator[None]:
    """Forgets at midnight (UTC) what was read, and tells the decision point."""
    task = asyncio.create_task(_clear_each_night(app))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _clear_each_night(app: web.Application) -> None:
    while True:
        await asyncio.sleep(seconds_until_midnight(datetime.now(UTC)))
        async with app[COUNTING]:
            app[STORE].read_today.clear()
        while not await _day_began(app):
            await asyncio.sleep(RETRY_SECONDS)


async def _day_began(app: web.Application) -> bool:
    try:
        await Policy(app[SESSION], "articles").tell({"type": "day-began"})
    except PolicyUnavailable:
        return False
    return True


def seconds_until_midnight(now: datetime) -> float:
    """Returns the seconds from `now` until the next day begins; more than 0."""
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()


def build_app() -> web.Application:
    """Returns the service."""
    app = guarded_application(without=frozenset({SNAPSHOT}))
    app[STORE] = ArticleStore()
    app[COUNTING] = asyncio.Lock()
    app.cleanup_ctx.append(clear_each_night)
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    serve(build_app(), "articles")
