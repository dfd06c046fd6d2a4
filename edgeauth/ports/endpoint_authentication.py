"""How edgeauth shows an endpoint who is calling, as it is configured.

Secrets stand in the configuration, best as `${VARIABLE}`, or are referred to (`credentials`,
`secret`): then they are looked up at each call, and may change while calls are made.
"""

import re
from functools import cached_property
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field, SecretStr, field_validator, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import Duration, ListOf, Text, check_duration
from edgeauth.config.specification import Specification
from edgeauth.model.errors import Malformed
from edgeauth.ports.call_terms import CallTerms
from edgeauth.ports.credentials import Credentials
from edgeauth.ports.digests import digest_of
from edgeauth.ports.fields import FieldName
from edgeauth.ports.key_places import KeyChoice
from edgeauth.ports.secret_references import CredentialsReference, TextReference, one_form
from edgeauth.ports.urls import LiteralUrl
from edgeauth.wire.headers import is_token
from edgeauth.wire.signatures import Component, parse_component
from edgeauth.wire.structured_fields import is_key

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_COOKIE_VALUE: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")
_SCOPE: Final = re.compile(r"[!#-\[\]-~]+")
_VISIBLE: Final = re.compile(r"[ -~]+")

Secret: TypeAlias = Annotated[SecretStr, Field(min_length=1)]
"""A text that is never shown; an empty one is a mistake, not a secret."""


class UserReference(CredentialsReference):
    """A reference to a user (`user_id`) and a `password`."""

    wanted: ClassVar[tuple[str, ...]] = ("user_id", "password")

    @classmethod
    def check(cls, credentials: Credentials) -> None:
        """Refuses what the Basic scheme can not carry.

        Raises:
            Malformed: says what.
        """
        if _is_no_user(credentials["user_id"]):
            raise Malformed("holds a user_id with a colon or a control character")
        if _CONTROL.search(credentials["password"]):
            raise Malformed("holds a password with a control character")


def _is_no_user(user: str) -> bool:
    return ":" in user or _CONTROL.search(user) is not None


class BasicAuth(Specification):
    """A user and a password (RFC 7617).

    Attributes:
        user: the user-id; holds no colon.
        password: best from the environment.
        credentials: both of them (`user_id`, `password`) in a secret source instead.
    """

    user: Text | None = None
    password: Secret | None = None
    credentials: UserReference | None = None

    @field_validator("user")
    @classmethod
    def _check_user(cls, user: str | None) -> str | None:
        if user is not None and _is_no_user(user):
            raise not_expected("a user without colons and control characters")
        return user

    @field_validator("password")
    @classmethod
    def _check_password(cls, password: SecretStr | None) -> SecretStr | None:
        if password is not None and _CONTROL.search(password.get_secret_value()):
            raise not_expected("a password without control characters")
        return password

    @model_validator(mode="after")
    def _check_forms(self) -> "BasicAuth":
        refuse(one_form(self, ("user", "password"), "credentials"))
        return self

    def current(self) -> tuple[str, str]:
        """Returns user and password as they are now."""
        if self.credentials is not None:
            found = self.credentials.current()
            return found["user_id"], found["password"]
        return self.user or "", _shown(self.password)


def _shown(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


class ApiKey(Specification):
    """A key in a header, a cookie or a parameter of the query.

    Attributes:
        place: where the key is sent.
        name: of the header, cookie or parameter.
        value: the key.
        secret: the key, in a secret source instead.
    """

    place: Literal["header", "cookie", "query"] = Field(alias="in")
    name: Text
    value: Secret | None = None
    secret: TextReference | None = None

    @model_validator(mode="after")
    def _check_place(self) -> "ApiKey":
        findings = list(one_form(self, ("value",), "secret"))
        if self.place == "header" and not _is_field_name(self.name):
            findings.append(Finding("this is not the name of a header that may be set", ("name",)))
        if self.place == "cookie" and not is_token(self.name.encode("utf-8", "replace")):
            findings.append(Finding("this is not the name of a cookie", ("name",)))
        refuse(findings)
        try:
            if self.secret is None:
                self._check_key(_shown(self.value))
            else:
                self.secret.demand((ApiKey, self.place), self._check_key)
        except Malformed as problem:
            place = ("value",) if self.secret is None else ("secret",)
            refuse([Finding(str(problem), place)])
        return self

    def current(self) -> str:
        """Returns the key as it is now."""
        return _shown(self.value) if self.secret is None else self.secret.current()

    def _check_key(self, value: str) -> None:
        if self.place == "header" and _CONTROL.search(value):
            raise Malformed("a header can not hold this key")
        if self.place == "cookie" and _COOKIE_VALUE.fullmatch(value) is None:
            raise Malformed("a cookie can not hold this key")


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


class ClientReference(CredentialsReference):
    """A reference to a client (`client_id`) and its secret (`client_secret`)."""

    wanted: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")


class Client(Specification):
    """Who edgeauth is for an authorization server, and what it asks for.

    Attributes:
        token_url: of the authorization server.
        client_id: edgeauth's name there.
        client_secret: best from the environment.
        credentials: both of them (`client_id`, `client_secret`) in a secret source instead.
        auth_method: whether these two are sent as Basic credentials or in the form.
        scopes: what is asked for; unset, whatever the server grants.
        cache_ttl: seconds for which a token is used at most; 0 asks every time. Unset, until
            shortly before its end.
    """

    token_url: LiteralUrl
    client_id: Text | None = None
    client_secret: Secret | None = None
    credentials: ClientReference | None = None
    auth_method: Literal["basic_auth", "request_body"] = "basic_auth"
    scopes: ListOf[Text] = ()
    cache_ttl: Duration | None = None

    def current(self) -> tuple[str, str]:
        """Returns the client's id and its secret as they are now."""
        if self.credentials is not None:
            found = self.credentials.current()
            return found["client_id"], found["client_secret"]
        return self.client_id or "", _shown(self.client_secret)


# The bases in this order, so that problems and pages name the client's keys first.
class ClientCredentials(CallTerms, Client):
    """How an access token for edgeauth itself is got (RFC 6749 section 4.4).

    Attributes:
        timeout: seconds for getting a token as a whole, attempts and waits included.
        circuit_breaker: unset, the authorization server is asked however often it failed.
        tls: how the authorization server is trusted.
    """

    @model_validator(mode="after")
    def _check(self) -> "ClientCredentials":
        findings = list(one_form(self, ("client_id", "client_secret"), "credentials"))
        findings += [
            Finding("a scope is one word", ("scopes", index))
            for index, scope in enumerate(self.scopes)
            if _SCOPE.fullmatch(scope) is None
        ]
        if self.tls is not None and not self.token_url.startswith("https:"):
            findings.append(Finding("tls has no effect on an http URL", ("tls",), on_key=True))
        refuse(findings)
        return self

    @cached_property
    def digest(self) -> bytes:
        """Returns a digest over all of this but what subclasses add and what is referred to."""
        fields = ClientCredentials.model_fields
        return digest_of(tuple(getattr(self, name) for name in fields))


class HeaderClientCredentials(ClientCredentials):
    """The same, with the header that carries the token to the endpoint.

    Attributes:
        header: `Authorization` unless configured.
    """

    header: TokenHeader = TokenHeader(name="Authorization")


class MessageSigner(KeyChoice):
    """Who signs, and with which key; its public part is published at `/.well-known/jwks`.

    Attributes:
        name: becomes the signature's `tag`.
    """

    name: Text = "edgeauth"

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
