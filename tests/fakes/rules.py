"""Rules, routes and mechanisms that do as they are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from edgeauth.engine.route import PathExpression, Route
from edgeauth.engine.rule import Alternatives, Rule
from edgeauth.engine.rulebook import RuleBook
from edgeauth.engine.step import AuthorizeStep, InformStep, Step
from edgeauth.engine.trie import Trie
from edgeauth.model.decision import HeaderEdits, Refusal, Response
from edgeauth.model.errors import Fault
from edgeauth.model.identity import DEFAULT_PRINCIPAL, Principal, fingerprint
from edgeauth.model.json import Json
from edgeauth.model.request import Headers, Request
from edgeauth.model.routing import EncodedSlashes
from edgeauth.ports.mechanisms import ALLOWED, Allow
from edgeauth.ports.stages import Granted, Identified, Matched

ALICE = Principal("alice", {"tier": "free"}, fingerprint(b"alice"))


@dataclass
class Fake:
    """A mechanism of every kind: returns what it was given, or raises it, and notes the call."""

    outcome: object = None
    calls: list[object] = field(default_factory=list)

    async def _run(self, stage: object) -> object:
        self.calls.append(stage)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        return await self._run(seen)  # type: ignore[return-value]

    async def contextualize(self, known: Identified) -> Json:
        return await self._run(known)  # type: ignore[return-value]

    async def authorize(self, known: Identified) -> Allow | Refusal:
        return await self._run(known)  # type: ignore[return-value]

    async def finalize(self, granted: Granted) -> HeaderEdits:
        return await self._run(granted)  # type: ignore[return-value]

    async def respond(self, refusal: Refusal, seen: Matched) -> Response:
        return await self._run(refusal)  # type: ignore[return-value]

    def owns(self) -> tuple[bytes, ...]:
        return ()


@dataclass
class When:
    """A condition that is what it was told to be."""

    value: bool | Fault
    scopes: list[Mapping[str, object]] = field(default_factory=list)

    def evaluate(self, scope: Mapping[str, object]) -> bool:
        self.scopes.append(scope)
        if isinstance(self.value, Fault):
            raise self.value
        return self.value


def step(
    kind: Callable[..., object], name: str, outcome: object, when: When | None = None
) -> object:
    """Returns a step around a fake."""
    return kind(
        name, f"{name}-source", outcome if isinstance(outcome, Fake) else Fake(outcome), when
    )


def authenticator(outcome: object = ALICE, name: str = "who", when: When | None = None) -> Step:
    return step(Step, name, outcome, when)


def contextualizer(
    outcome: object = None, name: str = "what", when: When | None = None
) -> InformStep:
    return step(InformStep, name, outcome, when)


def authorizer(
    outcome: object = ALLOWED, name: str = "may", when: When | None = None
) -> AuthorizeStep:
    return step(AuthorizeStep, name, outcome, when)


def finalizer(
    outcome: object = HeaderEdits(), name: str = "tell", when: When | None = None
) -> Step:
    return step(Step, name, outcome, when)


def error_handler(outcome: object, name: str = "answer", when: When | None = None) -> Step:
    return step(Step, name, outcome, when)


def rule(
    name: str = "rule",
    *,
    who: Sequence[Step] | None = None,
    checks: Sequence[InformStep | AuthorizeStep] | None = None,
    finalizers: Sequence[Step] = (),
    handlers: Sequence[Step] = (),
    others: Mapping[str, Sequence[Step]] | None = None,
) -> Rule:
    """Returns a rule that permits alice unless told otherwise.

    Args:
        name: its id.
        who: authenticators of the default principal.
        checks: contextualizers and authorizers.
        finalizers: what tells the upstream.
        handlers: what answers refusals.
        others: authenticators of other principals, which come first.
    """
    default = who if who is not None else [authenticator()]
    groups = {**(others or {}), DEFAULT_PRINCIPAL: default}
    return Rule(
        name,
        "set",
        tuple(Alternatives(principal, tuple(steps)) for principal, steps in groups.items()),
        tuple(checks if checks is not None else [authorizer()]),
        tuple(finalizers),
        tuple(handlers),
    )


def path(text: str) -> PathExpression:
    """Returns a path expression: `:name` for a segment, `**` or `*name` for the rest."""
    parts = text[1:].split("/")
    names = tuple(part[1:].strip("*") for part in parts if part[:1] in {":", "*"})
    free = parts[-1].startswith("*")
    fixed = parts[:-1] if free else parts
    return PathExpression(tuple(None if each[:1] == ":" else each for each in fixed), free, names)


def route(text: str, name: str | None = None, **details: object) -> Route:
    """Returns a route to a rule that is called like its path."""
    return Route(rule(name or text), path(text).named(), **details)  # type: ignore[arg-type]


def trie(*routes: tuple[str, str] | tuple[str, str, dict[str, object]]) -> Trie:
    """Returns a trie of (host, path) or (host, path, details of the route)."""
    made = Trie()
    for host, text, *details in routes:
        found = dict(details[0]) if details else {}
        made.add(host, path(text), route(text, f"{found.pop('name', host + text)}", **found))
    return made


def book(of: Rule, text: str = "/**", slashes: EncodedSlashes = EncodedSlashes.OFF) -> RuleBook:
    """Returns a book with one rule for a path."""
    made = Trie()
    made.add("*", path(text), Route(of, path(text).named(), slashes=slashes))
    return RuleBook(made)


def asked(
    target: str = "/x", host: str = "shop.test", method: str = "GET", scheme: str = "http"
) -> Request:
    """Returns a plain request."""
    return Request(method, scheme, host, target, "", Headers(), ("192.0.2.1",))
