"""The scope that the template tests render with."""

import json
from pathlib import Path

from edgeauth.expressions.objects import VARIABLES, RequestView
from edgeauth.expressions.templates import Template, compile_template
from edgeauth.model.identity import Principal, Subject, fingerprint
from edgeauth.model.request import Headers, Request

_CASES = Path(__file__).parents[3] / "oracle" / "templates" / "cases.json"
RECORDED = json.loads(_CASES.read_text("utf-8"), parse_int=float)
KNOWN = {name: VARIABLES[name] for name in ("Subject", "Request", "Outputs", "Values")}

_print = fingerprint(b"tests")
_client = Principal("svc", {"tier": "gold"}, _print)
SCOPE = {
    "Subject": Subject("alice", RECORDED["attributes"], _print, {"client": _client}),
    "Request": RequestView(
        Request(
            method="GET",
            scheme="https",
            host="blog.example.com:8443",
            path="/a/7",
            raw_query="q=1&r=a%20b&q=2",
            headers=Headers([(b"x-a", b"a"), (b"x-a", b"b")]),
            client_addresses=("10.0.0.1", "10.0.0.2"),
        ),
        {"id": "7"},
    ),
    "Outputs": RECORDED["outputs"],
    "Values": {"x": "ex"},
}


def compiled(text: str) -> Template:
    return compile_template(text, KNOWN)


def rendered(text: str) -> str:
    return compiled(text).render(SCOPE)
