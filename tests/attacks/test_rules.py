"""Ways around the rules: methods, preflights, health checks and patterns that take for ever."""

import asyncio
from dataclasses import replace
from functools import cache

import pytest
from msgspec import structs

from edgeauth.engine.decide import DecisionPoint
from edgeauth.engine.rulebook import RuleBook
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from edgeauth.wire.answers import Answers
from tests.attacks.edge import PORTS, Upstream, request, run, running_edge
from tests.fakes.catalogues import compiled

MECHANISMS = r"""
mechanisms:
  authenticators:
    - {id: nobody, type: unauthorized}
    - {id: anyone, type: anonymous}
  authorizers:
    - {id: allow, type: allow}
    - {id: deny, type: deny}
    - id: greedy
      type: cel
      config: {expressions: [{expression: 'Request.URL.Path.matches("^/cel/(a+)+$")'}]}
  finalizers:
    - {id: tell, type: header, config: {headers: {X-User: "{{ .Subject.ID }}"}}}
default_rule:
  execute: [{authenticator: nobody}, {authorizer: deny}]
"""
RULES = r"""
version: "1alpha4"
rules:
  - id: get
    match: {routes: [{path: /get}], methods: [GET]}
    execute: [{authenticator: anyone}, {authorizer: allow}]
  - id: head
    match: {routes: [{path: /head}], methods: [HEAD]}
    execute: [{authenticator: anyone}, {authorizer: allow}]
  - id: login
    match: {routes: [{path: "/private/**"}]}
    execute: [{authenticator: nobody}, {authorizer: allow}]
  - id: chat
    match: {routes: [{path: /chat}]}
    execute:
      - {authenticator: anyone}
      - {authorizer: deny, if: 'Request.Header("Origin") != "https://shop.test"'}
      - {authorizer: allow}
  - id: greedy
    match:
      routes: [{path: "/greedy/:name", path_params: [{name: name, type: regex, value: "^(a+)+$"}]}]
    execute: [{authenticator: anyone}, {authorizer: allow}]
  - id: greedy in a condition
    match: {routes: [{path: "/cel/:name"}]}
    execute: [{authenticator: anyone}, {authorizer: greedy}]
""".replace("\n    execute", "\n    forward_to: {host: upstream.test}\n    execute")

MANY = b"a" * 6000
SOCKET = (b"Connection: upgrade", b"Upgrade: websocket")
ASKED = {
    "attack-219 a WebSocket from another page": (
        request(b"/chat", *SOCKET, b"Origin: https://evil.test"),
        403,
    ),
    "attack-219 a WebSocket from nowhere": (request(b"/chat", *SOCKET), 403),
    "attack-219 a WebSocket from two pages": (
        request(b"/chat", *SOCKET, b"Origin: https://shop.test", b"Origin: https://evil.test"),
        403,
    ),
    "attack-219 a WebSocket from the page it is for": (
        request(b"/chat", *SOCKET, b"Origin: https://shop.test"),
        200,
    ),
    "attack-037 HEAD where GET is listed": (request(b"/get", method=b"HEAD"), 401),
    "attack-037 GET where HEAD is listed": (request(b"/head"), 401),
    "attack-037 GET where it is listed": (request(b"/get"), 200),
    "attack-038 OPTIONS": (request(b"/private/x", method=b"OPTIONS"), 401),
    "attack-038 OPTIONS with an origin": (
        request(b"/private/x", b"Origin: https://b.test", method=b"OPTIONS"),
        401,
    ),
    "attack-038 a preflight where nobody set up CORS": (
        request(
            b"/private/x",
            b"Origin: https://b.test",
            b"Access-Control-Request-Method: GET",
            method=b"OPTIONS",
        ),
        401,
    ),
    "attack-038 GET that looks like a preflight": (
        request(b"/private/x", b"Origin: https://b.test", b"Access-Control-Request-Method: GET"),
        401,
    ),
    "attack-039 agent of Kubernetes": (request(b"/private/x", b"User-Agent: kube-probe/1.31"), 401),
    "attack-039 agent of a balancer": (
        request(b"/private/x", b"User-Agent: GoogleHC/1.0"),
        401,
    ),
    "attack-039 path of our own health": (request(b"/.well-known/health"), 401),
    "attack-039 path of our own keys": (request(b"/.well-known/jwks"), 401),
    "attack-039 usual paths of health": (request(b"/healthz"), 401),
    "attack-023 greedy pattern that fits": (request(b"/greedy/" + MANY), 200),
    "attack-023 greedy pattern that nearly fits": (request(b"/greedy/" + MANY + b"!"), 401),
    "attack-023 greedy condition that nearly fits": (request(b"/cel/" + MANY + b"!"), 403),
}


@cache
def book() -> RuleBook:
    made = compiled(RULES, mechanisms=MECHANISMS, proxy=True)
    assert made.problems == (), made.messages
    assert made.book is not None
    return made.book


async def answer_each(
    _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(("raw", "status"), ASKED.values(), ids=ASKED.keys())
def test_the_rules_can_not_be_walked_around(raw: bytes, status: int):
    point = DecisionPoint(book(), Answers(), lambda _request, _decision: None)
    upstream = Upstream(script=answer_each)

    async def to_the_upstream(asked: Request, content: ContentSource) -> Decision:
        decision = await point.decide(asked, content)
        if isinstance(decision, Permit) and decision.target is not None:
            target = replace(decision.target, host="127.0.0.1", port=PORTS[-1], scheme="http")
            return structs.replace(decision, target=target)
        return decision

    async def scenario() -> None:
        async with running_edge(upstream, decide=to_the_upstream) as edge, edge.client() as client:
            client.send(raw)
            answer = await client.answer(to_head=raw.startswith(b"HEAD"))
            assert answer.status == status

    run(scenario())
    assert len(upstream.streams) == (status == 200)
