"""The policy decision point: OPA's data API over a Rego policy, and events that feed its data.

* `POST /v1/data/articles/allow` with `{"input": {...}}` answers `{"result": ...}`: "full" or
  "excerpt" for reading, true or false for writing. Any other document is undefined: `{}`.
* `POST /v1/events` takes in what the services tell, each with its service identity.
* At its start it fetches what the services know (their snapshots), and opens only then: a decision
  point without data would decide, and wrongly.

Questions need no identity, as with OPA itself: it listens on loopback, for the edge beside it.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import ClientError, web
from behind_the_edge import json_object
from contract import ContractRefused, ContractVerifier, KeysUnavailable
from policy_engine import PolicyEngine, PolicyRefused
from pydantic import BaseModel, ConfigDict
from service_identity import authorization_of, require_service
from serving import SESSION, address_of, health, json_answer, outgoing_session, serve

POLICY = Path(__file__).parent.parent / "policy" / "articles.rego"
DOCUMENT = "articles/allow"
TIERS = ("free", "basic", "professional")
MAX_BODY_OCTETS = 64 * 1024
RETRY_SECONDS = 0.1


class PolicyData(BaseModel):
    """What the policy sees as `data`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    tiers: dict[str, str]
    read_today: dict[str, int]
    authors: dict[str, str]


DATA = web.AppKey("data", PolicyData)
ENGINE = web.AppKey("engine", PolicyEngine)
VERIFIER = web.AppKey("verifier", ContractVerifier)
routes = web.RouteTableDef()


@routes.post("/v1/data/{document:.+}")
async def decide(request: web.Request) -> web.Response:
    """Answers a question as OPA does."""
    body = await json_object(request)
    if request.match_info["document"] != DOCUMENT:
        return json_answer({})
    result = _ask(request, body.get("input", {}))
    return json_answer({} if result is None else {"result": result})


@routes.post("/v1/events")
async def take_in(request: web.Request) -> web.Response:
    """Takes in an event, if the service that sends it may do so."""
    service = require_service(request, "articles", "subscription")
    event = await json_object(request)
    data = request.app[DATA]
    match service, event:
        case "articles", {"type": "article-read", "contract": str(token), "read_today": int(count)}:
            data.read_today[await _reader(request, token)] = count
        case "articles", {
            "type": "article-written",
            "article": str(article),
            "author": str(author),
        }:
            data.authors[article] = author
        case "articles", {"type": "day-began"}:
            data.read_today.clear()
        case "subscription", {"type": "tier-changed", "subject": str(subject), "tier": str(tier)}:
            if tier not in TIERS:
                raise web.HTTPBadRequest(text="no such tier")
            data.tiers[subject] = tier
        case _:
            raise web.HTTPBadRequest(text="no such event from this service")
    request.app[ENGINE].forget()
    return json_answer({"status": "taken in"})


async def _reader(request: web.Request, token: str) -> str:
    """Returns who read: the subject of the contract under which an article is shown in full.

    The policy is asked again, with what is known by now: two requests at the same time may both
    carry a contract for the last article of the day.
    """
    try:
        contract = await request.app[VERIFIER].verify(token)
    except ContractRefused as refusal:
        raise web.HTTPBadRequest(text="the event carries no contract") from refusal
    except KeysUnavailable as fault:
        raise web.HTTPServiceUnavailable from fault
    article = contract.claim("requested_article")
    question = {"action": "read", "subject": contract.subject, "object": article}
    if contract.claim("allowed_representation") != "full" or _ask(request, question) != "full":
        raise web.HTTPConflict(text="not in full")
    return contract.subject


def _ask(request: web.Request, question: object) -> object:
    try:
        return request.app[ENGINE].ask(question, request.app[DATA].model_dump())
    except PolicyRefused as error:
        raise web.HTTPInternalServerError from error


async def load_data(app: web.Application) -> AsyncIterator[None]:
    """Fetches what the services know, and waits until they can tell."""
    session = app[SESSION]
    app[VERIFIER] = ContractVerifier(session, address_of("management").url + "/.well-known/jwks")
    subscription = await _snapshot(app, "subscription")
    articles = await _snapshot(app, "articles")
    app[DATA] = PolicyData.model_validate({**subscription, **articles})
    yield


async def _snapshot(app: web.Application, service: str) -> dict[str, object]:
    url = address_of(service).url + "/snapshot"
    while True:
        try:
            async with app[SESSION].get(url, headers=authorization_of("pdp")) as response:
                response.raise_for_status()
                return dict(await response.json())
        except (ClientError, TimeoutError):
            await asyncio.sleep(RETRY_SECONDS)


def build_app() -> web.Application:
    """Returns the service."""
    app = web.Application(client_max_size=MAX_BODY_OCTETS)
    app[ENGINE] = PolicyEngine(POLICY.read_text("utf-8"), f"data.{DOCUMENT.replace('/', '.')}")
    app.cleanup_ctx.extend([outgoing_session, load_data])
    app.add_routes(routes)
    app.router.add_get("/health", health)
    return app


if __name__ == "__main__":
    serve(build_app(), "pdp")
