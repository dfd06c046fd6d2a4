"""Real servers behind a real edge read what the edge decided about, and nothing else.

Whatever the corpus lets through goes to servers with parsers of their own. Had one of them another
method, target, host, field or content in hand than the rule saw, it would answer another request
than the one that was permitted.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edgeauth.listeners.server import Decide
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import (
    EDITS,
    FORBIDDEN,
    OWNED,
    Edge,
    Message,
    run,
    running_edge,
)
from tests.corpus.cases import Case, Field, Forwarded, corpus
from tests.corpus.servers import SERVERS
from tests.corpus.test_corpus import added, converse

pytestmark = pytest.mark.slow

PERMITTED = [case for case in corpus() if case.forwarded]
TOO_MANY = {"limits: attack-057 just enough fields"}
LIMITS = {
    "python": TOO_MANY,
    "nginx": TOO_MANY,  # the one behind it is Python's
    "node": {"content: attack-069 QUERY with content"},  # before version 20
}
"""Cases that a server refuses, or that some of its versions do."""
FRAMING = {b"content-length", b"transfer-encoding"}


def all_to(port: int) -> Decide:
    """Returns decisions that permit everything but /deny, to be forwarded to a port."""

    async def decide(request: Request, _content: ContentSource) -> Decision:
        if request.path.startswith("/deny"):
            return FORBIDDEN
        return Permit("rule", "alice", EDITS, Target("127.0.0.1", port), OWNED)

    return decide


def in_order(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Returns fields without framing, by name: Go does not keep the order of different names."""
    kept = [field for field in fields if field[0] not in FRAMING | {b"host"}]
    return tuple(sorted(kept, key=lambda field: field[0]))


def expected(forwarded: Forwarded) -> Forwarded:
    fields = in_order((*forwarded.fields, *added(forwarded)))
    return Forwarded(forwarded.method, forwarded.target, forwarded.host, fields, forwarded.content)


def read(answer: Message) -> tuple[int, Forwarded]:
    """Returns what the server says that it has read, and which request it was."""
    told = json.loads(base64.b64decode(answer.all(b"x-read")[0]))
    method, target, host, content = (
        told[each].encode("latin-1") for each in ("method", "target", "host", "content")
    )
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told["fields"]]
    return told["number"], Forwarded(method, target, host, in_order(fields), content)


@dataclass
class Comparison:
    """What a server read in another way, by case, beside what it should have read."""

    edge: Edge
    requests: int = 0
    different: dict[str, object] = field(default_factory=dict)

    async def take(self, case: Case) -> None:
        answers = await converse(self.edge, case)
        seen: list[object] = [read(each) for each in answers if each.all(b"x-read")]
        wanted: list[object] = [
            (number, expected(each))
            for number, each in enumerate(case.forwarded, start=self.requests + 1)
        ]
        statuses = tuple(each.status for each in answers)
        if (statuses, seen) != (case.answers, wanted):
            self.different[case.title] = (statuses, seen, case.answers, wanted)
        # Where the connection goes on, a probe has gone through it.
        self.requests += len(wanted) + (not case.closed)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.timeout(400)
def test_other_servers_read_what_was_decided_about(server: str, tmp_path: Path):
    cases = [case for case in PERMITTED if case.title not in LIMITS.get(server, ())]
    different: list[dict[str, object]] = []

    async def scenario() -> None:
        with SERVERS[server](tmp_path) as port:
            async with running_edge(decide=all_to(port)) as edge:
                comparison = Comparison(edge)
                for case in cases:
                    await comparison.take(case)
                different.append(comparison.different)

    run(scenario())
    assert different == [{}]
    assert len(cases) > 300
