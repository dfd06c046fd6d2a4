"""The accounts service: no way around the password, and no way to anywhere else."""

import asyncio
from collections.abc import Awaitable, Callable

import jwt
import pytest
import users
from accounts import build_app
from return_targets import find_return_target

from tests.examples.landscape import ALICE, Landscape, landscape, service_header

EDGE = "http://127.0.0.1:4455"
PASSWORD = {"username": "alice", "password": "alice-on-loopback"}


def tell(monkeypatch: pytest.MonkeyPatch, story: Callable[[Landscape], Awaitable[None]]) -> None:
    """Runs a story against the service alone."""

    monkeypatch.setattr(users, "SCRYPT_COST", 2)

    async def run() -> None:
        async with landscape(monkeypatch, {"accounts": build_app}) as there:
            await story(there)

    asyncio.run(run())


FOREIGN = [
    "https://evil.test/",
    "http://127.0.0.1:4455.evil.test/",
    "http://127.0.0.1:4455@evil.test/",
    "http://127.0.0.1:44550/",
    "http://127.0.0.1/",
    "http://localhost:4455/",
    "HTTP://127.0.0.1:4455/",
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\/evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "\t//evil.test",
    " //evil.test",
    "/a\x00b",
    "/a\x7fb",
    "/ü",
    "/\u2028",
    "javascript:alert(1)",
    "http:evil.test",
    "http:/\\evil.test",
    "evil.test",
    "",
    "?x",
    "http://127.0.0.1:4455",
    "http://127.0.0.1:4455//evil.test",
    "/" + "a" * 2048,
]


@pytest.mark.parametrize("text", FOREIGN, ids=repr)
def test_nothing_but_the_edge_is_a_place_to_return_to(text: str) -> None:
    assert find_return_target(text, EDGE) is None


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("/", f"{EDGE}/"),
        ("/profile?a=1&b=//c", f"{EDGE}/profile?a=1&b=//c"),
        (f"{EDGE}/articles/a%2Fb", f"{EDGE}/articles/a%2Fb"),
        (f"{EDGE}/?next=https://evil.test", f"{EDGE}/?next=https://evil.test"),
    ],
)
def test_pages_of_the_edge_are(text: str, target: str) -> None:
    assert find_return_target(text, EDGE) == target


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"username": "alice"},
        {"username": "alice", "password": ""},
        {"username": "alice", "password": "guess"},
        {"username": "alice", "password": "bob-on-loopback"},
        {"username": "Alice", "password": "alice-on-loopback"},
        {"username": "nobody", "password": "alice-on-loopback"},
    ],
    ids=str,
)
def test_a_wrong_password_gives_neither_token_nor_cookie(
    monkeypatch: pytest.MonkeyPatch, form: dict[str, str]
) -> None:
    async def story(there: Landscape) -> None:
        status, body, _ = await there.call("accounts", "/token", method="POST", data=form)
        assert status == 401
        assert "access_token" not in str(body)
        status, _, headers = await there.call("accounts", "/login", method="POST", data=form)
        assert status == 401
        assert "Set-Cookie" not in headers

    tell(monkeypatch, story)


def test_a_login_that_leads_elsewhere_is_refused_before_it_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(there: Landscape) -> None:
        form = {**PASSWORD, "return_to": "//evil.test"}
        status, _, headers = await there.call("accounts", "/login", method="POST", data=form)
        assert status == 400
        assert "Set-Cookie" not in headers
        path = "/login?return_to=https%3A%2F%2Fevil.test"
        assert (await there.call("accounts", path))[0] == 400

    tell(monkeypatch, story)


@pytest.mark.parametrize("path", ["/login", "/logout"])
@pytest.mark.parametrize("origin", ["https://evil.test", "null"])
def test_forms_of_other_sites_are_refused(
    monkeypatch: pytest.MonkeyPatch, path: str, origin: str
) -> None:
    async def story(there: Landscape) -> None:
        status, _, headers = await there.call(
            "accounts", path, method="POST", data=PASSWORD, headers={"Origin": origin}
        )
        assert status == 403
        assert "Set-Cookie" not in headers

    tell(monkeypatch, story)


@pytest.mark.parametrize("service", [None, "articles", "pdp"])
def test_only_the_operator_rotates_keys(
    monkeypatch: pytest.MonkeyPatch, service: str | None
) -> None:
    async def story(there: Landscape) -> None:
        headers = service_header(service) if service else {}
        status, _, _ = await there.call("accounts", "/rotate", method="POST", headers=headers)
        assert status == 401

    tell(monkeypatch, story)


def test_what_was_typed_comes_back_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(there: Landscape) -> None:
        path = "/login?return_to=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
        status, body, headers = await there.call("accounts", path)
        assert status == 200
        assert "<script" not in str(body)
        assert "default-src 'none'" in headers["Content-Security-Policy"]

    tell(monkeypatch, story)


def test_a_login_sets_a_cookie_and_leads_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(there: Landscape) -> None:
        form = {**PASSWORD, "return_to": "/profile"}
        status, _, headers = await there.call("accounts", "/login", method="POST", data=form)
        assert (status, headers["Location"]) == (303, f"{EDGE}/profile")
        cookie = headers["Set-Cookie"]
        assert cookie.startswith("id_token=ey")
        assert {"HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))

    tell(monkeypatch, story)


def test_a_token_is_what_discovery_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(there: Landscape) -> None:
        url = str(there.servers["accounts"].make_url("/")).rstrip("/")
        _, metadata, _ = await there.call("accounts", "/.well-known/openid-configuration")
        assert metadata["issuer"] == url
        assert metadata["jwks_uri"] == f"{url}/jwks"
        _, body, _ = await there.call("accounts", "/token", method="POST", data=PASSWORD)
        claims = await _verified(there, body["access_token"])
        assert (claims["sub"], claims["name"], claims["aud"]) == (ALICE, "Alice", "blog")
        assert claims["iss"] == url
        assert claims["exp"] - claims["iat"] == 600

    tell(monkeypatch, story)


def test_a_rotated_key_stays_until_it_is_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(there: Landscape) -> None:
        _, body, _ = await there.call("accounts", "/token", method="POST", data=PASSWORD)
        old = body["access_token"]
        operator = service_header("operator")
        await there.call("accounts", "/rotate", method="POST", headers=operator)
        await _verified(there, old)
        _, body, _ = await there.call("accounts", "/token", method="POST", data=PASSWORD)
        assert jwt.get_unverified_header(body["access_token"]) != jwt.get_unverified_header(old)
        await _verified(there, body["access_token"])
        form = {"withdraw": "yes"}
        await there.call("accounts", "/rotate", method="POST", headers=operator, data=form)
        with pytest.raises(LookupError):
            await _verified(there, old)

    tell(monkeypatch, story)


async def _verified(there: Landscape, token: str) -> dict[str, object]:
    _, key_set, _ = await there.call("accounts", "/jwks")
    keys = {key["kid"]: jwt.PyJWK.from_dict(key) for key in key_set["keys"]}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, ["ES256"], audience="blog")
