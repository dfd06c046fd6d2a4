"""The pages of the articles service."""

from aiohttp import web
from article_store import Article
from contract import Contract
from pages import contract_box, element, page


def article_page(article: Article, contract: Contract, *, is_full: bool) -> web.Response:
    """Shows an article, in full or its beginning."""
    byline = f"{article.author}, {article.published}"
    if is_full:
        text = [element("p", paragraph) for paragraph in article.text.split("\n\n")]
    else:
        hint = "This is an excerpt: sign in, or wait for tomorrow, or take a higher tier."
        text = [element("p", article.excerpt), element("p", hint, class_="notice")]
    return page(
        article.title,
        element("p", byline, class_="byline"),
        text,
        contract_box(contract),
    )


def writing_page(
    contract: Contract, *, title: str = "", text: str = "", refused: bool = False
) -> web.Response:
    """Shows the form for a new article; `refused` says that its text was found harassing."""
    notice = element(
        "p",
        "This text is harassing and is not published. A warning stands in your profile.",
        class_="notice",
        role="alert",
    )
    form = element(
        "form",
        element("label", "Title", for_="title"),
        element("input", id="title", name="title", value=title, required="", maxlength="200"),
        element("label", "Text", for_="text"),
        element("textarea", text, id="text", name="text", required="", maxlength="20000"),
        element("button", "Publish"),
        method="post",
        action="/articles/new",
    )
    return page(
        "Write an article",
        [notice] if refused else [],
        form,
        contract_box(contract),
        status=422 if refused else 200,
    )
