"""No fault of a service that is asked turns into access.

Every mechanism that asks somebody meets every fault, each with a rule of its own, all at once: each
request is refused, in time, with a reason in the decision log. With the right answers the same
rules let the same requests pass.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import jwt
import pytest

from tests.attacks.edge import request
from tests.fakes.driving import run
from tests.fakes.ports import free_port
from tests.golden.tokens import private_key, published_key
from tests.integration.lying import FAULTS, Service, answer, end, lying
from tests.integration.processes import Place, stop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

AT_ONCE = 40
PATIENCE = 60
"""Seconds after which a request counts as one that hangs; endpoints have one, some have ten."""
SECRET = "not-for-the-log"
NOW = int(time.time())
KEY = published_key("k", "ES256", 7)
OTHER = published_key("k", "ES256", 8)
SYMMETRIC = {
    "kty": "oct",
    "kid": "k",
    "alg": "HS256",
    "k": "YWFh" * 16,
}
OTHER_ISSUER = "http://other.test"
SUBJECT = {"sub": SECRET, "exp": NOW + 600}


def token(issuer: str, algorithm: str = "ES256") -> str:
    """Returns a token; one of another algorithm is signed with the key that the issuer may show."""
    key = {"ES256": private_key("ES256", 7), "HS256": b"a" * 48, "none": ""}
    return jwt.encode({**SUBJECT, "iss": issuer}, key[algorithm], algorithm, {"kid": "k"})


class Asking(NamedTuple):
    """A mechanism that asks.

    Attributes:
        kind: the key of the catalogue and of steps.
        type: of the mechanism.
        config: with `$URL` where it asks.
        right: what it is told if all is well.
        lies: what it may be told instead.
    """

    kind: str
    type: str
    config: Mapping[str, object]
    right: object
    lies: Mapping[str, object]


ENDPOINT = {"url": "$URL", "timeout": "1s"}
GET = {**ENDPOINT, "method": "GET"}
KEEPING = {"enabled": True, "default_ttl": "10s", "stale_if_error": "10s"}
BEARER = [{"header": "Authorization", "scheme": "Bearer"}]
ALLOWED = "allowed == true"
NO = {
    "no": {"allowed": False},
    "text": {"allowed": "true"},
    "number": {"allowed": 1},
    "missing": {},
    "null": {"allowed": None},
    "list": [{"allowed": True}],
    "nothing": None,
    "twice-named": answer(b'{"allowed": false, "allowed": true}'),
}
TOKEN = {"access_token": SECRET, "token_type": "Bearer", "expires_in": 300}
NO_TOKEN = {
    "no-token": {**TOKEN, "access_token": None},
    "empty-token": {**TOKEN, "access_token": ""},
    "number": {**TOKEN, "access_token": 5},
    "two-lines": {**TOKEN, "access_token": "a\r\nX-User: admin"},
    "no-type": {"access_token": SECRET},
    "odd-type": {**TOKEN, "token_type": "Bearer: x"},
    "list": [TOKEN],
    "created": answer(json.dumps(TOKEN).encode(), 201),
}
CLIENT = {"token_url": "$URL", "client_id": "edge", "client_secret": "s3cret"}
ACTIVE = {"active": True, **SUBJECT, "iss": "issuer", "aud": "shop"}

ASKING = {
    # First, since nobody waits for less than ten seconds for them.
    "client": Asking("finalizer", "oauth2_client_credentials", CLIENT, TOKEN, NO_TOKEN),
    "exchange": Asking("finalizer", "oauth2_token_exchange", CLIENT, TOKEN, NO_TOKEN),
    "jwks": Asking(
        "authenticator",
        "jwt",
        {"jwks_endpoint": GET, "assertions": {"issuers": ["issuer"]}},
        {"keys": [KEY]},
        {
            "emptied": {"keys": []},
            "other-key": {"keys": [OTHER]},
            "symmetric": {"keys": [SYMMETRIC]},
            "none": {"keys": [{**SYMMETRIC, "alg": "none"}]},
            "for-encryption": {"keys": [{**KEY, "use": "enc"}]},
            "of-another-algorithm": {"keys": [{**KEY, "alg": "ES384"}]},
            "for-signing": {"keys": [{**KEY, "key_ops": ["sign"]}]},
            "no-list": {"keys": KEY},
            "no-set": KEY,
            "off-the-curve": {"keys": [{**KEY, "x": OTHER["x"]}]},
        },
    ),
    "metadata": Asking(
        "authenticator",
        "jwt",
        {"metadata_endpoint": {**GET, "url": "$URL.well-known/openid-configuration"}},
        {"issuer": "$ISSUER", "jwks_uri": "$SERVICE/jwks/right/"},
        {
            "other-issuer": {"issuer": OTHER_ISSUER, "jwks_uri": "$SERVICE/jwks/right/"},
            "no-issuer": {"jwks_uri": "$SERVICE/jwks/right/"},
            "no-keys": {"issuer": "$ISSUER"},
            "keys-elsewhere": {"issuer": "$ISSUER", "jwks_uri": "file:///jwks"},
            "keys-of-another": {"issuer": "$ISSUER", "jwks_uri": "$SERVICE/jwks/other-key/"},
            "keys-that-hang": {"issuer": "$ISSUER", "jwks_uri": "$SERVICE/jwks/hanging/"},
            "keys-that-are-none": {"issuer": "$ISSUER", "jwks_uri": "$SERVICE/remote/right/"},
        },
    ),
    "introspection": Asking(
        "authenticator",
        "oauth2_introspection",
        {
            "introspection_endpoint": ENDPOINT,
            "assertions": {"issuers": ["issuer"], "audience": ["shop"]},
        },
        ACTIVE,
        {
            "text": {**ACTIVE, "active": "true"},
            "number": {**ACTIVE, "active": 1},
            "missing": {**SUBJECT, "iss": "issuer", "aud": "shop"},
            "null": {**ACTIVE, "active": None},
            "inactive": {**ACTIVE, "active": False},
            "twice-named": answer(b'{"active": false, ' + json.dumps(ACTIVE).encode()[1:]),
            "other-issuer": {**ACTIVE, "iss": "other"},
            "other-audience": {**ACTIVE, "aud": "bank"},
            "expired": {**ACTIVE, "exp": NOW - 600},
            "not-yet": {**ACTIVE, "nbf": NOW + 600},
            "no-subject": {name: each for name, each in ACTIVE.items() if name != "sub"},
            "list": [ACTIVE],
            "unsigned": answer(
                token("issuer", "none").encode(), kind="application/token-introspection+jwt"
            ),
        },
    ),
    "session": Asking(
        "authenticator",
        "generic",
        {
            "identity_info_endpoint": GET,
            "authentication_data_source": BEARER,
            "principal": {"id": "sub"},
            "session_lifespan": {"active": "active", "not_after": "exp"},
        },
        {**SUBJECT, "active": True},
        {
            "inactive": {**SUBJECT, "active": False},
            "text": {**SUBJECT, "active": "no"},
            "over": {**SUBJECT, "active": True, "exp": NOW - 600},
            "no-subject": {"active": True, "exp": NOW + 600},
            "null": {**SUBJECT, "active": True, "sub": None},
            "list": [{**SUBJECT, "active": True}],
            "twice-named": answer(
                b'{"active": false, ' + json.dumps({**SUBJECT, "active": True}).encode()[1:]
            ),
        },
    ),
    "kept": Asking(
        "contextualizer",
        "generic",
        {"endpoint": {**GET, "http_cache": KEEPING, "retry": {}, "circuit_breaker": {}}},
        {"allowed": True},
        NO,
    ),
    "discovered": Asking(
        "authenticator",
        "oauth2_introspection",
        {"metadata_endpoint": {**GET, "url": "$URL.well-known/openid-configuration"}},
        {"issuer": "$ISSUER", "introspection_endpoint": "$SERVICE/any/$WHICH/"},
        {
            "other-issuer": {
                "issuer": OTHER_ISSUER,
                "introspection_endpoint": "$SERVICE/any/$WHICH/",
            },
            "nowhere": {"issuer": "$ISSUER"},
            "elsewhere": {"issuer": "$ISSUER", "introspection_endpoint": "file:///any"},
            "hanging-there": {
                "issuer": "$ISSUER",
                "introspection_endpoint": "$SERVICE/introspection/hanging/",
            },
            "of-another": {
                "issuer": "$ISSUER",
                "introspection_endpoint": "$SERVICE/introspection/right/",
            },
        },
    ),
    "context": Asking(
        "contextualizer",
        "generic",
        {"endpoint": ENDPOINT, "payload": "{{ .Request.URL.Path }}"},
        {"allowed": True},
        NO,
    ),
    "remote": Asking(
        "authorizer",
        "remote",
        {
            "endpoint": ENDPOINT,
            "payload": "{{ .Subject.ID }}",
            "expressions": [{"expression": f"Payload.{ALLOWED}"}],
        },
        {"allowed": True},
        NO,
    ),
}


def cases() -> Iterator[tuple[str, str]]:
    """Yields each mechanism with each of its faults."""
    for what, asking in ASKING.items():
        yield from ((what, which) for which in ("refused", *FAULTS, *asking.lies))


def configuration(place: Place, service: Service) -> dict[str, object]:
    """Returns a mechanism and a rule for each case, and for the right answers."""
    nobody = free_port()
    mechanisms: dict[str, list[object]] = {
        "authenticators": [{"id": "anyone", "type": "anonymous"}],
        "contextualizers": [],
        "authorizers": [{"id": "allow", "type": "allow"}],
        "finalizers": [],
    }
    rules = []
    for what, which in [*((what, "right") for what in ASKING), *cases()]:
        asking, name = ASKING[what], f"{what}-{which}"
        port = nobody if which == "refused" else service.port
        url = f"http://127.0.0.1:{port}/{what}/{which}/"
        config = json.loads(json.dumps(asking.config).replace("$URL", url))
        mechanisms[f"{asking.kind}s"].append({"id": name, "type": asking.type, "config": config})
        if asking.kind == "contextualizer":
            check = {"expressions": [{"expression": f'Outputs["{name}"].{ALLOWED}'}]}
            mechanisms["authorizers"].append({"id": name, "type": "cel", "config": check})
        rules.append(
            {
                "id": name,
                "match": {"routes": [{"path": f"/{what}/{which}"}]},
                "execute": list(steps(asking.kind, name)),
            }
        )
    (place.folder / "rules.yaml").write_text(json.dumps({"version": "1alpha4", "rules": rules}))
    return {
        "serve": {"host": "127.0.0.1", "port": place.port, "workers": 1},
        "management": {"host": "127.0.0.1", "port": place.management},
        "mechanisms": mechanisms,
        "providers": {"file_system": {"src": "rules.yaml"}},
    }


def steps(kind: str, name: str) -> Iterator[dict[str, str]]:
    """Yields the steps of a rule in which one asks."""
    yield {"authenticator": name if kind == "authenticator" else "anyone"}
    if kind == "contextualizer":
        yield {"contextualizer": name}
    yield {"authorizer": name if kind in ("contextualizer", "authorizer") else "allow"}
    if kind == "finalizer":
        yield {"finalizer": name}


def named(document: object, service: Service, what: str, which: str) -> object:
    """Returns a document with the addresses that it names."""
    if isinstance(document, bytes):
        return document
    here = f"http://127.0.0.1:{service.port}"
    text = json.dumps(document).replace("$ISSUER", f"{here}/{what}/{which}")
    return json.loads(text.replace("$SERVICE", here).replace("$WHICH", which))


def bearer(service: Service, what: str, which: str) -> str:
    """Returns a token of the issuer that is told of: but for the lie it would be a good one."""
    issuer = "issuer"
    if what in ("metadata", "discovered"):
        here = f"http://127.0.0.1:{service.port}/{what}/{which}"
        issuer = OTHER_ISSUER if which == "other-issuer" else here
    return token(issuer, {"symmetric": "HS256", "none": "none"}.get(which, "ES256"))


async def status(place: Place, service: Service, what: str, which: str) -> tuple[int, bytes]:
    """Returns the status of a request that shows a good token, and the whole answer."""
    shown = f"Authorization: Bearer {bearer(service, what, which)}".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    try:
        async with asyncio.timeout(PATIENCE):
            writer.write(request(f"/{what}/{which}".encode(), shown, b"Connection: close"))
            said = await reader.read()
    finally:
        await end(writer)
    return int(said.split(b" ", 2)[1]), said


def test_no_fault_of_a_service_that_is_asked_turns_into_access(tmp_path: Path) -> None:
    async def scenario() -> tuple[list[int], dict[str, tuple[int, bytes]], str]:
        place = Place(tmp_path, 0)
        async with lying() as service:
            for what, asking in ASKING.items():
                right = dict.fromkeys(("right", *FAULTS), asking.right)
                for which, document in (right | dict(asking.lies)).items():
                    service.documents[what, which] = named(document, service, what, which)
            for which in ("right", *FAULTS, *ASKING["discovered"].lies):
                issuer = OTHER_ISSUER if which == "other-issuer" else "$ISSUER"
                active = {**ACTIVE, "iss": issuer}
                service.documents["any", which] = named(active, service, "discovered", which)
            text = json.dumps(configuration(place, service))
            (tmp_path / "edgeauth.yaml").write_text(text)
            with place.running("decision") as process:
                right = [(await status(place, service, what, "right"))[0] for what in ASKING]
                listed = list(cases())
                turns = asyncio.Semaphore(AT_ONCE)

                async def asked(what: str, which: str) -> tuple[int, bytes]:
                    async with turns:
                        return await status(place, service, what, which)

                told = await asyncio.gather(*(asked(*each) for each in listed))
                again = [(await status(place, service, what, "right"))[0] for what in ASKING]
                log, _ = await asyncio.to_thread(stop, process)
        names = [f"{what}-{which}" for what, which in listed]
        return right + again, dict(zip(names, told, strict=True)), log

    right, told, log = run(scenario())
    lines = [json.loads(line) for line in log.splitlines()]
    decided = {line["rule"]: line for line in lines if "decision" in line and "rule" in line}

    assert right == [200] * 2 * len(ASKING), "the same rules, told the truth"
    assert {name for name, (code, _) in told.items() if not 400 <= code < 600} == set()
    assert {name for name, (_, said) in told.items() if SECRET.encode() in said} == set()
    unheard = [
        f"{what}-{which}"
        for what, asking in ASKING.items()
        for which in asking.lies
        if "can not be asked" in decided[f"{what}-{which}"]["detail"]
    ]
    assert unheard == [], "a lie that was not heard is no test"
    refused = [decided[name] for name in told]
    assert {line["decision"] for line in refused} == {"deny"}
    assert [line["rule"] for line in refused if not (line["reason"] and line["detail"])] == []
    assert SECRET not in "".join(line["detail"] for line in refused)
