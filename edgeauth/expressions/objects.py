"""What rules can see: the objects that conditions and templates read, member by member.

Each object is a thin view on a value of the model, made once per request. The tables at the end
are the whole list of what an expression can reach; `docs/reference/objects.md` explains them.
"""

from collections.abc import Mapping
from types import EllipsisType
from typing import Final
from urllib.parse import parse_qs, unquote

from msgspec import Struct

from edgeauth.expressions.content import read_request_content
from edgeauth.expressions.errors import ContentNeeded, EvaluationError
from edgeauth.expressions.types import (
    DYN,
    STRING,
    Member,
    Method,
    ObjectType,
    Others,
    Type,
    list_of,
    map_of,
)
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.identity import Principal, Subject
from edgeauth.model.json import Json
from edgeauth.model.request import Request
from edgeauth.wire.cookies import find_cookie
from edgeauth.wire.uri import readable_parameters


class RequestView(Struct, eq=False):
    """A request and what its path captured, as `Request` and as `Request.URL`."""

    request: Request
    captures: Mapping[str, str]
    content: Json | EllipsisType = ...
    """What was decoded; `...` until it was read."""

    def __repr__(self) -> str:
        return "RequestView(***)"

    def header(self, name: str) -> str:
        """Returns all values of a header joined with a comma; empty when it is absent."""
        if name.lower() == "host":
            return self.request.host
        return self.request.headers.text(name)

    def headers(self) -> dict[str, str]:
        """Returns all headers; names in canonical case (`X-User-Id`), values joined."""
        names = [name.decode("latin-1") for name in self.request.headers]
        return {name.title(): self.header(name) for name in names}

    def cookie(self, name: str) -> str:
        """Returns the value of the first cookie of that name; empty when it is absent."""
        value = self.request.headers.get(b"cookie")
        return "" if value is None else find_cookie(value, name) or ""

    def body(self) -> Json:
        """Returns the decoded content; an empty text when there is none.

        Raises:
            ContentNeeded: it has not been read yet.
        """
        if self.content is ...:
            raise ContentNeeded
        return self.content

    def receive(self, content: bytes) -> None:
        """Takes the whole content of the request, and decodes it.

        Raises:
            RuntimeError: it was taken before; a step that asks for it twice would do so for ever.
        """
        if self.content is not ...:
            raise RuntimeError("the content is read once")
        self.content = read_request_content(content, self.request.headers)

    def url(self) -> str:
        """Returns the full URL: scheme, host with port, escaped path and query."""
        request = self.request
        query = f"?{request.raw_query}" if request.raw_query else ""
        return f"{request.scheme}://{request.host}{request.path}{query}"

    def hostname(self) -> str:
        """Returns the host without its port, and without the brackets of an IPv6 address."""
        return self.request.hostname.strip("[]")

    def port(self) -> str:
        """Returns the port as it was given; empty when none was."""
        request = self.request
        return request.host[len(request.hostname) + 1 :]

    def query(self) -> dict[str, list[str]]:
        """Returns the decoded query parameters: name to values, in order.

        Those that can be read in several ways are not among them.

        Raises:
            EvaluationError: there are more than a thousand.
        """
        try:
            query = readable_parameters(self.request.raw_query)
            return parse_qs(query, keep_blank_values=True, max_num_fields=1000)
        except ValueError:
            raise EvaluationError("the query has too many parameters") from None


class ErrorTypes:
    """The value of `type(Error)`: equal to each error class of the cause chain."""

    __slots__ = ("names",)

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def __eq__(self, other: object) -> bool:
        """Returns whether the chain holds the class `other`, or the chains are the same."""
        if isinstance(other, ErrorKind):
            return other.name in self.names
        return isinstance(other, ErrorTypes) and other.names == self.names

    def __hash__(self) -> int:
        return hash(self.names)


class ErrorKind:
    """One error class as a constant of conditions, e.g. `authentication_error`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        """Returns whether both are the same class, or `other` is a chain that holds it."""
        if isinstance(other, ErrorTypes):
            return self.name in other.names
        return isinstance(other, ErrorKind) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class ErrorView:
    """A refusal, as `Error` in error pipelines."""

    __slots__ = ("refusal",)

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal

    def types(self) -> ErrorTypes:
        """Returns what `type(Error)` is."""
        return ErrorTypes(frozenset(cause.value for cause in self.refusal.causes))


def _escaped_path_decoded(view: RequestView) -> str:
    return unquote(view.request.path)


PRINCIPAL: Final = ObjectType(
    "Principal",
    Principal,
    {
        "ID": Member(STRING, lambda view: view.id),
        "Attributes": Member(map_of(STRING, DYN), lambda view: view.attributes),
    },
)
SUBJECT: Final = ObjectType(
    "Subject",
    Subject,
    PRINCIPAL.fields,
    others=Others(PRINCIPAL, lambda view, name: view.principals.get(name)),
)
URL: Final = ObjectType(
    "URL",
    RequestView,
    {
        "Scheme": Member(STRING, lambda view: view.request.scheme),
        "Host": Member(STRING, lambda view: view.request.host),
        "Path": Member(STRING, _escaped_path_decoded),
        "RawQuery": Member(STRING, lambda view: view.request.raw_query),
        "Captures": Member(map_of(STRING, STRING), lambda view: view.captures),
    },
    {
        "String": Method((), STRING, RequestView.url),
        "Hostname": Method((), STRING, RequestView.hostname),
        "Port": Method((), STRING, RequestView.port),
        "Query": Method((), map_of(STRING, list_of(STRING)), RequestView.query),
    },
    RequestView.url,
)
REQUEST: Final = ObjectType(
    "Request",
    RequestView,
    {
        "Method": Member(STRING, lambda view: view.request.method),
        "URL": Member(URL, lambda view: view),
        "ClientIPAddresses": Member(list_of(STRING), lambda view: view.request.client_addresses),
    },
    {
        "Header": Method((STRING,), STRING, RequestView.header),
        "Headers": Method((), map_of(STRING, STRING), RequestView.headers),
        "Cookie": Method((STRING,), STRING, RequestView.cookie),
        "Body": Method((), DYN, RequestView.body),
    },
)
ERROR: Final = ObjectType(
    "Error",
    ErrorView,
    {
        "Source": Member(STRING, lambda view: view.refusal.source),
        "StepID": Member(STRING, lambda view: view.refusal.step),
    },
    type_of=ErrorView.types,
)

VARIABLES: Final[Mapping[str, Type]] = {
    "Request": REQUEST,
    "Subject": SUBJECT,
    "Outputs": map_of(STRING, DYN),
    "Values": map_of(STRING, STRING),
    "Payload": DYN,
    "Error": ERROR,
    "AuthenticationData": STRING,
    "TokenIssuer": STRING,
}
"""Every variable that an expression may name somewhere; each place offers some of them."""

ERROR_KINDS: Final[Mapping[str, ErrorKind]] = {
    reason.value: ErrorKind(reason.value) for reason in Reason if reason is not Reason.NO_RULE
}
"""The constants of conditions that `type(Error)` is compared with; of type `TYPE`."""
