"""The subscription service: who has which tier.

There is no payment provider in this demo: a user who asks for a tier has it.
"""

import json

from aiohttp import web
from behind_the_edge import guarded_application, json_object
from contract import CONTRACT
from forms import refuse_foreign_forms
from pages import wants_html
from policy import Policy, PolicyUnavailable
from service_identity import require_service
from serving import DATA, SESSION, address_of, json_answer, serve

TIERS = ("free", "basic", "professional")
SNAPSHOT = "/snapshot"

OF_SUBJECT = web.AppKey("tiers", dict[str, str])
routes = web.RouteTableDef()


@routes.get("/tiers/{subject}")
async def own_tier(request: web.Request) -> web.Response:
    """Answers the tier of the contract's subject."""
    return _answer(request, _own_subject(request))


@routes.put("/tiers/{subject}")
async def change_tier(request: web.Request) -> web.Response:
    """Changes the tier of the contract's subject: `{"tier": "basic"}`."""
    subject = _own_subject(request)
    await _change(request, subject, (await json_object(request)).get("tier"))
    return _answer(request, subject)


@routes.post("/tiers/{subject}")
async def change_tier_by_form(request: web.Request) -> web.Response:
    """The same for the form of the profile page."""
    refuse_foreign_forms(request, "edge")
    subject = _own_subject(request)
    await _change(request, subject, (await request.post()).get("tier"))
    if wants_html(request):
        raise web.HTTPSeeOther(address_of("edge").url + "/profile")
    return _answer(request, subject)


@routes.get(SNAPSHOT)
async def snapshot(request: web.Request) -> web.Response:
    """Answers all tiers to the decision point, when that starts."""
    require_service(request, "pdp")
    return json_answer({"tiers": request.app[OF_SUBJECT]})


def _own_subject(request: web.Request) -> str:
    """Returns the subject of the path. The edge has compared it already; the service does again."""
    contract = request[CONTRACT]
    if contract.is_anonymous or contract.subject != request.match_info["subject"]:
        raise web.HTTPForbidden(text="this is the tier of somebody else")
    return contract.subject


async def _change(request: web.Request, subject: str, tier: object) -> None:
    if not isinstance(tier, str) or tier not in TIERS:
        raise web.HTTPBadRequest(text=f"tier must be one of {', '.join(TIERS)}")
    event: dict[str, object] = {"type": "tier-changed", "subject": subject, "tier": tier}
    try:
        await Policy(request.app[SESSION], "subscription").tell(event)
    except PolicyUnavailable as fault:
        raise web.HTTPServiceUnavailable(text="the tier was not changed") from fault
    request.app[OF_SUBJECT][subject] = tier


def _answer(request: web.Request, subject: str) -> web.Response:
    tier = request.app[OF_SUBJECT].get(subject)
    return json_answer({"subject": subject, "tier": tier})


def build_app() -> web.Application:
    """Returns the service."""
    app = guarded_application(without=frozenset({SNAPSHOT}))
    users = json.loads((DATA / "users.json").read_text("utf-8"))
    app[OF_SUBJECT] = {user["id"]: user["tier"] for user in users}
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    serve(build_app(), "subscription")
