"""Files of API keys: what an operator writes down of each.

Trust: the operator's file. What is no hash is refused and not quoted: it may be a key.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final, TypeAlias, cast

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from edgeauth.config.codes import Code
from edgeauth.config.decode import collect, decode
from edgeauth.config.document import Node, Sequence, read_documents
from edgeauth.config.errors import ConfigurationError, problem_at
from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import Identifier, ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.config.spelling import quoted
from edgeauth.model.api_key import ApiKey, ApiKeys
from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json

PLAIN: Final = "sha256"
PEPPERED: Final = "hmac-sha256"
"""What hashes begin with: that of the key alone, and that with a pepper."""
OWN_ATTRIBUTES: Final = frozenset({"key_id", "scopes"})
"""Attributes that say which key it is and what for; no entry may set them."""

_HASH: Final = re.compile(rf"(?:{PLAIN}|{PEPPERED}):[0-9a-f]{{64}}")
_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
# RFC 6749 section 3.3
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def _check_hash(text: str) -> str:
    if _HASH.fullmatch(text) is None:
        raise not_expected(f"{PLAIN}: or {PEPPERED}: and 64 hexadecimal digits in lower case")
    return text


def _check_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise not_expected("a name in one line, with no blank at its ends")
    return text


def _check_scope(text: str) -> str:
    if _SCOPE.fullmatch(text) is None:
        raise not_expected("a scope in visible ASCII, without blanks, quotes and backslashes")
    return text


def _moment(text: object) -> float:
    try:
        if isinstance(text, str) and _DATE.fullmatch(text):
            return datetime.fromisoformat(text).timestamp()
    except ValueError:
        pass
    raise not_expected("a date such as 2027-01-31T12:00:00Z")


Moment: TypeAlias = Annotated[
    float, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""Seconds since the epoch."""


class ApiKeyEntry(Specification):
    """One key.

    Attributes:
        id: what operators and logs call it; unique.
        hash: `sha256:…` or, with a pepper, `hmac-sha256:…`.
        owner: the id of the principal that it stands for.
        attributes: of the principal.
        scopes: what it was granted.
        not_before: from when it is good.
        expires_at: from when it is not any more.
        enabled: whether it is good at all.
    """

    id: Annotated[Identifier, AfterValidator(_check_line)]
    hash: Annotated[str, AfterValidator(_check_hash)]
    owner: Annotated[Text, AfterValidator(_check_line)]
    attributes: dict[str, object] = Field(default_factory=dict)
    scopes: ListOf[Annotated[str, AfterValidator(_check_scope)]] = ()
    not_before: Moment | None = None
    expires_at: Moment | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _check(self) -> "ApiKeyEntry":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        for name in sorted(OWN_ATTRIBUTES & self.attributes.keys()):
            yield Finding("edgeauth says this attribute itself", ("attributes", name), on_key=True)
        begin, end = self.not_before, self.expires_at
        if begin is not None and end is not None and end <= begin:
            yield Finding("the key ends before it begins", ("expires_at",))

    def key(self) -> ApiKey:
        """Returns the key that is described."""
        kind, _, digits = self.hash.partition(":")
        return ApiKey(
            self.id,
            bytes.fromhex(digits),
            kind == PEPPERED,
            self.owner,
            cast("dict[str, Json]", self.attributes),
            self.scopes,
            self.not_before,
            self.expires_at,
            self.enabled,
        )


def read_api_keys(text: str, name: str) -> ApiKeys:
    """Returns the keys that a text describes: a list of entries in YAML or JSON.

    Args:
        text: one document; the list may be empty, the text may not.
        name: begins the message of errors; empty for nothing.

    Raises:
        Malformed: the first thing that is wrong, with its line.
    """
    try:
        return _read(text, name)
    except ConfigurationError as error:
        first = error.problems[0]
        advice = " ".join(part for part in (first.suggestion, first.expected) if part)
        message = f"{first.message}; {advice}" if advice else first.message
        place = f"{name}:" if name else "is wrong in"
        raise Malformed(f"{place} line {first.line}: {message}") from None


def _read(text: str, name: str) -> ApiKeys:
    documents = read_documents(text, name)
    if len(documents) != 1 or not isinstance(documents[0], Sequence):
        raise Malformed(f"{name}: is no list of API keys" if name else "holds no list of API keys")
    found: list[ApiKey] = []
    ids: set[str] = set()
    digests: set[tuple[bool, bytes]] = set()
    with collect() as problems:
        for node in documents[0].items:
            with problems:
                key = _entry(node)
                _check_single(node, key, ids, digests)
                found.append(key)
    return ApiKeys(tuple(found))


def _entry(node: Node) -> ApiKey:
    return decode(ApiKeyEntry, node).key()


def _check_single(node: Node, key: ApiKey, ids: set[str], digests: set[tuple[bool, bytes]]) -> None:
    """Refuses a key that is there already: nobody could say which of the two counts."""
    if key.id in ids:
        message = f"there is another key {quoted(key.id)}"
        raise ConfigurationError([problem_at(node, message, code=Code.DUPLICATE_ID)])
    if (key.peppered, key.digest) in digests:
        message = f"key {quoted(key.id)} has the hash of another one"
        raise ConfigurationError([problem_at(node, message, code=Code.DUPLICATE_ID)])
    ids.add(key.id)
    digests.add((key.peppered, key.digest))
