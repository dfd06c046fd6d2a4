"""Where a request carries its credential: a header, a cookie, a query or a body parameter.

A credential that is there twice is refused: one of the two would be checked here and the other
one used behind us.

Trust: hostile. Values are never put into errors or representations.
"""

import binascii
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, NamedTuple, Protocol, TypeAlias
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.model.request import Request
from edgeauth.wire.content_type import parse_content_type
from edgeauth.wire.cookies import find_cookie
from edgeauth.wire.uri import readable_parameters

_ONLY_VISIBLE: Final = bytes(octet if 0x20 <= octet < 0x7F else 0x20 for octet in range(256))
"""Translates visible ASCII to itself, and everything else to something else."""
MAX_PARAMETERS: Final = 1000
"""Parameters of a query that is looked at; more are refused."""


class Credential(Struct, frozen=True):
    """What somebody presented, not believed by that: visible ASCII."""

    value: bytes
    scheme: bytes = b""
    """What stood before it in a header, lower-cased; empty where there is no such thing."""

    def text(self) -> str:
        """Returns the credential as text, the `AuthenticationData` of templates."""
        return self.value.decode("ascii")

    def __repr__(self) -> str:
        return "Credential(***)"


class BodyReader(Protocol):
    """Whoever knows the content of a request, or how to get it."""

    def body(self) -> Json:
        """Returns the decoded content; its text when it can not be decoded."""
        ...


class HeaderSource:
    """A header field; with a scheme, only what follows that scheme counts.

    Args:
        name: of the field, in any case.
        scheme: in any case; none is demanded when it is empty.

    Attributes:
        name: as it was given.
        scheme_name: the scheme, lower-cased; empty when none is demanded.
    """

    __slots__ = ("_field", "name", "scheme_name")

    def __init__(self, name: str, scheme: str = "") -> None:
        self.name = name
        self.scheme_name = scheme.lower().encode("ascii")
        self._field = name.lower().encode("ascii")

    def find(self, request: Request, _reader: BodyReader) -> bytes | None:
        """Returns the field's value without the scheme, None if it is absent or of another one.

        Source:
            RFC 9110 section 11.1: schemes are compared without regard to case. One or more
            blanks separate scheme and credentials (section 11.4).
        """
        headers = request.headers
        value = headers.get(self._field)
        if value is None:
            return None
        if self._field in headers.repeated:
            raise Malformed("the credential's header is there more than once")
        if not self.scheme_name:
            return value
        scheme, _, rest = value.partition(b" ")
        return rest.lstrip(b" ") if scheme.lower() == self.scheme_name else None


class CookieSource(Struct, frozen=True):
    """A cookie."""

    scheme_name: ClassVar[bytes] = b""
    name: str

    def find(self, request: Request, _reader: BodyReader) -> bytes | None:
        """Returns the cookie's value, None if it is absent."""
        field = request.headers.get(b"cookie")
        if field is None:
            return None
        value = find_cookie(field, self.name)
        wanted = self.name.encode()
        if value is not None and field.count(wanted) == 1:
            return value.encode()
        # A neighbour domain can plant a second cookie of the same name ("cookie tossing").
        pairs = (pair.partition(b"=") for pair in field.split(b";"))
        there = [equals for name, equals, _ in pairs if name.strip(b" \t") == wanted]
        if len(there) > 1:
            raise Malformed("the credential's cookie is there more than once")
        if value is not None:
            return value.encode()
        if any(there):
            raise Malformed("the credential's cookie can not be read")
        return None


class QuerySource(Struct, frozen=True):
    """A query parameter (RFC 6750 section 2.3)."""

    scheme_name: ClassVar[bytes] = b""
    name: str

    def find(self, request: Request, _reader: BodyReader) -> bytes | None:
        """Returns the parameter's decoded value, None if it is absent."""
        if not request.raw_query:
            return None
        pairs = request.raw_query.split("&", MAX_PARAMETERS)
        if len(pairs) > MAX_PARAMETERS:
            raise Malformed("the query has too many parameters")
        wanted = self.name.encode()
        found = [pair for pair in pairs if _decoded(pair.partition("=")[0]) == wanted]
        if len(found) > 1:
            raise Malformed("the credential's parameter is there more than once")
        if not found:
            return None
        if not readable_parameters(found[0]):
            raise Malformed("the credential's parameter can not be decoded")
        return _decoded(found[0].partition("=")[2])


class BodySource(Struct, frozen=True):
    """A parameter of a form (RFC 6750 section 2.2), or a member of what JSON or YAML says."""

    scheme_name: ClassVar[bytes] = b""
    name: str
    forms_only: bool = False
    """Whether content in JSON or YAML is not looked at, nor read because of this source."""

    def find(self, request: Request, reader: BodyReader) -> bytes | None:
        """Returns the parameter's value, None if it is absent or the content is something else."""
        kind = parse_content_type(request.headers.get(b"content-type", b""))
        if not (kind.is_form or ((kind.is_json or kind.is_yaml) and not self.forms_only)):
            return None
        body = reader.body()
        if not isinstance(body, Mapping):
            if body and isinstance(body, str):
                raise Malformed("the content that may hold the credential can not be decoded")
            return None
        value = body.get(self.name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, str):
            return value.encode()
        if value is None:
            return None
        raise Malformed("the credential's parameter is not exactly one text")


Source: TypeAlias = HeaderSource | CookieSource | QuerySource | BodySource
"""A place where a credential may be."""


def find_credential(
    request: Request, sources: Sequence[Source], reader: BodyReader
) -> Credential | None:
    """Returns the credential of the first source that has one, or None.

    Args:
        request: the request.
        sources: in order; those after the first that has one are not asked.
        reader: asked for body parameters only.

    Raises:
        Malformed: a source has it more than once, or it is not visible ASCII. The next source
            is not asked then.
    """
    for source in sources:
        value = source.find(request, reader)
        if value:
            if value.translate(_ONLY_VISIBLE) != value:
                raise Malformed("the credential is not visible ASCII")
            return Credential(value, source.scheme_name)
    return None


class UserPassword(NamedTuple):
    """A user-id and a password, not believed by being there."""

    user_id: str
    password: str

    def __repr__(self) -> str:
        return "UserPassword(***)"


def split_basic(credential: Credential) -> UserPassword:
    """Returns what the credentials of the Basic scheme consist of.

    The first colon separates: passwords may contain more of them.

    Raises:
        Malformed: no canonical base64, no UTF-8, no colon, or control characters.

    Source:
        RFC 7617 section 2.
    """
    try:
        octets = binascii.a2b_base64(credential.value, strict_mode=True)
        user_id, colon, password = octets.decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Malformed("the credentials are not base64 of UTF-8") from None
    if not colon or not (user_id + password).isprintable():
        raise Malformed("the credentials are no user-id and password")
    return UserPassword(user_id, password)


def _decoded(text: str) -> bytes:
    if "%" not in text and "+" not in text:
        return text.encode()
    return unquote_to_bytes(text.replace("+", " "))
