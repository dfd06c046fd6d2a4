"""The contract verifier, the file that users copy: whatever is not a contract is refused."""

import asyncio
import base64
import json
import time
from collections.abc import Callable

import jwt
import pytest
from aiohttp import web
from behind_the_edge import guarded_application
from contract import CONTRACT, ContractRefused, ContractVerifier, signing_keys
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.examples.landscape import ALICE, KEY_ID, Edge, landscape, public_jwk

STRANGER = ec.generate_private_key(ec.SECP256R1())


async def _whoami(request: web.Request) -> web.Response:
    return web.json_response({"subject": request[CONTRACT].subject})


def _service() -> web.Application:
    app = guarded_application()
    app.router.add_get("/whoami", _whoami)
    return app


def ask(
    monkeypatch: pytest.MonkeyPatch,
    authorization: Callable[[Edge], list[str]],
    spoil: Callable[[Edge], None] = lambda edge: None,
) -> tuple[int, str]:
    """Returns what a guarded service answers to these Authorization fields."""

    async def run() -> tuple[int, str]:
        async with landscape(monkeypatch, {"service": _service}) as there:
            spoil(there.edge)
            fields = [("Authorization", value) for value in authorization(there.edge)]
            url = there.servers["service"].make_url("/whoami")
            async with there.session.get(url, headers=fields) as response:
                return response.status, await response.text()

    return asyncio.run(run())


def _without(edge: Edge, claim: str) -> str:
    claims = edge.claims(ALICE)
    del claims[claim]
    return edge.sign(claims)


def _unsigned(edge: Edge) -> str:
    parts = ({"alg": "none", "kid": KEY_ID}, edge.claims(ALICE))
    return ".".join(_encoded(json.dumps(part).encode()) for part in parts) + "."


def _confused(edge: Edge) -> str:
    import hashlib
    import hmac

    pem = edge.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = ({"alg": "HS256", "kid": KEY_ID}, edge.claims(ALICE))
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_encoded(hmac.digest(pem, signed.encode(), hashlib.sha256))}"


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _by_stranger(edge: Edge, key_id: str) -> str:
    return jwt.encode(edge.claims(ALICE), STRANGER, "ES256", headers={"kid": key_id})


def _with_embedded_key(edge: Edge) -> str:
    header = {"kid": "mine", "jwk": public_jwk(STRANGER, "mine")}
    return jwt.encode(edge.claims(ALICE), STRANGER, "ES256", headers=header)


REFUSED = {
    "nothing": lambda edge: [],
    "an empty token": lambda edge: ["Bearer "],
    "another scheme": lambda edge: [f"Basic {edge.contract(ALICE)}"],
    "two of them (46)": lambda edge: [f"Bearer {edge.contract(ALICE)}"] * 2,
    "no token at all": lambda edge: ["Bearer alice"],
    "no UTF-8": lambda edge: ["Bearer \udcff.\udcff.\udcff"],
    "a header nested too deeply (78)": lambda edge: [f"Bearer {_encoded(b'[' * 4000)}.e30.AA"],
    "algorithm none (94)": lambda edge: [f"Bearer {_unsigned(edge)}"],
    "HS256 with the public key (95)": lambda edge: [f"Bearer {_confused(edge)}"],
    "an embedded key (99)": lambda edge: [f"Bearer {_with_embedded_key(edge)}"],
    "a stranger's key under our id": lambda edge: [f"Bearer {_by_stranger(edge, KEY_ID)}"],
    "a stranger's key": lambda edge: [f"Bearer {_by_stranger(edge, 'mine')}"],
    "no key id": lambda edge: [f"Bearer {jwt.encode(edge.claims(ALICE), edge.key, 'ES256')}"],
    "another issuer": lambda edge: [f"Bearer {edge.contract(ALICE, iss='accounts')}"],
    "another audience": lambda edge: [f"Bearer {edge.contract(ALICE, aud='blog')}"],
    "expired": lambda edge: [f"Bearer {edge.contract(ALICE, exp=int(time.time()) - 60)}"],
    "not valid yet": lambda edge: [f"Bearer {edge.contract(ALICE, nbf=int(time.time()) + 60)}"],
    "from the future": lambda edge: [f"Bearer {edge.contract(ALICE, iat=int(time.time()) + 60)}"],
    "too long": lambda edge: [f"Bearer {edge.contract(ALICE, much='x' * 5000)}"],
    **{
        f"without {claim}": lambda edge, claim=claim: [f"Bearer {_without(edge, claim)}"]
        for claim in ("iss", "aud", "sub", "iat", "nbf", "exp", "jti")
    },
}


@pytest.mark.parametrize("authorization", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_a_contract_is_refused_with_a_challenge_and_without_a_reason(
    monkeypatch: pytest.MonkeyPatch, authorization: Callable[[Edge], list[str]]
) -> None:
    status, text = ask(monkeypatch, authorization)

    assert (status, text) == (401, "401: Unauthorized")


KEY_SETS = {
    "no key set": ["keys"],
    "keys that are no list": {"keys": {"kid": KEY_ID}},
    "nothing": None,
}


@pytest.mark.parametrize("key_set", KEY_SETS.values(), ids=KEY_SETS.keys())
def test_nobody_is_believed_while_the_keys_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, key_set: object
) -> None:
    def spoil(edge: Edge) -> None:
        edge.key_set = key_set

    status, _ = ask(monkeypatch, lambda edge: [f"Bearer {edge.contract(ALICE)}"], spoil)

    assert status == 503


OTHER_KEYS = {
    "for encryption": {"use": "enc"},
    "for another algorithm": {"alg": "ES256K"},
    "symmetric": {"kty": "oct", "k": "c2VjcmV0" * 8, "alg": "HS256"},
    "broken": {"x": "!"},
    "without an id": {"kid": ""},
}


@pytest.mark.parametrize("change", OTHER_KEYS.values(), ids=OTHER_KEYS.keys())
def test_a_key_that_may_not_sign_contracts_is_left_out_and_spoils_no_other(
    change: dict[str, str],
) -> None:
    bad = {**public_jwk(STRANGER, "bad"), **change}

    assert set(signing_keys({"keys": [bad, 7, public_jwk(STRANGER, "good")]})) == {"good"}


def test_unknown_key_ids_do_not_make_us_ask_for_keys_more_than_once_in_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]

    async def run() -> list[int]:
        asked = []
        async with landscape(monkeypatch, {}) as there:
            url = str(there.servers["management"].make_url("/.well-known/jwks"))
            verifier = ContractVerifier(there.session, url, clock=lambda: now[0])
            for instant in (0.0, 1.0, 4.9, 5.0, 5.1):
                now[0] = instant
                with pytest.raises(ContractRefused):
                    await verifier.verify(_by_stranger(there.edge, "unknown"))
                asked.append(there.edge.key_sets_asked_for)
        return asked

    assert asyncio.run(run()) == [1, 1, 1, 2, 2]


def test_a_new_key_of_the_edge_is_found_and_a_withdrawn_one_is_not_believed_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]

    async def run() -> None:
        async with landscape(monkeypatch, {}) as there:
            url = str(there.servers["management"].make_url("/.well-known/jwks"))
            verifier = ContractVerifier(there.session, url, clock=lambda: now[0])
            old = there.edge.contract(ALICE)
            await verifier.verify(old)
            there.edge.key_set = {"keys": [public_jwk(STRANGER, "new")]}
            now[0] = 6.0
            await verifier.verify(_by_stranger(there.edge, "new"))
            with pytest.raises(ContractRefused):
                await verifier.verify(old)

    asyncio.run(run())


def test_the_health_check_needs_no_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> int:
        async with landscape(monkeypatch, {"service": _service}) as there:
            return (await there.call("service", "/health"))[0]

    assert asyncio.run(run()) == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_contract_of_the_edge_says_who_asks(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    status, text = ask(monkeypatch, lambda edge: [f"{scheme} {edge.contract(ALICE)}"])

    assert (status, json.loads(text)) == (200, {"subject": ALICE})
