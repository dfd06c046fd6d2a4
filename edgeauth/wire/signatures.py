"""What a signature of an HTTP request covers, octet for octet.

Signer and verifier have to make the same text out of the same request, so both use this module.
Components that two readers could make different values of, such as a query parameter that is
there twice, are malformed.

Trust: fields and URLs are data; names of components come from a configuration or a signature.

Source:
    RFC 9421 sections 2 (components), 2.3 (parameters), 2.5 (base) and 3.3 (algorithms).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edgeauth.model.errors import Malformed
from edgeauth.wire.headers import is_token
from edgeauth.wire.jwa import SymmetricKey, VerificationKey
from edgeauth.wire.structured_fields import (
    Parameters,
    serialize_inner_list,
    serialize_octets,
    serialize_parameters,
    serialize_string,
)

SIGNATURE_ALGORITHMS: Final[Mapping[str, str]] = {
    "rsa-pss-sha512": "PS512",
    "rsa-v1_5-sha256": "RS256",
    "hmac-sha256": "HS256",
    "ecdsa-p256-sha256": "ES256",
    "ecdsa-p384-sha384": "ES384",
    "ed25519": "Ed25519",
}
"""The algorithm of `wire.jwa` for each name of the registry (RFC 9421 section 6.2)."""

DERIVED_COMPONENTS: Final = frozenset(
    {"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"}
)
"""What is covered beside fields; `@query-param` needs a name and stands apart."""

MAX_PARAMETERS: Final = 1_000
"""Parameters of a query that is looked at."""

_QUERY_PARAMETER: Final = re.compile(r'@query-param;name="([ !#-\[\]-~]+)"')
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Component(NamedTuple):
    """A part of a request that a signature covers."""

    name: str
    """`@method` and the like, or the lower-cased name of a field."""
    parameter: str | None = None
    """For `@query-param`: which one, encoded as in the query."""

    @property
    def identifier(self) -> str:
        """Returns how signatures call the component."""
        parameters = () if self.parameter is None else (("name", self.parameter),)
        return serialize_string(self.name) + serialize_parameters(parameters)


class SignedRequest(NamedTuple):
    """The parts of a request that signatures can cover."""

    method: str
    url: str
    """Absolute; a fragment does not count."""
    fields: Mapping[str, str]
    """By lower-cased name; values of one name are joined with a comma and a blank."""


def parse_component(text: str) -> Component:
    """Returns the component that a text names: `@path`, `@query-param;name="x"`, `content-type`.

    Raises:
        Malformed: there is no such component of requests. Parameters of fields (`sf`, `key`,
            `bs`, `tr`, `req`) are not supported.
    """
    named = _QUERY_PARAMETER.fullmatch(text)
    if named is not None:
        return Component("@query-param", named[1])
    name = text.lower()
    if name in DERIVED_COMPONENTS or is_token(name.encode("utf-8", "replace")):
        return Component(name)
    raise Malformed("there is no such component of a request")


def signature_base(
    request: SignedRequest, components: Sequence[Component], parameters: Parameters
) -> tuple[str, bytes]:
    """Returns the value for Signature-Input, and what is to be signed.

    Args:
        request: what is covered.
        components: which parts of it, in order.
        parameters: `created`, `keyid` and the like, in order.

    Raises:
        Malformed: a component is not in the request or there more than once, or a value is not
            ASCII on one line.
    """
    identifiers = [component.identifier for component in components]
    if len(set(identifiers)) != len(identifiers):
        raise Malformed("a component is covered twice")
    signed = serialize_inner_list(identifiers, parameters)
    lines = [
        f"{identifier}: {_value(request, component)}"
        for identifier, component in zip(identifiers, components, strict=True)
    ]
    lines.append(f'"@signature-params": {signed}')
    # One line a component: a value with a line break could pretend to be another component.
    if any("\n" in line or "\r" in line or not line.isascii() for line in lines):
        raise Malformed("a covered value is not ASCII on one line")
    return signed, "\n".join(lines).encode("ascii")


def signature_fields(label: str, signed: str, signature: bytes) -> tuple[tuple[str, str], ...]:
    """Returns the fields that carry a signature."""
    return (
        ("signature-input", f"{label}={signed}"),
        ("signature", f"{label}={serialize_octets(signature)}"),
    )


def authority_of(url: str) -> str:
    """Returns the host, lower-cased, with its port unless that is the default one (2.2.3)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    authority = f"[{host}]" if ":" in host else host
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return authority
    return f"{authority}:{parts.port}"


def signature_algorithm(key: VerificationKey) -> str:
    """Returns the name of the algorithm that fits a key best.

    Raises:
        Malformed: none is registered for such a key, as for one on P-521.
    """
    if isinstance(key, Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPublicKey):
        return "rsa-pss-sha512"
    if isinstance(key, SymmetricKey):
        return "hmac-sha256"
    curves = {"secp256r1": "ecdsa-p256-sha256", "secp384r1": "ecdsa-p384-sha384"}
    name = curves.get(key.curve.name)
    if name is None:
        raise Malformed("HTTP message signatures have no algorithm for such a key")
    return name


def _value(request: SignedRequest, component: Component) -> str:
    if component.parameter is not None:
        return _query_parameter(request.url, component.parameter)
    if component.name in DERIVED_COMPONENTS:
        return _derived(request, component.name)
    value = request.fields.get(component.name)
    if value is None:
        raise Malformed(f"the request has no field {component.name} to be signed")
    return value.strip(" \t")


def _derived(request: SignedRequest, name: str) -> str:
    if name == "@method":
        return request.method
    parts = urlsplit(request.url)
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    authority = authority_of(request.url)
    return {
        "@target-uri": f"{parts.scheme}://{authority}{path}{query}",
        "@authority": authority,
        "@scheme": parts.scheme,
        "@request-target": path + query,
        "@path": path,
        "@query": query or "?",
    }[name]


def _query_parameter(url: str, name: str) -> str:
    """Returns the value of a parameter (section 2.2.8), encoded anew."""
    try:
        pairs = parse_qsl(
            urlsplit(url).query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS
        )
    except ValueError:
        raise Malformed("the query has too many parameters") from None
    found = [value for key, value in pairs if _encoded(key) == name]
    if len(found) != 1:
        raise Malformed("a covered parameter of the query is not there exactly once")
    return _encoded(found[0])


def _encoded(text: str) -> str:
    # The set of WHATWG's application/x-www-form-urlencoded, with a blank as %20.
    return quote(text, safe="*").replace("~", "%7E")
