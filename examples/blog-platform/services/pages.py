"""HTML pages without a template engine: everything that is not `Html` already is escaped.

Trust: titles, texts, names and claims come from users; no text reaches a page unescaped.
"""

import json
from collections.abc import Iterable, Mapping
from html import escape

from aiohttp import web
from contract import Contract
from serving import DATA, address_of

VOID = frozenset({"br", "input", "link", "meta"})


class Html(str):
    """Text that is HTML already. Only this module makes it."""

    __slots__ = ()


def element(tag: str, *children: str | Iterable[str], **attributes: str) -> Html:
    """Returns an element; children that are not `Html` and all attribute values are escaped.

    Attribute names are written as in Python: `class_` is `class`, `aria_label` is `aria-label`.
    """
    names = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
    )
    if tag in VOID:
        return Html(f"<{tag}{names}>")
    return Html(f"<{tag}{names}>{join(*children)}</{tag}>")


def join(*children: str | Iterable[str]) -> Html:
    """Returns the children one after the other, escaped unless they are `Html`."""
    parts: list[str] = []
    for child in children:
        if isinstance(child, Html):
            parts.append(child)
        elif isinstance(child, str):
            parts.append(escape(child))
        else:
            parts.append(join(*child))
    return Html("".join(parts))


def wants_html(request: web.Request) -> bool:
    """Whether a browser asks, rather than a program: it says that it accepts `text/html`."""
    return "text/html" in request.headers.get("Accept", "")


def page(title: str, *body: str | Iterable[str], status: int = 200) -> web.Response:
    """Returns a whole page, with the headers that keep a slip in it from doing harm."""
    accounts, edge = address_of("accounts").url, address_of("edge").url
    document = join(
        Html("<!doctype html>"),
        element(
            "html",
            element(
                "head",
                element("meta", charset="utf-8"),
                element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                element("title", f"{title} · Blog"),
                element("link", rel="stylesheet", href="/site.css"),
            ),
            element("body", _navigation(edge), element("main", element("h1", title), *body)),
            lang="en",
        ),
    )
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action {edge} {accounts}",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=document, content_type="text/html", headers=headers, status=status)


def _navigation(edge: str) -> Html:
    links = {"Articles": "/", "Write": "/articles/new", "Profile": "/profile"}
    return element(
        "header",
        element(
            "nav",
            [element("a", name, href=f"{edge}{path}") for name, path in links.items()],
            aria_label="Pages",
        ),
    )


def decoded(contract: Contract) -> dict[str, Mapping[str, object]]:
    """Returns the two readable parts of a contract; without its signature nobody can use it."""
    return {"header": contract.header, "claims": contract.claims}


def contract_box(contract: Contract) -> Html:
    """Returns a box that shows what the edge told this service."""
    return element(
        "details",
        element("summary", "What the edge told this service"),
        element("p", "The contract, verified with the keys of edgeauth:"),
        element("pre", json.dumps(decoded(contract), indent=2)),
        open="open",
    )


async def stylesheet(_request: web.Request) -> web.Response:
    """Answers /site.css."""
    text = (DATA / "site.css").read_text("utf-8")
    return web.Response(text=text, content_type="text/css")
