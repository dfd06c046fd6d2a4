"""Calls with what shows an endpoint who is calling.

A header that is configured stays as it is. Where the client of a request could have a say, in
cookies and parameters that are forwarded, nothing of the key's name stays beside the key.
"""

from base64 import b64encode
from secrets import token_urlsafe
from urllib.parse import parse_qsl, quote_plus, urlsplit

from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.ports.endpoint_authentication import (
    ApiKey,
    ApiKeyAuthentication,
    BasicAuth,
    BasicAuthentication,
    ClientCredentialsAuthentication,
    EndpointAuthentication,
    MessageSignatures,
    MessageSignaturesAuthentication,
)
from edgeauth.ports.endpoints import Call
from edgeauth.ports.services import AccessTokens, Clock, EndpointKeys, MessageSigner
from edgeauth.wire.content_digest import content_digest
from edgeauth.wire.signatures import (
    SignedRequest,
    authority_of,
    parse_component,
    signature_base,
    signature_fields,
)


class Authentications:
    """Adds credentials to calls.

    Args:
        tokens: get access tokens.
        keys: sign.
        clock: tells when.
    """

    def __init__(self, tokens: AccessTokens, keys: EndpointKeys, clock: Clock) -> None:
        self._tokens = tokens
        self._keys = keys
        self._clock = clock

    def prepare(self, authentication: EndpointAuthentication) -> None:
        """Reads the keys that are needed, anew when they were read before.

        Raises:
            ValueError: a key store can not be used.
        """
        if isinstance(authentication, MessageSignaturesAuthentication):
            self._signer(authentication.config)
        if isinstance(authentication, ClientCredentialsAuthentication):
            self._tokens.prepare(authentication.config)

    async def apply(self, call: Call) -> Call:
        """Returns the call with the credentials that its settings ask for.

        Raises:
            Fault: a token could not be had, or the call has not what is to be signed.
        """
        authentication = call.settings.auth
        if authentication is None:
            return call
        if isinstance(authentication, BasicAuthentication):
            return with_header(call, "authorization", basic_credentials(authentication.config))
        if isinstance(authentication, ApiKeyAuthentication):
            return _with_api_key(call, authentication.config)
        if isinstance(authentication, ClientCredentialsAuthentication):
            header = authentication.config.header
            token = await self._tokens.token(authentication.config)
            return with_header(call, header.name.lower(), token.field_value(header.scheme))
        return self._signed(call, authentication.config)

    def _signer(self, settings: MessageSignatures) -> MessageSigner:
        return self._keys.message_signer(settings.signer.place, settings.ttl)

    def _signed(self, call: Call, settings: MessageSignatures) -> Call:
        try:
            signer = self._signer(settings)
        except ValueError:  # its certificate has ended, and no other key is there
            raise Fault(Reason.INTERNAL, "no key may sign the call") from None
        components = [parse_component(text) for text in settings.components]
        if any(component.name == "content-digest" for component in components):
            call = with_header(call, "content-digest", content_digest(call.body or b""))
        created = int(self._clock.now())
        parameters = (
            ("created", created),
            ("expires", created + int(settings.ttl)),
            ("nonce", token_urlsafe(16)),
            ("alg", signer.algorithm),
            ("keyid", signer.key_id),
            ("tag", settings.signer.name),
        )
        try:
            signed, base = signature_base(_covered(call), components, parameters)
        except Malformed as problem:
            raise Fault(Reason.INTERNAL, f"the call can not be signed: {problem}") from None
        for name, value in signature_fields(settings.label, signed, signer.sign(base)):
            call = with_header(call, name, value)
        return call


def basic_credentials(settings: BasicAuth) -> str:
    """Returns the credentials of the Basic scheme (RFC 7617)."""
    return encode_basic(*settings.current())


def encode_basic(user: str, password: str) -> str:
    """Returns `Basic` and the base64 of both."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def with_header(call: Call, name: str, value: str) -> Call:
    """Returns the call with a header, unless it has one of that name."""
    if any(key == name for key, _ in call.headers):
        return call
    return call._replace(headers=(*call.headers, (name, value)))


def _with_api_key(call: Call, settings: ApiKey) -> Call:
    value = settings.current()
    if settings.place == "header":
        return with_header(call, settings.name.lower(), value)
    if settings.place == "query":
        return call._replace(url=_with_parameter(call.url, settings.name, value))
    cookies = dict(call.headers).get("cookie", "")
    others = [
        cookie
        for cookie in (each.strip() for each in cookies.split(";"))
        if cookie and cookie.partition("=")[0].strip() != settings.name
    ]
    field = "; ".join([*others, f"{settings.name}={value}"])
    kept = tuple(pair for pair in call.headers if pair[0] != "cookie")
    return call._replace(headers=(*kept, ("cookie", field)))


def _with_parameter(url: str, name: str, value: str) -> str:
    before, hash_sign, fragment = url.partition("#")
    try:
        pairs = parse_qsl(urlsplit(before).query, keep_blank_values=True, max_num_fields=1_000)
    except ValueError:
        pairs = [(name, "")]
    if any(key == name for key, _ in pairs):
        raise Fault(Reason.INTERNAL, "the rendered URL has the parameter of the API key already")
    separator = "&" if "?" in before else "?"
    parameter = f"{quote_plus(name)}={quote_plus(value)}"
    return f"{before}{separator}{parameter}{hash_sign}{fragment}"


def _covered(call: Call) -> SignedRequest:
    """Returns the request as it will be sent: the transport adds host and length."""
    fields = dict(call.headers) | {"host": authority_of(call.url)}
    if call.body is not None:
        fields["content-length"] = str(len(call.body))
    return SignedRequest(call.method, call.url, {name: (value,) for name, value in fields.items()})
