"""The accounts service: an OpenID provider that stands where Google would stand.

It offers discovery, published keys with rotation, a login page for browsers, and a bearer token
for programs. Only edgeauth talks to it; no service behind the edge knows of it.

The login page sets the ID token as a cookie for the host 127.0.0.1. Cookies do not distinguish
ports (RFC 6265 §8.5), which is how the edge, on another port, gets it. With host names of their own
one would run an OIDC client in front of the edge instead.
"""

import os
import time
import uuid
from pathlib import Path

from aiohttp import web
from forms import refuse_foreign_forms
from issuer_keys import IssuerKeys, read_key
from pages import element, page, stylesheet
from return_targets import find_return_target
from service_identity import require_service, service_token
from serving import address_of, health, json_answer, serve
from users import User, Users

AUDIENCE = "blog"
COOKIE = "id_token"
TOKEN_SECONDS = 600

KEYS = web.AppKey("keys", IssuerKeys)
USERS = web.AppKey("users", Users)
routes = web.RouteTableDef()


@routes.get("/.well-known/openid-configuration")
async def discovery(_request: web.Request) -> web.Response:
    """Answers the metadata (OpenID Connect Discovery 1.0 §3)."""
    url = address_of("accounts").url
    return json_answer(
        {
            "issuer": url,
            "authorization_endpoint": f"{url}/login",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }
    )


@routes.get("/jwks")
async def jwks(request: web.Request) -> web.Response:
    """Answers the published keys."""
    return json_answer(request.app[KEYS].public())


@routes.post("/rotate")
async def rotate(request: web.Request) -> web.Response:
    """Signs with a new key; `withdraw=yes` also stops publishing the old ones."""
    require_service(request, "operator")
    form = await request.post()
    request.app[KEYS].rotate(withdraw=form.get("withdraw") == "yes")
    return json_answer(request.app[KEYS].public())


@routes.get("/login")
async def login_page(request: web.Request) -> web.Response:
    """Shows the form."""
    return _login_form(_return_target(request.query.get("return_to", "/")))


@routes.post("/login")
async def login(request: web.Request) -> web.Response:
    """Signs a browser in and sends it back to where it came from."""
    refuse_foreign_forms(request, "accounts")
    form = await request.post()
    target = _return_target(str(form.get("return_to", "/")))
    user = await _authenticate(request, str(form.get("username")), str(form.get("password")))
    if user is None:
        return _login_form(target, failed=True)
    response = web.HTTPSeeOther(target)
    # Lax: forms of other sites that post to the edge come without it. With TLS: secure=True.
    token = issue_token(request.app[KEYS], user)
    response.set_cookie(COOKIE, token, max_age=TOKEN_SECONDS, httponly=True, samesite="Lax")
    raise response


@routes.post("/logout")
async def logout(request: web.Request) -> web.Response:
    """Forgets the cookie. The token itself ends after ten minutes."""
    refuse_foreign_forms(request, "edge")
    response = web.HTTPSeeOther(address_of("edge").url + "/")
    response.del_cookie(COOKIE, httponly=True, samesite="Lax")
    raise response


@routes.post("/token")
async def token(request: web.Request) -> web.Response:
    """Answers a bearer token for a username and a password; bare, where text is asked for."""
    form = await request.post()
    user = await _authenticate(request, str(form.get("username")), str(form.get("password")))
    if user is None:
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="accounts"'})
    text = issue_token(request.app[KEYS], user)
    headers = {"Cache-Control": "no-store"}
    if request.headers.get("Accept") == "text/plain":
        return web.Response(text=text, headers=headers)
    answer = {"access_token": text, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
    return json_answer(answer, headers=headers)


def issue_token(keys: IssuerKeys, user: User) -> str:
    """Returns an ID token for `user` (OpenID Connect Core 1.0 §2), good for ten minutes."""
    now = int(time.time())
    return keys.sign(
        {
            "iss": address_of("accounts").url,
            "aud": AUDIENCE,
            "sub": user.id,
            "name": user.name,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": str(uuid.uuid4()),
        }
    )


async def _authenticate(request: web.Request, username: str, password: str) -> User | None:
    return await request.app[USERS].authenticate(username, password)


def _return_target(text: str) -> str:
    target = find_return_target(text, address_of("edge").url)
    if target is None:
        raise web.HTTPBadRequest(text=f"return_to must lead to {address_of('edge').url}/")
    return target


def _login_form(target: str, *, failed: bool = False) -> web.Response:
    form = element(
        "form",
        element("input", type="hidden", name="return_to", value=target),
        element("label", "Name", for_="username"),
        element("input", id="username", name="username", autocomplete="username", required=""),
        element("label", "Password", for_="password"),
        element(
            "input",
            id="password",
            name="password",
            type="password",
            autocomplete="current-password",
            required="",
        ),
        element("button", "Sign in"),
        method="post",
        action="/login",
    )
    notice = [element("p", "Name or password is wrong.", class_="notice", role="alert")]
    return page("Sign in", notice if failed else [], form, status=401 if failed else 200)


def build_app() -> web.Application:
    """Returns the service. `ACCOUNTS_KEY` may name a PEM file with its first signing key."""
    service_token("operator")  # without one nobody starts
    app = web.Application(client_max_size=16 * 1024)
    key_file = os.environ.get("ACCOUNTS_KEY")
    app[KEYS] = IssuerKeys(read_key(Path(key_file).read_bytes()) if key_file else None)
    app[USERS] = Users()
    app.add_routes(routes)
    app.add_routes([web.get("/site.css", stylesheet), web.get("/health", health)])
    return app


if __name__ == "__main__":
    serve(build_app(), "accounts")
