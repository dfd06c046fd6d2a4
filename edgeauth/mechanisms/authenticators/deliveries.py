"""How deliveries of webhooks are signed, as it is configured (`signature`, `secrets`)."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    SecretStr,
    WithJsonSchema,
    model_validator,
)

from edgeauth.config.findings import Finding, bad_expression, not_expected, refuse
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.sources import Name
from edgeauth.model.errors import Malformed
from edgeauth.ports.secret_references import TextReference, one_form
from edgeauth.wire.webhooks import (
    GITHUB,
    Digest,
    Encoding,
    HmacScheme,
    StandardScheme,
    StripeScheme,
    WebhookKey,
    WebhookScheme,
)

MOST_SECRETS: Final = 4
_LONGEST_TEXT: Final = 256
_PLACEHOLDER: Final = re.compile(r"\{(id|timestamp|body)\}")
_PLACEHOLDERS: Final = "{id}, {timestamp} and {body}"
_PART_OF_A_VALUE: Final = re.compile(r"[A-Za-z0-9_-]")
_PREFIX: Final = re.compile(r"[!-~]{0,32}")


def _check_signed(text: str) -> str:
    parse_signed(text)
    return text


def parse_signed(text: str) -> tuple[bytes | str, ...]:
    """Returns what stands around the content where both are signed: octets, and names of values.

    Args:
        text: such as `v0:{timestamp}:{body}`.

    Raises:
        PydanticCustomError: it does not hold the content once, names something else, or leads to
            the same octets for different deliveries.
    """
    if len(text) > _LONGEST_TEXT:
        raise not_expected(f"at most {_LONGEST_TEXT} characters")
    parts: list[bytes | str] = []
    names: list[str] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        if found[1] in names:
            raise bad_expression("this stands there already", found.start())
        parts += [*_literal(text, end, found.start()), found[1]]
        names.append(found[1])
        end = found.end()
    parts += _literal(text, end, len(text))
    if "body" not in names:
        raise bad_expression("the content is not signed", 0, "put {body} where it stands")
    _check_apart(parts)
    return tuple(parts)


def _literal(text: str, begin: int, end: int) -> list[bytes]:
    """Returns the text between two placeholders, if there is any."""
    for offset in range(begin, end):
        if text[offset] in "{}":
            raise bad_expression("this is no placeholder", offset, f"there are {_PLACEHOLDERS}")
    return [text[begin:end].encode()] if end > begin else []


def _check_apart(parts: list[bytes | str]) -> None:
    """Refuses values that could run into each other: one signature would fit two deliveries."""
    for left, right in pairwise(parts):
        if isinstance(left, str) and isinstance(right, str):
            raise not_expected("a character between two placeholders, such as a full stop")
    body = parts.index("body")
    for at, part in enumerate(parts):
        if isinstance(part, str) or not 0 < at < len(parts) - 1:
            continue
        # Seen from the content, a value begins or ends where a character can not be part of it.
        nearest = part[:1] if at < body else part[-1:]
        if _PART_OF_A_VALUE.match(nearest.decode("utf-8", "replace")):
            raise not_expected("a separator such as a full stop beside the placeholders")


class StandardSettings(Specification):
    """What Standard Webhooks leave open.

    Attributes:
        field_prefix: what the names of the three fields begin with; `svix` for some.
    """

    field_prefix: Name = "webhook"


class StandardSignature(Specification):
    """`type: standard_webhooks`: id, timestamp and content.

    Attributes:
        type: the kind of signature.
        config: of the fields.

    Class attributes:
        is_timed: whether it is signed when a delivery was sent.
    """

    is_timed: ClassVar[bool] = True
    type: Literal["standard_webhooks"]
    config: StandardSettings = StandardSettings()

    def scheme(self) -> WebhookScheme:
        """Returns how deliveries are signed."""
        return StandardScheme(self.config.field_prefix.lower())


class GithubSignature(Specification):
    """`type: github`: `X-Hub-Signature-256`, the content alone.

    Attributes:
        type: the kind of signature.

    Class attributes:
        is_timed: whether it is signed when a delivery was sent.
    """

    is_timed: ClassVar[bool] = False
    type: Literal["github"]

    def scheme(self) -> WebhookScheme:
        """Returns how deliveries are signed."""
        return GITHUB


class StripeSignature(Specification):
    """`type: stripe`: `Stripe-Signature`, timestamp and content.

    Attributes:
        type: the kind of signature.

    Class attributes:
        is_timed: whether it is signed when a delivery was sent.
    """

    is_timed: ClassVar[bool] = True
    type: Literal["stripe"]

    def scheme(self) -> WebhookScheme:
        """Returns how deliveries are signed."""
        return StripeScheme()


def _check_prefix(text: str) -> str:
    if _PREFIX.fullmatch(text) is None:
        raise not_expected("up to 32 visible characters of ASCII")
    return text


class HmacSettings(Specification):
    """The settings of `type: hmac`.

    Attributes:
        header: the field with the signature.
        prefix: what stands before the signature there.
        encoding: how it is written.
        algorithm: the hash function; nothing weaker is known.
        signed: what is signed, with `{body}` and perhaps `{id}` and `{timestamp}`.
        id_header: the field with the `{id}`.
        timestamp_header: the field with the `{timestamp}`, seconds since the epoch.
    """

    header: Name
    prefix: Annotated[str, AfterValidator(_check_prefix)] = ""
    encoding: Encoding = "hex"
    algorithm: Digest = "sha256"
    signed: Annotated[str, AfterValidator(_check_signed)] = "{body}"
    id_header: Name | None = None
    timestamp_header: Name | None = None

    @model_validator(mode="after")
    def _check_values(self) -> "HmacSettings":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        for name, header in (("id", self.id_header), ("timestamp", self.timestamp_header)):
            is_signed = f"{{{name}}}" in self.signed
            if is_signed and header is None:
                yield Finding(
                    f"nothing says where the {name} is", ("signed",), f"set {name}_header"
                )
            if header is not None and not is_signed:
                # Whoever has seen one delivery could write another value there.
                message = f"the {name} is not signed, so it says nothing"
                hint = f"put {{{name}}} into signed"
                yield Finding(message, (f"{name}_header",), hint, on_key=True)


class HmacSignature(Specification):
    """`type: hmac`: anything else of that kind.

    Attributes:
        type: the kind of signature.
        config: what it is like.
    """

    type: Literal["hmac"]
    config: HmacSettings

    @property
    def is_timed(self) -> bool:
        """Returns whether it is signed when a delivery was sent."""
        return self.config.timestamp_header is not None

    def scheme(self) -> WebhookScheme:
        """Returns how deliveries are signed."""
        says = self.config
        return HmacScheme(
            says.header.lower().encode(),
            says.prefix.encode(),
            says.encoding,
            says.algorithm,
            parse_signed(says.signed),
            _field(says.id_header),
            _field(says.timestamp_header),
        )


def _field(name: str | None) -> bytes | None:
    return None if name is None else name.lower().encode()


SignatureSpecification: TypeAlias = Annotated[
    StandardSignature | GithubSignature | StripeSignature | HmacSignature,
    Field(discriminator="type"),
]
"""One of the ways to sign, told apart by `type`."""


def _seconds(text: object) -> float:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise not_expected("a date with time and zone such as 2027-01-31T12:00:00Z")
    return found.timestamp()


Instant: TypeAlias = Annotated[
    float, PlainValidator(_seconds), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""Seconds since the epoch."""


class WebhookSecret(Specification):
    """A secret that the provider signs with.

    Attributes:
        value: the secret, best from the environment.
        secret: the secret, in a secret source instead.
        until: seconds since the epoch from which it does not count any more.
    """

    value: Annotated[SecretStr, Field(min_length=1)] | None = None
    secret: TextReference | None = None
    until: Instant | None = None

    @model_validator(mode="after")
    def _check_forms(self) -> "WebhookSecret":
        refuse(one_form(self, ("value",), "secret"))
        return self

    def check(self, scheme: WebhookScheme, kind: str) -> Finding | None:
        """Returns what is wrong with the secret for a scheme, now; later ones are refused as well.

        Args:
            scheme: what it is for.
            kind: the name of the scheme.
        """

        def check(text: str) -> None:
            scheme.key(text)

        try:
            if self.secret is not None:
                self.secret.demand((WebhookSecret, kind), check)
            elif self.value is not None:
                check(self.value.get_secret_value())
        except Malformed as problem:
            place = "value" if self.secret is None else "secret"
            return Finding(f"the secret {problem}", (place,))
        return None

    def key(self, scheme: WebhookScheme, now: float) -> WebhookKey | None:
        """Returns the key as it is now; None when its time is over (attack 193)."""
        if self.until is not None and not now < self.until:
            return None
        if self.secret is not None:
            return scheme.key(self.secret.current())
        return scheme.key("" if self.value is None else self.value.get_secret_value())
