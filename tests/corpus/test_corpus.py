"""Every case of the corpus through a real edge to an upstream that believes nothing.

All cases share one edge and the connections to its upstream, so that whatever one of them leaves
behind on a connection becomes the trouble of the next.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from edgeauth.listeners.parser import ParserName
from edgeauth.services.event_loop import Loop
from tests.attacks.edge import Client, Edge, Message, Upstream, running_edge, take_answers
from tests.corpus.cases import Case, Forwarded, corpus
from tests.fakes.parsing import using

VARIANTS: dict[str, tuple[Callable[[], asyncio.AbstractEventLoop], ParserName]] = {
    "uvloop": (Loop, "llhttp"),
    "asyncio": (asyncio.new_event_loop, "llhttp"),
    "asyncio and the parser in Python": (asyncio.new_event_loop, "python"),
}
DECIDED_BY_ITS_HEAD = [
    case
    for case in corpus()
    if case.file in {"hosts", "targets", "lines", "versions", "methods", "lengths", "codings"}
    and not any(each.content for each in case.forwarded)
]
"""What the decision door, which waits for no content, answers as the proxy does."""

ABOUT_THE_CONNECTION = [
    case for case in corpus() if case.file in {"chunks", "content", "limits", "sequences"}
]
"""What may turn out otherwise where a connection can not be closed by halves."""


def echo(upstream: Upstream) -> Callable[[Message], bytes]:
    """Returns answers that say which request of the upstream they belong to."""

    def answer(message: Message) -> bytes:
        content = b"" if message.start[0] == b"HEAD" else message.target
        number = len(upstream.requests) - 1
        head = b"HTTP/1.1 200 OK\r\nX-Number: %d\r\nContent-Length: %d\r\n\r\n"
        return head % (number, len(content)) + content

    return answer


@dataclass
class Runs:
    """An edge, and the loop and the parser that it runs on."""

    runner: asyncio.Runner
    edge: Edge
    parser: ParserName

    def through(self, case: Case) -> tuple[list[Message], list[Message]]:
        """Sends a case; returns the answers and what the upstream read meanwhile."""
        upstream = self.edge.upstream
        before = len(upstream.requests)
        with using(self.parser):
            answers = self.runner.run(converse(self.edge, case))
        # What was cut off because its content turned out to be malformed was never a request.
        faults = [each for each in upstream.faults if not each.args[0].startswith(b"incomplete")]
        assert faults == []
        return answers, [each for each in upstream.requests[before:] if each.target != b"/probe"]


@asynccontextmanager
async def echoing(door: str, *, tls: bool) -> AsyncIterator[Edge]:
    upstream = Upstream()
    upstream.answer = echo(upstream)
    async with running_edge(upstream, door=door, tls=tls) as edge:
        yield edge


def running(variant: str, door: str, *, tls: bool = False) -> Iterator[Runs]:
    loop, parser = VARIANTS[variant]
    with asyncio.Runner(loop_factory=loop) as runner:
        opened = echoing(door, tls=tls)
        edge = runner.run(opened.__aenter__())
        yield Runs(runner, edge, parser)
        runner.run(opened.__aexit__(None, None, None))


@pytest.fixture(scope="module", params=list(VARIANTS))
def proxy(request: pytest.FixtureRequest) -> Iterator[Runs]:
    yield from running(request.param, "proxy")


@pytest.fixture(scope="module", params=list(VARIANTS))
def encrypted(request: pytest.FixtureRequest) -> Iterator[Runs]:
    yield from running(request.param, "proxy", tls=True)


@pytest.fixture(scope="module", params=["uvloop", "asyncio and the parser in Python"])
def decision(request: pytest.FixtureRequest) -> Iterator[Runs]:
    yield from running(request.param, "decision")


async def converse(edge: Edge, case: Case) -> list[Message]:
    """Sends the octets of a case; returns the answers, and checks how the connection goes on."""
    heads = (0,) if case.sent.startswith(b"HEAD ") else ()
    async with edge.client() as client:
        client.send(case.sent)
        if case.closed and edge.trusting is None:
            answers = finals(take_answers(await client.all(), heads=heads))
        else:
            answers = [await final(client, to_head=bool(heads)) for _ in case.answers]
        if case.closed:
            # Over TLS the edge waits a while for the client to go: it can not close by halves.
            assert answers[-1].all(b"connection") == [b"close"]
        else:
            assert await client.usable()
        assert not any(each.all(b"connection") for each in answers[:-1])
        return answers


def finals(answers: list[Message]) -> list[Message]:
    return [each for each in answers if each.status != 100]


async def final(client: Client, *, to_head: bool) -> Message:
    while (answer := await client.answer(to_head=to_head)).status == 100:
        pass
    return answer


def added(case: Forwarded, scheme: bytes = b"http") -> list[tuple[bytes, bytes]]:
    """Returns what the edge itself says to the upstream."""
    return [
        (b"authorization", b"Bearer signed-by-the-edge"),
        (b"x-user", b"alice"),
        (b"x-forwarded-for", b"127.0.0.1"),
        (b"x-forwarded-host", case.host),
        (b"x-forwarded-proto", scheme),
        (b"forwarded", b'for=127.0.0.1;host="%b";proto=%b' % (case.host, scheme)),
    ]


def check(runs: Runs, case: Case, scheme: bytes) -> None:
    """Checks the answers to a case, whose they are, and what has reached the upstream."""
    answers, read = runs.through(case)

    assert tuple(each.status for each in answers) == case.answers
    numbers = [each.all(b"x-number") for each in answers if each.status == 200]
    seen = runs.edge.upstream.requests
    assert [seen[int(number)] for [number] in numbers] == read, "each has its own answer"
    assert [
        Forwarded(*each.start, each.all(b"host")[0], tuple(of_client(each)), each.body)
        for each in read
    ] == list(case.forwarded)
    for each, expected in zip(read, case.forwarded, strict=True):
        own = added(expected, scheme)
        assert [field for field in each.fields if field in own] == own


@pytest.mark.parametrize("case", corpus(), ids=lambda case: case.title)
def test_a_client_gets_its_answers_and_the_upstream_only_what_it_may(proxy: Runs, case: Case):
    check(proxy, case, b"http")


@pytest.mark.parametrize("case", ABOUT_THE_CONNECTION, ids=lambda case: case.title)
def test_over_tls_it_is_the_same(encrypted: Runs, case: Case):
    check(encrypted, case, b"https")


def of_client(message: Message) -> list[tuple[bytes, bytes]]:
    """Returns the fields but for those of the edge; framing is its own as well."""
    own = {name for name, _ in added(Forwarded(b"", b"", b"", (), b""))}
    own |= {b"host", b"content-length", b"transfer-encoding"}
    return [field for field in message.fields if field[0] not in own]


@pytest.mark.parametrize("case", DECIDED_BY_ITS_HEAD, ids=lambda case: case.title)
def test_the_decision_door_reads_as_the_proxy_does(decision: Runs, case: Case):
    answers, read = decision.through(case)

    assert tuple(each.status for each in answers) == case.answers
    assert read == []
