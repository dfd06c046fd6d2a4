"""Tokens that must not be believed, made with the issuer's own key where that makes them better."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from services.issuer_keys import key_id_of, read_key

from runner.plan import Plan

CAROL = "c3f0a6d4-7a1e-4c55-8a57-3f6f2e1d9b10"


class Forger:
    """Knows the issuer's key, which no attacker does, and a key of its own."""

    def __init__(self, plan: Plan) -> None:
        self._issuer = plan.url("accounts")
        self._key = read_key((plan.folder / "issuer.pem").read_bytes())
        self._own_key = ec.generate_private_key(ec.SECP256R1())
        self._key_id = key_id_of(self._key)

    def bad_id_tokens(self) -> dict[str, str]:
        """Returns ID tokens that say to be Carol's, by what is wrong with them."""
        now = int(time.time())
        good = self._claims()
        return {
            "expired": self._signed({**good, "iat": now - 900, "exp": now - 300}),
            "not valid yet": self._signed({**good, "nbf": now + 300}),
            "of another issuer": self._signed({**good, "iss": "https://accounts.example.org"}),
            "for another audience": self._signed({**good, "aud": "shop"}),
            "forged, with the issuer's key id": self._forged(good, self._key_id),
            "forged, with a key id of its own": self._forged(good, "my-key"),
            "with algorithm none": _unsigned(good),
            "with HS256 and the public key": self._confused(good),
            "changed after signing": self._changed(good),
            "that is no token": "carol",
        }

    def contract(self, key_id: str) -> str:
        """Returns a contract that says to be edgeauth's, signed with the forger's key."""
        now = int(time.time())
        claims = {"iss": "edgeauth", "aud": "blog-services", "sub": CAROL, "name": "Carol"}
        times = {"iat": now, "nbf": now, "exp": now + 300, "jti": str(uuid.uuid4())}
        extra = {"requested_article": "deny-by-default", "allowed_representation": "full"}
        return self._forged({**claims, **times, **extra}, key_id)

    def _claims(self) -> dict[str, object]:
        now = int(time.time())
        who = {"iss": self._issuer, "aud": "blog", "sub": CAROL, "name": "Carol"}
        return {**who, "iat": now, "exp": now + 600}

    def _signed(self, claims: Mapping[str, object]) -> str:
        return jwt.encode(dict(claims), self._key, "ES256", headers={"kid": self._key_id})

    def _forged(self, claims: Mapping[str, object], key_id: str) -> str:
        return jwt.encode(dict(claims), self._own_key, "ES256", headers={"kid": key_id})

    def _changed(self, claims: Mapping[str, object]) -> str:
        header, _, signature = self._signed({**claims, "sub": "somebody"}).split(".")
        return f"{header}.{_base64url(claims)}.{signature}"

    def _confused(self, claims: Mapping[str, object]) -> str:
        """Signs with HMAC, the published key being the secret (CVE-2022-29217 and its kin)."""
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        header = {"alg": "HS256", "typ": "JWT", "kid": self._key_id}
        signed = f"{_base64url(header)}.{_base64url(claims)}"
        tag = hmac.digest(pem, signed.encode(), hashlib.sha256)
        return f"{signed}.{_encoded(tag)}"


def _unsigned(claims: Mapping[str, object]) -> str:
    return f"{_base64url({'alg': 'none', 'typ': 'JWT'})}.{_base64url(claims)}."


def _base64url(value: Mapping[str, object]) -> str:
    return _encoded(json.dumps(dict(value)).encode())


def _encoded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
