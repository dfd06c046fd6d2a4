"""Signatures that came with a request: read, and weighed against what they have to cover.

Whether a key has made one, and whether it is current, is for others to say.

Trust: hostile. What can be read in two ways, or covers what no request has, is malformed.

Source:
    RFC 9421 sections 2.3, 3.2, 4.1 and 4.2.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers, Request
from edgeauth.wire.jwa import ALGORITHMS
from edgeauth.wire.jwk import PublicKey
from edgeauth.wire.signatures import (
    FIELD_TYPES,
    SIGNATURE_ALGORITHMS,
    Component,
    FieldType,
    SignedRequest,
    component_of,
    signature_base,
)
from edgeauth.wire.structured_fields import (
    BareItem,
    InnerList,
    Item,
    Member,
    Parameters,
    serialize_inner_list,
)
from edgeauth.wire.structured_parser import parse_dictionary

MOST_SIGNATURES: Final = 8
"""Signatures of one request that are read."""
MOST_COMPONENTS: Final = 32
"""Components that one signature covers."""
LONGEST_TEXT: Final = 256
"""Characters of a nonce, a tag or the name of a key."""

_INPUT: Final = b"signature-input"
_SIGNATURE: Final = b"signature"
_TEXTS: Final = ("nonce", "alg", "keyid", "tag")
_TIMES: Final = ("created", "expires")
_COVERED_WITH: Final = {
    "@target-uri": ("@scheme", "@authority", "@path", "@query", "@request-target"),
    "@request-target": ("@path", "@query"),
}
"""Components that hold others as a whole."""
_SAME: Final = {"Ed25519": ("Ed25519", "EdDSA")}
"""What keys call an algorithm that has several names in JOSE."""


class MessageSignature(NamedTuple):
    """One signature, and what it says of itself."""

    label: str
    components: tuple[Component, ...]
    parameters: Parameters
    octets: bytes

    def time(self, name: str) -> int | None:
        """Returns `created` or `expires` in seconds since the epoch; None where it is not there."""
        value = dict(self.parameters).get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str | None:
        """Returns `nonce`, `alg`, `keyid` or `tag`; None where it is not there."""
        value = dict(self.parameters).get(name)
        return value if isinstance(value, str) else None

    def covers(self, name: str) -> bool:
        """Returns whether a component is covered as a whole, alone or within another one."""
        return any(
            each.name == name or name in _COVERED_WITH.get(each.name, ())
            for each in self.components
            # A member of a field leaves the others open; a parameter of the query, too.
            if each.modifier is None or each.modifier[0] in {"sf", "bs"}
        )

    def covers_component(self, wanted: Component) -> bool:
        """Returns whether a component of a configuration is covered."""
        return wanted in self.components or (wanted.modifier is None and self.covers(wanted.name))


def parse_signatures(headers: Headers) -> dict[str, tuple[Member, Item | None]]:
    """Returns the signatures of a request by their labels, taken apart no further than needed.

    Returns:
        For each label of Signature-Input what is covered, and the signature if there is one.

    Raises:
        Malformed: the fields are no dictionaries, or there are too many signatures.
    """
    inputs, signatures = _dictionary(headers, _INPUT), _dictionary(headers, _SIGNATURE)
    if max(len(inputs), len(signatures)) > MOST_SIGNATURES:
        raise Malformed("there are too many signatures")
    found = {label: signatures.get(label) for label in inputs}
    return {
        label: (inputs[label], signature if isinstance(signature, Item) else None)
        for label, signature in found.items()
    }


def tag_of(covered: Member) -> BareItem | None:
    """Returns the `tag` of what a signature covers; None where there is none."""
    return dict(covered.parameters).get("tag")


def message_signature(label: str, covered: Member, signature: Item | None) -> MessageSignature:
    """Returns one signature of those that were read.

    Raises:
        Malformed: it is none, covers what no request has or one thing twice, or has a parameter
            that is not known or not what it should be.
    """
    if not isinstance(covered, InnerList) or len(covered.items) > MOST_COMPONENTS:
        raise Malformed("what the signature covers is no list, or too long")
    if signature is None or not isinstance(signature.value, bytes) or signature.parameters:
        raise Malformed("the signature is not there, or is none")
    for name, value in covered.parameters:
        _check_parameter(name, value)
    components = tuple(component_of(item) for item in covered.items)
    return MessageSignature(label, components, covered.parameters, signature.value)


def message_base(
    request: Request, signature: MessageSignature, types: Mapping[str, FieldType] = FIELD_TYPES
) -> bytes:
    """Returns what has to be signed: the canonical request counts, as everywhere.

    Args:
        request: the canonical request.
        signature: says what it covers.
        types: those of structured fields, by their lower-cased names.

    Raises:
        Malformed: something that is covered is not there, or not in one way only.
    """
    covered = signed_request(request)._replace(types=types)
    return signature_base(covered, signature.components, signature.parameters)[1]


def signed_request(request: Request) -> SignedRequest:
    """Returns the parts of a request that signatures can cover."""
    fields: dict[str, list[str]] = {}
    for name, value in request.headers.fields:
        fields.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    query = f"?{request.raw_query}" if request.raw_query else ""
    url = f"{request.scheme}://{request.host}{request.path}{query}"
    return SignedRequest(request.method, url, fields)


def algorithm_for(key: PublicKey, named: str | None, allowed: Collection[str]) -> str | None:
    """Returns the algorithm that a signature with a key has to be of; None when there is none.

    The key decides (attacks 95 and 96): what the signature names has to be what the key is for, and
    where it names nothing there must be no choice.

    Args:
        key: the key.
        named: the `alg` of the signature.
        allowed: names of those that are accepted.
    """
    fits = [
        name
        for name, jose in SIGNATURE_ALGORITHMS.items()
        if name in allowed and not key.algorithms.isdisjoint(_SAME.get(jose, (jose,)))
    ]
    if named is not None:
        return named if named in fits else None
    return fits[0] if len(fits) == 1 else None


def has_signed(key: PublicKey, algorithm: str, base: bytes, signature: MessageSignature) -> bool:
    """Returns True only if the key has made the signature over the base."""
    return ALGORITHMS[SIGNATURE_ALGORITHMS[algorithm]].verify(key.material, signature.octets, base)


def accept_signature(label: str, components: Sequence[Component], tag: str | None) -> bytes:
    """Returns the value of a field that tells what a signature has to be like (section 5.1).

    Raises:
        Malformed: the tag is not printable ASCII.
    """
    parameters: list[tuple[str, BareItem]] = [("created", True)]
    if tag is not None:
        parameters.append(("tag", tag))
    wanted = serialize_inner_list([each.identifier for each in components], parameters)
    return f"{label}={wanted}".encode("ascii")


def missing_components(
    signature: MessageSignature, wanted: Sequence[Component], absent: Collection[str]
) -> list[str]:
    """Returns the names of components that a signature should cover and does not.

    Args:
        signature: one of those that came.
        wanted: what is demanded.
        absent: names of what the request does not have, which need not be covered.
    """
    return [
        each.name
        for each in wanted
        if each.name not in absent and not signature.covers_component(each)
    ]


def _dictionary(headers: Headers, name: bytes) -> dict[str, Member]:
    value = headers.get(name)
    return {} if value is None else parse_dictionary(value.decode("latin-1"))


def _check_parameter(name: str, value: BareItem) -> None:
    if name in _TIMES:
        if type(value) is not int or value < 0:
            raise Malformed("a time of the signature is none")
    elif name not in _TEXTS:
        raise Malformed("the signature has a parameter that is not known")
    elif not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
        raise Malformed("a parameter of the signature is no text, or too long")
