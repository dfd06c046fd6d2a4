"""How edgeauth shows an endpoint who is calling, as it is configured.

Secrets stand in the configuration for now, best as `${VARIABLE}`; references to managed secrets
(`credentials`, `secret`) are known and refused until there is something they could refer to.
"""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field, SecretStr, field_validator, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.models.serve import KeyStore
from edgeauth.config.scalars import Duration, Identifier, ListOf, Text
from edgeauth.config.specification import NOT_YET, Specification
from edgeauth.model.errors import Malformed
from edgeauth.ports.endpoint_tls import EndpointTls, check_duration
from edgeauth.ports.fields import FieldName
from edgeauth.ports.urls import LiteralUrl
from edgeauth.wire.headers import is_token
from edgeauth.wire.signatures import Component, parse_component
from edgeauth.wire.structured_fields import is_key

_REFERENCE: Final = f"a reference to secret_management, which is {NOT_YET}"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_COOKIE_VALUE: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")
_SCOPE: Final = re.compile(r"[!#-\[\]-~]+")
_VISIBLE: Final = re.compile(r"[ -~]+")

Secret: TypeAlias = Annotated[SecretStr, Field(min_length=1)]
"""A text that is never shown; an empty one is a mistake, not a secret."""


class BasicAuth(Specification):
    """A user and a password (RFC 7617).

    Attributes:
        user: the user-id; holds no colon.
        password: best from the environment.
    """

    refused: ClassVar[Mapping[str, str]] = {"credentials": _REFERENCE}

    user: Text
    password: Secret

    @field_validator("user")
    @classmethod
    def _check_user(cls, user: str) -> str:
        if ":" in user or _CONTROL.search(user):
            raise not_expected("a user without colons and control characters")
        return user

    @field_validator("password")
    @classmethod
    def _check_password(cls, password: SecretStr) -> SecretStr:
        if _CONTROL.search(password.get_secret_value()):
            raise not_expected("a password without control characters")
        return password


class ApiKey(Specification):
    """A key in a header, a cookie or a parameter of the query.

    Attributes:
        place: where the key is sent.
        name: of the header, cookie or parameter.
        value: the key.
    """

    refused: ClassVar[Mapping[str, str]] = {"secret": _REFERENCE}

    place: Literal["header", "cookie", "query"] = Field(alias="in")
    name: Text
    value: Secret

    @model_validator(mode="after")
    def _check_place(self) -> "ApiKey":
        value = self.value.get_secret_value()
        findings = []
        if self.place == "header" and not _is_field_name(self.name):
            findings.append(Finding("this is not the name of a header that may be set", ("name",)))
        if self.place == "cookie" and not is_token(self.name.encode("utf-8", "replace")):
            findings.append(Finding("this is not the name of a cookie", ("name",)))
        if self.place == "header" and _CONTROL.search(value):
            findings.append(Finding("a header can not hold this key", ("value",)))
        if self.place == "cookie" and _COOKIE_VALUE.fullmatch(value) is None:
            findings.append(Finding("a cookie can not hold this key", ("value",)))
        refuse(findings)
        return self


def _is_field_name(name: str) -> bool:
    return is_token(name.encode("utf-8", "replace")) and name.lower() not in (
        "host", "content-length", "transfer-encoding", "connection",
    )  # fmt: skip


class TokenHeader(Specification):
    """The header that carries an access token.

    Attributes:
        name: of the header.
        scheme: what stands before the token. Unset, the type that came with the token; empty,
            nothing.
    """

    name: FieldName
    scheme: str | None = None

    @field_validator("scheme")
    @classmethod
    def _check_scheme(cls, scheme: str | None) -> str | None:
        if scheme and not is_token(scheme.encode("utf-8", "replace")):
            raise not_expected("a scheme such as Bearer")
        return scheme


class ClientCredentials(Specification):
    """How an access token for edgeauth itself is got (RFC 6749 section 4.4).

    Attributes:
        token_url: of the authorization server.
        client_id: edgeauth's name there.
        client_secret: best from the environment.
        auth_method: whether these two are sent as Basic credentials or in the form.
        scopes: what is asked for; unset, whatever the server grants.
        cache_ttl: seconds for which a token is used at most; 0 asks every time. Unset, until
            shortly before its end.
        tls: how the authorization server is trusted.
    """

    refused: ClassVar[Mapping[str, str]] = {"credentials": _REFERENCE}

    token_url: LiteralUrl
    client_id: Text
    client_secret: Secret
    auth_method: Literal["basic_auth", "request_body"] = "basic_auth"
    scopes: ListOf[Text] = ()
    cache_ttl: Duration | None = None
    tls: EndpointTls | None = None

    @model_validator(mode="after")
    def _check(self) -> "ClientCredentials":
        findings = [
            Finding("a scope is one word", ("scopes", index))
            for index, scope in enumerate(self.scopes)
            if _SCOPE.fullmatch(scope) is None
        ]
        if self.tls is not None and not self.token_url.startswith("https:"):
            findings.append(Finding("tls has no effect on an http URL", ("tls",), on_key=True))
        refuse(findings)
        return self


class HeaderClientCredentials(ClientCredentials):
    """The same, with the header that carries the token to the endpoint.

    Attributes:
        header: `Authorization` unless configured.
    """

    header: TokenHeader = TokenHeader(name="Authorization")


class MessageSigner(Specification):
    """Who signs, and with which key.

    Attributes:
        name: becomes the signature's `tag`.
        key_store: its public keys are published at `/.well-known/jwks`.
        key_id: the first key of the store unless configured.
    """

    refused: ClassVar[Mapping[str, str]] = {"secret": _REFERENCE}

    name: Text = "edgeauth"
    key_store: KeyStore
    key_id: Identifier | None = None

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if _VISIBLE.fullmatch(name) is None:
            raise not_expected("a name in printable ASCII")
        return name


class MessageSignatures(Specification):
    """A signature over each call (RFC 9421).

    Attributes:
        signer: who signs, and with which key.
        components: what is covered: `@method`, `@target-uri`, `content-digest`, names of fields.
        ttl: seconds for which a signature is to be believed.
        label: what the signature is called in its fields.
    """

    signer: MessageSigner
    components: ListOf[Text] = Field(min_length=1)
    ttl: Duration = 60.0
    label: Text = "sig"

    @field_validator("ttl")
    @classmethod
    def _check_ttl(cls, ttl: float) -> float:
        return check_duration(ttl, 1.0)

    @field_validator("label")
    @classmethod
    def _check_label(cls, label: str) -> str:
        if not is_key(label):
            raise not_expected("a label of lower-case letters and digits such as sig")
        return label

    @model_validator(mode="after")
    def _check_components(self) -> "MessageSignatures":
        findings = []
        seen: set[Component] = set()
        for index, text in enumerate(self.components):
            try:
                component = parse_component(text)
            except Malformed as problem:
                findings.append(Finding(str(problem), ("components", index)))
                continue
            if component in seen:
                findings.append(Finding("this is covered already", ("components", index)))
            seen.add(component)
        refuse(findings)
        return self


class BasicAuthentication(Specification):
    """`type: basic_auth`."""

    type: Literal["basic_auth"]
    config: BasicAuth


class ApiKeyAuthentication(Specification):
    """`type: api_key`."""

    type: Literal["api_key"]
    config: ApiKey


class ClientCredentialsAuthentication(Specification):
    """`type: oauth2_client_credentials`."""

    type: Literal["oauth2_client_credentials"]
    config: HeaderClientCredentials


class MessageSignaturesAuthentication(Specification):
    """`type: http_message_signatures`."""

    type: Literal["http_message_signatures"]
    config: MessageSignatures


EndpointAuthentication: TypeAlias = Annotated[
    BasicAuthentication
    | ApiKeyAuthentication
    | ClientCredentialsAuthentication
    | MessageSignaturesAuthentication,
    Field(discriminator="type"),
]
"""One of the strategies, told apart by `type`."""


def fields_set_by(authentication: EndpointAuthentication | None) -> tuple[str, ...]:
    """Returns the lower-cased names of the headers that a strategy sets.

    Cookies are not meant: those of others stay beside the key.
    """
    if isinstance(authentication, BasicAuthentication):
        return ("authorization",)
    if isinstance(authentication, ClientCredentialsAuthentication):
        return (authentication.config.header.name.lower(),)
    if isinstance(authentication, ApiKeyAuthentication) and authentication.config.place == "header":
        return (authentication.config.name.lower(),)
    if isinstance(authentication, MessageSignaturesAuthentication):
        covered = {parse_component(text).name for text in authentication.config.components}
        return ("signature", "signature-input", *covered & {"content-digest"})
    return ()
