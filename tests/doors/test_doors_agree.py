"""The proxy, and a gateway that asks: whoever enforces, the decision is the same."""

from dataclasses import dataclass, replace

import pytest
from msgspec import structs

from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.engine.decide import DecisionPoint
from edgeauth.model.decision import Decision, Deny, Permit
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from edgeauth.wire.answers import Answers
from tests.attacks.edge import PORTS, Client, Upstream, request, run, running_edge
from tests.fakes.catalogues import compiled

MECHANISMS = r"""
mechanisms:
  authenticators:
    - {id: nobody, type: unauthorized}
    - {id: anyone, type: anonymous, config: {principal: guest}}
  contextualizers:
    - id: seen
      type: map
      config:
        items: {id: "{{ .Request.URL.Captures.id }}", url: "{{ .Request.URL }}"}
  authorizers:
    - {id: allow, type: allow}
    - {id: deny, type: deny}
    - id: key
      type: cel
      config:
        expressions:
          - expression: Request.Header("X-Key") == "k" && Request.Cookie("c") != "stolen"
  finalizers:
    - id: tell
      type: header
      config:
        headers:
          X-User: "{{ .Subject.ID }}"
          X-Url: "{{ .Request.URL }}"
          X-Path: "{{ .Request.URL.Path }}"
          X-Method: "{{ .Request.Method }}"
          X-Agent: '{{ .Request.Header "User-Agent" }}'
    - {id: captured, type: header, config: {headers: {X-Seen: "{{ toJson .Outputs.seen }}"}}}
    - {id: tenant, type: header, config: {headers: {X-Tenant: "{{ .Request.URL.Host }}"}}}
  error_handlers:
    - id: login
      type: redirect
      config: {to: "https://login.test/?back={{ .Request.URL | urlenc }}"}
    - {id: challenge, type: www_authenticate, config: {realm: shop}}
default_rule:
  execute: [{authenticator: nobody}, {authorizer: deny}, {finalizer: tell}]
  on_error:
    - {error_handler: login, if: 'Request.Header("Accept").contains("text/html")'}
    - {error_handler: challenge, if: type(Error) == authentication_error}
"""
STEPS = "execute: [{authenticator: anyone}, {authorizer: allow}"
RULES = f"""\
version: "1alpha4"
rules:
  - id: public
    match: {{routes: [{{path: "/public/**"}}, {{path: /}}]}}
    {STEPS}]
  - id: keyed
    match: {{routes: [{{path: "/keyed/:id"}}], methods: [ALL, "!DELETE"]}}
    execute:
      [{{authenticator: anyone}}, {{contextualizer: seen}}, {{authorizer: key}},
       {{finalizer: tell}}, {{finalizer: captured}}]
  - id: denied
    match: {{routes: [{{path: "/public/denied/**"}}]}}
    execute: [{{authenticator: anyone}}, {{authorizer: deny}}]
  - id: assets
    match:
      routes:
        - {{path: "/:id", path_params: [{{name: id, type: glob, value: "{{*.css,*.js}}"}}]}}
    {STEPS}, {{contextualizer: seen}}, {{finalizer: captured}}]
  - id: numbers
    match:
      routes:
        - {{path: "/numbers/:id", path_params: [{{name: id, type: regex, value: "^[0-9]+$"}}]}}
      methods: [GET, HEAD]
    {STEPS}, {{contextualizer: seen}}, {{finalizer: captured}}]
  - id: decoded
    match: {{routes: [{{path: "/decoded/:id"}}]}}
    allow_encoded_slashes: "on"
    {STEPS}, {{contextualizer: seen}}, {{finalizer: captured}}]
  - id: kept
    match: {{routes: [{{path: "/kept/:id"}}]}}
    allow_encoded_slashes: no_decode
    {STEPS}, {{contextualizer: seen}}, {{finalizer: captured}}]
  - id: encrypted
    match: {{routes: [{{path: "/encrypted"}}], scheme: https}}
    {STEPS}]
  - id: shop
    match:
      routes: [{{path: "/tenant/**"}}]
      hosts: [{{type: exact, value: shop.test}}, {{type: wildcard, value: "*.shop.test"}}]
    {STEPS}, {{finalizer: tenant}}]
  - id: ported
    match: {{routes: [{{path: "/tenant/**"}}], hosts: [{{type: exact, value: "port.test:8443"}}]}}
    {STEPS}, {{finalizer: tenant}}]
  - id: broken
    match: {{routes: [{{path: /broken}}]}}
    execute: [{{authenticator: anyone}}, {{authorizer: allow, if: '[1][size(Request.Method)] > 0'}}]
""".replace("\n    execute", "\n    forward_to: {host: upstream.test}\n    execute")
PIPELINE_FIELDS = {b"x-user", b"x-url", b"x-path", b"x-method", b"x-agent", b"x-seen", b"x-tenant"}
ANSWER_FIELDS = {b"location", b"www-authenticate"}


@dataclass(frozen=True)
class Case:
    """A request of a client, and what both doors have to make of it."""

    name: str
    expected: str | int
    """The id of the rule that permits, or the status of the refusal."""
    target: bytes = b"/public/x"
    fields: tuple[bytes, ...] = ()
    method: bytes = b"GET"
    host: bytes = b"a.test"


CASES = [
    # refused: nobody, not allowed, no truth value
    Case("nothing matches", 401, b"/unknown"),
    Case("nothing matches for a browser", 302, b"/unknown?a=1&b=%20", (b"Accept: text/html",)),
    Case("denied", 403, b"/public/denied/x"),
    Case("denied for a browser", 302, b"/public/denied/x", (b"Accept: text/html",)),
    Case("without the key", 403, b"/keyed/1"),
    Case("with another key", 403, b"/keyed/1", (b"X-Key: other",)),
    Case("with two keys", 403, b"/keyed/1", (b"X-Key: k", b"X-Key: k")),
    Case("with a key spelt with underscores", 403, b"/keyed/1", (b"X_Key: k",)),
    Case("with a cookie that was stolen", 403, b"/keyed/1", (b"X-Key: k", b"Cookie: c=stolen")),
    Case("excluded method", 401, b"/keyed/1", (b"X-Key: k",), b"DELETE"),
    Case("other method", 401, b"/numbers/1", (), b"POST"),
    Case("letters for a number", 401, b"/numbers/x1"),
    Case("other scheme", 401, b"/encrypted"),
    Case("condition without a value", 500, b"/broken"),
    # allowed
    Case("root", "public", b"/"),
    Case("public", "public"),
    Case("query", "public", b"/public/x?a=1&a=2&b=%2F%3F"),
    Case("empty query", "public", b"/public/x?"),
    Case("with the key", "keyed", b"/keyed/1", (b"X-Key: k", b"User-Agent: curl")),
    Case("key and cookie", "keyed", b"/keyed/1", (b"x-KEY:  k ", b"Cookie: a=b; c=d")),
    Case("POST", "keyed", b"/keyed/1", (b"X-Key: k", b"Content-Length: 0"), b"POST"),
    Case("OPTIONS", "keyed", b"/keyed/1", (b"X-Key: k",), b"OPTIONS"),
    Case("HEAD", "numbers", b"/numbers/42", (), b"HEAD"),
    Case("PATCH", "public", b"/public/x", (), b"PATCH"),
    Case("method beyond the standard", "public", b"/public/x", (), b"PROPFIND"),
    Case("method beyond ALL", 401, b"/keyed/1", (b"X-Key: k",), b"PROPFIND"),
    Case("glob", "assets", b"/site.css"),
    Case("glob in another case", 401, b"/SITE.CSS"),
    Case("glob in a folder", 401, b"/a/site.css"),
    Case("glob with more behind", 401, b"/site.css.map"),
    Case("glob with a slash behind", 401, b"/site.css/"),
    Case("encoded space", "keyed", b"/keyed/a%20b", (b"X-Key: k",)),
    Case("encoded letter", "keyed", b"/k%65yed/%61", (b"X-Key: k",)),
    Case("UTF-8", "keyed", b"/keyed/%c3%a4", (b"X-Key: k",)),
    Case("encoded letter in a literal", 403, b"/public/d%65nied/x"),
    # attacks 001 to 009: paths
    Case("attack-001 dots", 403, b"/public/x/../denied/x"),
    Case("attack-001 dots beyond the root", 401, b"/../../unknown"),
    Case("attack-001 dot", 403, b"/public/./denied/x"),
    Case("attack-006 slashes", 403, b"//public//denied///x"),
    Case("attack-002 encoded dots", 400, b"/public/%2e%2e/denied/x"),
    Case("attack-003 encoded slash where none is allowed", 400, b"/public/a%2Fb"),
    Case("attack-003 encoded slash without a rule", 400, b"/unknown%2fx"),
    Case("attack-003 decoded slash", "decoded", b"/decoded/a%2Fb"),
    Case("attack-003 decoded slash at the end", "decoded", b"/decoded/a%2F"),
    Case("attack-006 nothing but a decoded slash", 400, b"/decoded/%2F"),
    Case("attack-006 decoded slash behind a slash", 400, b"/decoded/%2Fa"),
    Case("attack-006 two decoded slashes", 400, b"/decoded/a%2F%2fb"),
    Case("nothing but a kept slash", "kept", b"/kept/%2F"),
    Case("attack-003 kept slash", "kept", b"/kept/a%2fb%20c"),
    Case("attack-003 dots behind an encoded slash", 400, b"/kept/a%2f..%2fb"),
    Case("attack-004 backslash", 400, b"/public\\..\\denied"),
    Case("attack-005 dots encoded twice", 400, b"/public/%252e%252e/denied"),
    Case("attack-007 parameter", 400, b"/public;/../denied"),
    Case("attack-008 NUL", 400, b"/public/a%00.css"),
    Case("attack-008 line feed", 400, b"/public/%0aX-User:%20root"),
    Case("attack-009 over-long slash", 400, b"/public/..%c0%afdenied"),
    Case("attack-010 beyond ASCII", 400, "/keyed/é".encode(), (b"X-Key: k",)),
    Case("what has to be escaped", "keyed", b'/keyed/a"b|c', (b"X-Key: k",)),
    Case("half an escape", 400, b"/public/%4"),
    Case("no escape", 400, b"/public/%zz"),
    Case("encoded query mark", "public", b"/public/x%3fa=1"),
    # forged fields
    Case("forged user", "public", fields=(b"X-User: root",)),
    Case("forged user in another spelling", "public", fields=(b"X_User: root", b"x-uSER: root")),
    Case("forged tenant", "shop", b"/tenant/x", (b"X-Tenant: b",), host=b"shop.test"),
    Case("forged rewriting", "public", fields=(b"X-Original-URL: /public/denied/x",)),
    Case("forged method", "numbers", b"/numbers/1", (b"X-HTTP-Method-Override: DELETE",)),
    Case("two credentials", 400, fields=(b"Authorization: a b", b"Authorization: c d")),
    # hosts
    Case("host", "shop", b"/tenant/x", host=b"shop.test"),
    Case("host in capitals", "shop", b"/tenant/x", host=b"SHOP.test"),
    Case("host with a port", "shop", b"/tenant/x", host=b"shop.test:8080"),
    Case("host below", "shop", b"/tenant/x", host=b"a.b.shop.test"),
    Case("host that only ends so", 401, b"/tenant/x", host=b"evilshop.test"),
    Case("other host", 401, b"/tenant/x", host=b"shop.test.evil"),
    Case("host with the port of the rule", "ported", b"/tenant/x", host=b"port.test:8443"),
    Case("host with another port", 401, b"/tenant/x", host=b"port.test:8444"),
    Case("IPv6", "public", host=b"[2001:db8::1]:80"),
    Case("attack-025 user in the host", 400, host=b"shop.test@evil.test"),
    Case("host with a path", 400, host=b"shop.test/x"),
    Case("two hosts in one", 400, host=b"a.test, b.test"),
    Case("port that is none", 400, host=b"a.test:99999"),
    Case("empty host", 400, host=b""),
]


@dataclass
class Outcome:
    """What one door has made of a request."""

    decision: str | int
    fields: list[tuple[bytes, bytes]]


def book():
    made = compiled(
        RULES,
        mechanisms=MECHANISMS,
        proxy=True,
        enforcement=Enforcement(upstream_tls=False),
    )
    assert made.messages == []
    assert made.book is not None
    return made.book


BOOK = book()


async def through(door: str, raw: bytes, *, to_head: bool) -> Outcome:
    """Returns what becomes of raw octets at a door."""
    decisions: list[Decision] = []
    point = DecisionPoint(BOOK, Answers(), lambda _, decision: decisions.append(decision))

    async def decide(asked: Request, content: ContentSource) -> Decision:
        decision = await point.decide(asked, content)
        if isinstance(decision, Permit) and decision.target is not None:
            target = replace(decision.target, host="127.0.0.1", port=PORTS[-1], scheme="http")
            return structs.replace(decision, target=target)
        return decision

    heads: list[bytes] = []

    async def answer(_, reader, writer) -> None:
        while True:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 299 OK\r\nContent-Length: 0\r\n\r\n")

    upstream = Upstream(script=answer)
    trusted = ("127.0.0.1/32",) if door == "decision" else ()
    async with running_edge(upstream, door=door, decide=decide, trusted=trusted) as edge:
        client: Client
        async with edge.client() as client:
            client.send(raw)
            answered = await client.answer(to_head=to_head)
    permitted = bool(decisions) and isinstance(decisions[-1], Permit)
    if not permitted:
        assert heads == []
        told = [each for each in answered.fields if each[0].lower() in ANSWER_FIELDS]
        if decisions:
            assert isinstance(decisions[-1], Deny)
        return Outcome(answered.status, sorted(told))
    assert answered.status == (299 if door == "proxy" else 200)
    told = answered.fields
    if door == "proxy":
        lines = [line.partition(b": ") for line in heads[0].split(b"\r\n")[1:]]
        told = [(name.lower(), value) for name, _, value in lines]
    fields = [each for each in told if each[0].replace(b"_", b"-") in PIPELINE_FIELDS]
    return Outcome(decisions[-1].rule_id, sorted(fields))


def directly(case: Case) -> bytes:
    return request(case.target, *case.fields, method=case.method, host=case.host)


def by_gateway(case: Case) -> bytes:
    """Returns what a gateway asks: its own request, and in fields what the client's was."""
    original = (
        b"X-Forwarded-Method: " + case.method,
        b"X-Forwarded-Proto: http",
        b"X-Forwarded-Host: " + case.host,
        b"X-Forwarded-Uri: " + case.target,
        b"X-Forwarded-For: 192.0.2.7",
    )
    length = tuple(each for each in case.fields if each != b"Content-Length: 0")
    return request(b"/ask", *length, *original, host=b"edge.test")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_doors_decide_the_same(case: Case):
    outcomes: list[Outcome] = []

    async def scenario() -> None:
        to_head = case.method == b"HEAD"
        outcomes.append(await through("proxy", directly(case), to_head=to_head))
        outcomes.append(await through("decision", by_gateway(case), to_head=False))

    run(scenario())
    at_proxy, at_gateway = outcomes
    assert at_proxy.decision == case.expected
    assert at_gateway == at_proxy


def test_every_name_of_a_case_is_its_own():
    assert len({case.name for case in CASES}) == len(CASES) >= 60
