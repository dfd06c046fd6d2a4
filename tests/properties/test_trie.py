"""The trie finds what a naive matcher finds, in whatever order the rules came."""

from hypothesis import given, settings, strategies as st

from edgeauth.engine.decide import DecisionPoint
from edgeauth.engine.trie import Trie
from edgeauth.model.decision import Deny, Permit, Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.mechanisms import ALLOWED
from edgeauth.wire.answers import Answers
from tests.fakes.driving import run_straight
from tests.fakes.rules import When, asked, authorizer, book, path, route, rule

SEGMENTS = st.sampled_from(["a", "b", ":x", ":y"])
HOSTS = st.sampled_from(
    ["*", "*.test", "*.a.test", "a.test", "b.a.test", "a.test:80", "*.a.test:80"]
)
METHODS = st.sampled_from([None, frozenset({"GET"}), frozenset({"POST"})])


@st.composite
def expressions(draw: st.DrawFn) -> str:
    segments = draw(st.lists(SEGMENTS, max_size=4))
    unique = [f":{each[1:]}{at}" if each[0] == ":" else each for at, each in enumerate(segments)]
    last = draw(st.sampled_from(["", "", "**", None]))
    return "/" + "/".join(unique if last is None else [*unique, last])


RULES = st.lists(st.tuples(HOSTS, expressions(), METHODS), max_size=10)
PATHS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=5).flatmap(
    lambda parts: st.sampled_from(["/" + "/".join(parts), "/" + "/".join([*parts, ""])])
)
ASKED = st.tuples(
    PATHS.filter(lambda path: "//" not in path),
    st.sampled_from(["a.test", "a.test:80", "b.a.test", "b.a.test:80", "c.b.a.test", "test", "x"]),
)


def fill(rules) -> Trie:
    made = Trie()
    for number, (host, text, methods) in enumerate(rules):
        made.add(host, path(text), route(text, f"{host}{text} {number}", methods=methods))
    return made


def shape(text: str) -> tuple[int, ...]:
    """Returns how specific each segment is, so that the smallest is the most specific."""
    parts = text[1:].split("/")
    return tuple(2 if part[:1] == "*" else 1 if part[:1] == ":" else 0 for part in parts)


def fits(text: str, target: str) -> bool:
    parts, segments = text[1:].split("/"), target[1:].split("/")
    for at, part in enumerate(parts):
        if part == "**":
            return bool("/".join(segments[at:]))
        if at >= len(segments) or (part[:1] == ":" and not segments[at]):
            return False
        if part[:1] != ":" and part != segments[at]:
            return False
    return len(parts) == len(segments)


def host_rank(host: str, asked_host: str) -> tuple[int, int, int] | None:
    """Returns how close a rule's host is, the closest first; None when it is another host."""
    name, _, port = asked_host.partition(":")
    rule_name, _, rule_port = host.partition(":")
    if rule_port and rule_port != port:
        return None
    without = 0 if rule_port else 1
    if host == "*":
        return (2, 0, 1)
    if rule_name.startswith("*."):
        below = name.endswith(rule_name[1:]) and name != rule_name[2:]
        return (1, -len(rule_name), without) if below else None
    return (0, 0, without) if rule_name == name else None


def naive(rules, target: str, host: str) -> str | None:
    candidates = []
    for number, (rule_host, text, methods) in enumerate(rules):
        rank = host_rank(rule_host, host)
        if rank is not None and fits(text, target) and (methods is None or "GET" in methods):
            candidates.append((rank, shape(text), number, f"{rule_host}{text} {number}"))
    return min(candidates)[3] if candidates else None


@given(RULES, ASKED)
@settings(max_examples=250)
def test_the_trie_finds_what_a_naive_matcher_finds(rules, what):
    hit = fill(rules).find(asked(*what))
    assert (None if hit is None else hit.rule.id) == naive(rules, *what)


@given(RULES, ASKED, st.randoms())
def test_the_order_of_different_expressions_does_not_matter(rules, what, random):
    different = {
        (host, tuple(s[:1] if s[:1] in ":*" else s for s in text.split("/"))): (host, text, methods)
        for host, text, methods in rules
    }
    ordered, shuffled = list(different.values()), list(different.values())
    random.shuffle(shuffled)
    hits = [fill(each).find(asked(*what)) for each in (ordered, shuffled)]
    found = [None if hit is None else hit.rule.id.split()[0] for hit in hits]
    assert found[0] == found[1]
    if hits[0] is not None and hits[1] is not None:
        assert hits[0].captures == hits[1].captures


@given(RULES, ASKED)
def test_each_wildcard_captures_what_stands_in_its_place(rules, what):
    hit = fill(rules).find(asked(*what))
    if hit is not None:
        parts, segments = hit.rule.id.split()[0].split("/")[1:], what[0].split("/")[1:]
        pairs = zip(parts, segments, strict=False)
        assert hit.captures == {part[1:]: each for part, each in pairs if part[:1] == ":"}


CHECKS = st.builds(
    authorizer,
    st.sampled_from(
        [
            ALLOWED,
            Refusal(Reason.AUTHORIZATION, "no"),
            Fault(Reason.COMMUNICATION, "down"),
            RuntimeError("bug"),
            None,
        ]
    ),
    st.just("may"),
    st.sampled_from([None, When(value=True), When(value=False), When(Fault(Reason.INTERNAL, "?"))]),
)


def decided(checks) -> object:
    point = DecisionPoint(book(rule(checks=checks)), Answers(), lambda *_: None)
    return run_straight(point.decide(asked()))


@given(st.lists(CHECKS, max_size=4), CHECKS, st.integers(0, 4))
def test_one_more_authorizer_never_turns_a_refusal_into_a_permit(checks, more, place):
    if isinstance(decided(checks), Deny):
        assert isinstance(decided([*checks[:place], more, *checks[place:]]), Deny)
    else:
        assert isinstance(decided(checks), Permit)
