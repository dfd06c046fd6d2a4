"""What clients prove themselves with: made for one request, or shown with each.

Certificates and the key of their authority are always the same. Proofs, signatures and codes are
computed here as the standards say, without the code that is tried.

Source:
    RFC 9449 section 4.2; RFC 9421 section 2.5; RFC 2104; RFC 7638; RFC 8705 section 3.1.
"""

import hmac
import json
import re
import textwrap
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.golden.messages import Written
from tests.golden.tokens import NUMBERS, moment, private_key, published_key

SHARED_SECRET = b"a secret of thirty-two octets ..."
"""What codes and signatures of the kind HMAC are made with; nobody else uses it."""
_ALGORITHMS = {"es256": "ES256", "es384": "ES384", "es512": "ES512", "eddsa": "EdDSA"}
KEYS = tuple(_ALGORITHMS)
"""Names of the keys that proofs and signatures are made with."""
_SCHEME, _HOST = "http", "edge.test"
_USES = {"clients": ExtendedKeyUsageOID.CLIENT_AUTH, "servers": ExtendedKeyUsageOID.SERVER_AUTH}
_AUTHORITY, _STRANGER = 1_000_005, 1_000_007
"""Numbers of the keys of who issues certificates to clients, and of somebody else."""


class Occasion(NamedTuple):
    """What a credential is made for.

    Attributes:
        request: that it goes with.
        now: seconds since 1970.
        id: of the case.
    """

    request: Written
    now: int
    id: str


def made(description: dict, occasion: Occasion) -> str:
    """Returns a credential; README.md says what a description holds."""
    return _KINDS[description["type"]](description, occasion)


def _proof(says: dict, occasion: Occasion) -> str:
    """Returns a proof of possession; members and claims that are None are left out."""
    request = occasion.request
    name = says.get("key", "es256")
    algorithm = says.get("alg", _algorithm(name))
    claims = {
        "jti": occasion.id,
        "htm": request.method,
        "htu": f"{_SCHEME}://{_HOST}{request.target.partition('?')[0]}",
        "iat": occasion.now,
        "ath": _base64url(sha256(says.get("token", "").encode()).digest()),
        **says.get("claims", {}),
    }
    header = {"typ": "dpop+jwt", "jwk": public_members(name), **says.get("header", {})}
    key = SHARED_SECRET if algorithm == "HS256" else _private(name)
    made = jwt.encode(
        {each: moment(value, occasion.now) for each, value in claims.items() if value is not None},
        None if algorithm == "none" else key,
        algorithm,
        {each: value for each, value in header.items() if value is not None or each == "typ"},
    )
    return made[: len(made) - says.get("cut", 0)]


def _signature(says: dict, occasion: Occasion) -> str:
    """Returns the signature that `Signature-Input` describes, in base64."""
    label, request = says.get("label", "sig"), occasion.request
    for old, new in says.get("instead", {}).items():
        request = Written.read(str(request).replace(old, new))
    found = re.search(rf"\b{label}=(\(([^)]*)\)[^,]*)", request.get("signature-input"))
    assert found is not None, "there is no Signature-Input of that label"
    lines = [f"{each}: {_component(each, request)}" for each in found[2].split()]
    base = "\n".join([*lines, f'"@signature-params": {found[1]}']).encode()
    name = says.get("key", "es256")
    if name == "shared":
        return b64encode(hmac.digest(SHARED_SECRET, base, "sha256")).decode()
    signed = jwt.get_algorithm_by_name(_algorithm(name)).sign(base, _private(name))
    return b64encode(signed).decode()


def _component(identifier: str, request: Written) -> str:
    path, mark, query = request.target.partition("?")
    host = (request.get("host") or _HOST).lower()
    derived = {
        "@method": request.method, "@authority": host, "@path": path, "@query": f"?{query}",
        "@scheme": _SCHEME, "@request-target": path + mark + query,
        "@target-uri": f"{_SCHEME}://{host}{path}{mark}{query}",
    }  # fmt: skip
    name = identifier.split('"')[1]
    return derived.get(name, "") if name.startswith("@") else request.get(name)


def _code(says: dict, occasion: Occasion) -> str:
    """Returns the code, or the Ed25519 signature, of a text with `$BODY` in it."""
    content = occasion.request.content
    message = says.get("text", "$BODY").encode().replace(b"$BODY", content)
    if "key" in says:
        octets = jwt.get_algorithm_by_name("EdDSA").sign(message, _private(says["key"]))
    else:
        octets = hmac.digest(_secret(says), message, says.get("hash", "sha256"))
    return octets.hex() if says.get("form", "hex") == "hex" else b64encode(octets).decode()


def _secret(says: dict) -> bytes:
    text, prefix = says["secret"], "whsec_"
    is_encoded = text.startswith(prefix) and not says.get("plain")
    return b64decode(text.removeprefix(prefix)) if is_encoded else text.encode()


_KINDS: dict[str, Callable[[dict, Occasion], str]] = {
    "proof": _proof, "signature": _signature, "code": _code,
}  # fmt: skip


def public_members(name: str) -> dict[str, object]:
    """Returns the public key of a name, as a JWK that says nothing else."""
    key = published_key(name, _algorithm(name), NUMBERS[name])
    return {member: key[member] for member in ("crv", "kty", "x", "y") if member in key}


def thumbprint(name: str) -> str:
    """Returns the thumbprint of a key, as tokens that are bound to it name it."""
    members = dict(sorted(public_members(name).items()))
    return _base64url(sha256(json.dumps(members, separators=(",", ":")).encode()).digest())


def names_of(certificates: Mapping[str, dict]) -> dict[str, str]:
    """Returns what stands for certificates, in all the forms in which they are told."""
    found = {}
    for name, description in certificates.items():
        der = certificate(json.dumps(description))
        digest = sha256(der)
        found |= {
            f"$CERTIFICATE.{name}": b64encode(der).decode(),
            f"$PEM.{name}": quote(_pem(der), safe=""),
            f"$SHA256.{name}": digest.hexdigest(),
            f"$X5T.{name}": _base64url(digest.digest()),
        }
    return found


@cache
def certificate(description: str) -> bytes:
    """Returns a certificate in DER, always the same for the same description.

    Args:
        description: in JSON; README.md says what it holds.
    """
    says = json.loads(description)
    names = [
        *map(x509.UniformResourceIdentifier, says.get("uris", ())),
        *map(x509.DNSName, says.get("dns", ())),
        *map(x509.RFC822Name, says.get("emails", ())),
    ]
    constraints = x509.BasicConstraints(says.get("authority", False), None)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(*says.get("subject", ())))
        .issuer_name(_name("clients"))
        .public_key(private_key("EdDSA", _AUTHORITY).public_key())
        .serial_number(0xABC)
        .not_valid_before(datetime(says.get("from", 2020), 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(says.get("until", 2120), 1, 1, tzinfo=UTC))
        .add_extension(constraints, critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    uses = [_USES[each] for each in says.get("for", ["clients"])]
    if uses:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    signer = private_key("EdDSA", _STRANGER if says.get("forged") else _AUTHORITY)
    der = builder.sign(signer, None).public_bytes(Encoding.DER)
    for old, new in says.get("instead", {}).items():
        der = der.replace(old.encode(), new.encode())
    return der


def authority() -> bytes:
    """Returns the PEM file of who has issued the certificates."""
    return _pem(certificate('{"subject": ["clients"], "authority": true, "for": []}')).encode()


def _pem(der: bytes) -> str:
    text = "\n".join(textwrap.wrap(b64encode(der).decode(), 64))
    return f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"


def _name(*common_names: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each) for each in common_names])


def _algorithm(name: str) -> str:
    return _ALGORITHMS.get(name, "ES256")


def _private(name: str):
    return private_key(_algorithm(name), NUMBERS[name])


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")
