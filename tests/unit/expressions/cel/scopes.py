"""The request that the tests of conditions look at, and two ways to look."""

from edgeauth.expressions.cel import compile_expression
from edgeauth.expressions.objects import VARIABLES, ErrorView, RequestView
from edgeauth.expressions.types import Type
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.identity import Principal, Subject
from edgeauth.model.request import Headers, Request

REQUEST = Request(
    "GET",
    "https",
    "shop.test:8443",
    "/orders/7",
    "page=2&tag=a&tag=b",
    Headers([(b"accept", b"text/html,*/*"), (b"cookie", b"sid=s1")]),
    ("10.1.2.3", "192.0.2.7"),
)
SUBJECT = Subject(
    "alice",
    {
        "roles": ["user", "admin"],
        "groups": ["a", "b", "c"],
        "flag": True,
        "age": 42,
        "score": 1.5,
        "nothing": None,
        "realm": {"name": "shop"},
    },
    b"",
    {"default": Principal("alice", {}, b""), "client": Principal("cli", {"tier": "gold"}, b"")},
)
SCOPE: dict[str, object] = {
    "Request": RequestView(REQUEST, {"id": "7"}),
    "Subject": SUBJECT,
    "Outputs": {"profile": {"level": 3}},
    "Values": {"owner": "alice"},
    "Payload": {"count": 1.0, "allowed": True},
    "Error": ErrorView(
        Refusal(
            Reason.AUTHENTICATION,
            "",
            frozenset({Reason.PRECONDITION}),
            source="jwt",
            step="jwt:1",
        )
    ),
}
DECLARED: dict[str, Type] = {name: VARIABLES[name] for name in SCOPE}


def value(text: str) -> object:
    """Returns the value of an expression in the scope above."""
    return compile_expression(text, DECLARED).evaluate(SCOPE)
