"""The analysis service: refuses harassing text, and remembers a warning for whoever sent it."""

import json
import re
from datetime import UTC, datetime

from aiohttp import web
from behind_the_edge import guarded_application, json_object
from contract import CONTRACT
from serving import DATA, json_answer, serve

MAX_WARNINGS = 100

WARNINGS = web.AppKey("warnings", dict[str, list[dict[str, str]]])
routes = web.RouteTableDef()


def is_harassing(text: str) -> bool:
    """Whether a phrase of the list stands in the text; a real service would understand it."""
    words = " ".join(re.findall(r"[a-z]+", text.lower()))
    return any(f" {phrase} " in f" {words} " for phrase in _PHRASES)


@routes.post("/analyses")
async def analyse(request: web.Request) -> web.Response:
    """Answers whether a text may be published; if not, the contract's subject gets a warning."""
    contract = request[CONTRACT]
    if contract.is_anonymous:
        raise web.HTTPForbidden
    body = await json_object(request)
    text, title = body.get("text"), body.get("title")
    if not isinstance(text, str) or not isinstance(title, str):
        raise web.HTTPBadRequest(text="title and text must be text")
    if not is_harassing(f"{title}\n{text}"):
        return json_answer({"harassing": False})
    warning = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "title": title[:200]}
    warnings = request.app[WARNINGS].setdefault(contract.subject, [])
    warnings.append(warning)
    del warnings[:-MAX_WARNINGS]
    return json_answer({"harassing": True})


@routes.get("/warnings")
async def own_warnings(request: web.Request) -> web.Response:
    """Answers the warnings of the contract's subject; nobody sees those of others."""
    subject = request[CONTRACT].subject
    return json_answer({"warnings": request.app[WARNINGS].get(subject, [])})


_PHRASES: list[str] = json.loads((DATA / "harassing.json").read_text("utf-8"))


def build_app() -> web.Application:
    """Returns the service."""
    app = guarded_application()
    app[WARNINGS] = {}
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    serve(build_app(), "analysis")
