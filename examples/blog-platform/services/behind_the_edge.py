"""What all services behind the edge have in common: no request without a verified contract."""

from aiohttp import web
from contract import require_contract
from serving import address_of, health, outgoing_session

MAX_BODY_OCTETS = 64 * 1024


def guarded_application(*, without: frozenset[str] = frozenset()) -> web.Application:
    """Returns an application that answers 401 to every request without a contract.

    Args:
        without: further paths that need no contract, because they check something else.
    """
    app = web.Application(client_max_size=MAX_BODY_OCTETS)
    keys_url = address_of("management").url + "/.well-known/jwks"
    require_contract(app, keys_url, without=without | {"/health"})
    app.cleanup_ctx.append(outgoing_session)
    app.router.add_get("/health", health)
    return app


async def json_object(request: web.Request) -> dict[str, object]:
    """Returns the body, a JSON object.

    Raises:
        HTTPBadRequest: it is something else.
    """
    try:
        body = await request.json()
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text="the body is not JSON") from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="the body is not an object")
    return body
