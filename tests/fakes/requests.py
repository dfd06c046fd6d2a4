"""Requests and the stages that mechanisms see them in."""

from collections.abc import Mapping

from edgeauth.expressions.objects import RequestView
from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.model.identity import DEFAULT_PRINCIPAL, Principal, Subject, fingerprint
from edgeauth.model.json import Json
from edgeauth.model.request import Headers, Request
from edgeauth.ports.stages import Granted, Identified, Matched
from edgeauth.wire.json import dumps


def request(
    path: str = "/articles/1",
    *,
    method: str = "GET",
    query: str = "",
    headers: Mapping[str, str] | None = None,
    certificate: ClientCertificate | None = None,
) -> Request:
    """Returns a request to shop.test."""
    fields = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request(
        method,
        "https",
        "shop.test",
        path,
        query,
        Headers(fields),
        ("192.0.2.1",),
        certificate,
    )


def matched(
    of: Request | None = None, captures: Mapping[str, str] | None = None, **details: object
) -> Matched:
    """Returns the request for which the rule `rule` was found."""
    asked = of or request(**details)  # type: ignore[arg-type]
    return Matched(asked, "rule", RequestView(asked, captures or {}))


def subject(
    name: str = "alice", attributes: Mapping[str, Json] | None = None, ends: float | None = None
) -> Subject:
    """Returns a subject that consists of one principal."""
    known = attributes or {}
    evidence = fingerprint(name.encode(), dumps(known), repr(ends).encode())
    return Subject.made_of({DEFAULT_PRINCIPAL: Principal(name, known, evidence, ends)})


def identified(
    who: Subject | None = None,
    seen: Matched | None = None,
    outputs: Mapping[str, Json] | None = None,
) -> Identified:
    """Returns the request of a subject, alice unless given."""
    return Identified(seen or matched(), who or subject(), outputs or {})


def granted(
    who: Subject | None = None,
    seen: Matched | None = None,
    outputs: Mapping[str, Json] | None = None,
) -> Granted:
    """Returns the request of a subject after every authorizer has let it pass."""
    return Granted(identified(who, seen, outputs), ())
