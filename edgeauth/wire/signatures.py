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
from typing import Final, Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, quote, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edgeauth.model.errors import Malformed
from edgeauth.wire.headers import is_token
from edgeauth.wire.jwa import SymmetricKey, VerificationKey
from edgeauth.wire.structured_fields import (
    BareItem,
    Item,
    Parameters,
    serialize_dictionary,
    serialize_inner_list,
    serialize_list,
    serialize_member,
    serialize_octets,
    serialize_parameters,
    serialize_string,
)
from edgeauth.wire.structured_parser import parse_dictionary, parse_item, parse_list

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

FieldType: TypeAlias = Literal["item", "list", "dictionary"]
"""What a structured field is as a whole (RFC 9651 section 3)."""

FIELD_TYPES: Final[Mapping[str, FieldType]] = {
    **dict.fromkeys(
        (
            "accept-signature", "cdn-cache-control", "content-digest", "priority", "repr-digest",
            "signature", "signature-input", "want-content-digest", "want-repr-digest",
        ),
        "dictionary",
    ),
    **dict.fromkeys(("accept-ch", "cache-status", "client-cert-chain", "proxy-status"), "list"),
    **dict.fromkeys(("client-cert", "cross-origin-opener-policy", "origin-agent-cluster"), "item"),
}  # fmt: skip
"""Structured fields that everybody knows, by their lower-cased names."""

_QUERY_PARAMETER: Final = re.compile(r'@query-param;name="([ !#-\[\]-~]+)"')
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Component(NamedTuple):
    """A part of a request that a signature covers."""

    name: str
    """`@method` and the like, or the lower-cased name of a field."""
    modifier: tuple[str, str | bool] | None = None
    """`name` of `@query-param`, encoded as in the query; `sf`, `bs` or `key` of a field."""

    @property
    def identifier(self) -> str:
        """Returns how signatures call the component."""
        parameters = () if self.modifier is None else (self.modifier,)
        return serialize_string(self.name) + serialize_parameters(parameters)


class SignedRequest(NamedTuple):
    """The parts of a request that signatures can cover."""

    method: str
    url: str
    """Absolute; a fragment does not count."""
    fields: Mapping[str, Sequence[str]]
    """The values of each field by its lower-cased name, in the order in which they are sent."""
    types: Mapping[str, FieldType] = FIELD_TYPES
    """The structured fields that can be covered in the one way to write them (`sf`)."""


def parse_component(text: str) -> Component:
    """Returns the component that a text names: `@path`, `@query-param;name="x"`, `content-type`.

    Raises:
        Malformed: there is no such component of requests. Parameters of fields (`sf`, `key`,
            `bs`) are for those who sign with other software.
    """
    named = _QUERY_PARAMETER.fullmatch(text)
    if named is not None:
        return Component("@query-param", ("name", named[1]))
    name = text.lower()
    if name in DERIVED_COMPONENTS or is_token(name.encode("utf-8", "replace")):
        return Component(name)
    raise Malformed("there is no such component of a request")


def component_of(item: Item) -> Component:
    """Returns the component that an item of Signature-Input names.

    Raises:
        Malformed: there is no such component of requests, as one of a response (`req`), of a
            trailer (`tr`) or in two forms at once.
    """
    name = item.value
    if not isinstance(name, str) or name != name.lower() or len(item.parameters) > 1:
        raise Malformed("there is no such component of a request")
    modifier = item.parameters[0] if item.parameters else None
    if name == "@query-param":
        if modifier is not None and modifier[0] == "name" and isinstance(modifier[1], str):
            return Component(name, (modifier[0], modifier[1]))
    elif modifier is None:
        if name in DERIVED_COMPONENTS or is_token(name.encode("ascii", "replace")):
            return Component(name)
    elif is_token(name.encode("ascii", "replace")):
        return Component(name, _field_modifier(*modifier))
    raise Malformed("there is no such component of a request")


def _field_modifier(name: str, value: BareItem) -> tuple[str, str | bool]:
    if name in {"sf", "bs"} and value is True:
        return name, True
    if name == "key" and isinstance(value, str):
        return name, value
    raise Malformed("a component is wanted in a form that is not known")


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
    if component.name == "@query-param" and component.modifier is not None:
        return _query_parameter(request.url, str(component.modifier[1]))
    if component.name in DERIVED_COMPONENTS:
        return _derived(request, component.name)
    values = request.fields.get(component.name)
    if not values:
        raise Malformed(f"the request has no field {component.name} to be signed")
    stripped = [value.strip(" \t") for value in values]
    if component.modifier is None:
        return ", ".join(stripped)
    if component.modifier[0] == "bs":
        return ", ".join(serialize_octets(value.encode("latin-1")) for value in stripped)
    value = ", ".join(stripped)
    if component.modifier[0] == "key":
        return _member(value, str(component.modifier[1]))
    return _structured(value, request.types.get(component.name))


def _member(value: str, key: str) -> str:
    """Returns a member of a dictionary in the one way to write it (2.1.2)."""
    member = parse_dictionary(value).get(key)
    if member is None:
        raise Malformed("a covered member is not in its field")
    return serialize_member(member)


def _structured(value: str, kind: FieldType | None) -> str:
    """Returns a field in the one way to write it (2.1.1)."""
    match kind:
        case "dictionary":
            return serialize_dictionary(parse_dictionary(value))
        case "list":
            return serialize_list(parse_list(value))
        case "item":
            return serialize_member(parse_item(value))
        case None:
            raise Malformed("a covered field is not known to be structured")


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
            urlsplit(url).query,
            keep_blank_values=True,
            # Else several octets that are no UTF-8 would have one value, and one signature.
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise Malformed("the query has too many parameters, or is no UTF-8") from None
    found = [value for key, value in pairs if _encoded(key) == name]
    if len(found) != 1:
        raise Malformed("a covered parameter of the query is not there exactly once")
    return _encoded(found[0])


def _encoded(text: str) -> str:
    # The set of WHATWG's application/x-www-form-urlencoded, with a blank as %20.
    return quote(text, safe="*").replace("~", "%7E")
