"""The wiring application: the pages, put together from what the other services know.

It passes the contract on that it received: all services see the same subject. Programs get the same
as JSON; both show what the edge told this service.
"""

from typing import Any

from aiohttp import ClientError, web
from behind_the_edge import guarded_application
from contract import CONTRACT
from pages import Html, contract_box, decoded, element, page, stylesheet, wants_html
from serving import SESSION, address_of, json_answer, serve

TIERS = ("free", "basic", "professional")

routes = web.RouteTableDef()


@routes.get("/")
async def main_page(request: web.Request) -> web.Response:
    """Shows the list of articles to everybody."""
    contract = request[CONTRACT]
    articles = (await _fetch(request, "articles", "/articles"))["articles"]
    if not wants_html(request):
        answer = {"articles": articles, "headers": user_headers(request)}
        return json_answer({**answer, "contract": decoded(contract)})
    who = "You are not signed in." if contract.is_anonymous else f"Welcome, {contract.name}."
    entries = [_entry(article) for article in articles]
    return page("Articles", element("p", who), entries, contract_box(contract))


@routes.get("/profile")
async def profile(request: web.Request) -> web.Response:
    """Shows a user his tier and his warnings, and nobody else's."""
    contract = request[CONTRACT]
    if contract.is_anonymous:
        raise web.HTTPForbidden
    tier = (await _fetch(request, "subscription", f"/tiers/{contract.subject}"))["tier"]
    warnings = (await _fetch(request, "analysis", "/warnings"))["warnings"]
    headers = user_headers(request)
    if not wants_html(request):
        known = {"subject": contract.subject, "name": contract.name, "tier": tier}
        told = {"headers": headers, "contract": decoded(contract)}
        return json_answer({**known, "warnings": warnings, **told})
    return page(
        f"Profile of {contract.name}",
        element("p", f"Tier: {tier}"),
        _tier_form(contract.subject, tier),
        element("h2", "Warnings"),
        _warnings(warnings),
        element("form", element("button", "Sign out"), method="post", action=_logout_url()),
        element("p", f"X-User says: {', '.join(headers.get('x-user', []))}"),
        contract_box(contract),
    )


def user_headers(request: web.Request) -> dict[str, list[str]]:
    """Returns all headers that some program might read as `X-User`, by name in lower case.

    Many frameworks do not tell `X_User` from `X-User`, so the edge must not let either pass.
    """
    found: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        if name.lower().replace("_", "-").replace(".", "-") == "x-user":
            found.setdefault(name.lower(), []).append(value)
    return found


async def _fetch(request: web.Request, service: str, path: str) -> Any:  # noqa: ANN401 - JSON
    """Returns the JSON that another service answers to the same subject."""
    headers = {"Authorization": f"Bearer {request[CONTRACT].token}"}
    url = address_of(service).url + path
    try:
        async with request.app[SESSION].get(url, headers=headers) as response:
            response.raise_for_status()
            return await response.json()
    except (ClientError, TimeoutError, ValueError) as fault:
        raise web.HTTPBadGateway(text=f"the {service} service does not answer") from fault


def _entry(article: dict[str, str]) -> Html:
    link = element("a", article["title"], href=f"/articles/{article['id']}")
    byline = f"{article['author']}, {article['published']}"
    return element(
        "article",
        element("h2", link),
        element("p", byline, class_="byline"),
        element("p", article["excerpt"]),
    )


def _tier_form(subject: str, current: str) -> Html:
    options = []
    for tier in TIERS:
        chosen = {"selected": ""} if tier == current else {}
        options.append(element("option", tier, value=tier, **chosen))
    return element(
        "form",
        element("label", "Another tier (nobody pays in this demo)", for_="tier"),
        element("select", options, id="tier", name="tier"),
        element("button", "Change"),
        method="post",
        action=f"/tiers/{subject}",
    )


def _warnings(warnings: list[dict[str, str]]) -> Html:
    if not warnings:
        return element("p", "None.")
    items = [element("li", f"{warning['at']}: “{warning['title']}”") for warning in warnings]
    return element("ul", items)


def _logout_url() -> str:
    return address_of("accounts").url + "/logout"


def build_app() -> web.Application:
    """Returns the service."""
    app = guarded_application()
    app.add_routes(routes)
    app.router.add_get("/site.css", stylesheet)
    return app


if __name__ == "__main__":
    serve(build_app(), "wiring")
