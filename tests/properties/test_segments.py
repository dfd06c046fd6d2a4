"""The corpus in any pieces gives the same requests, and garbage on real sockets leaves nothing."""

import asyncio
import itertools
from typing import get_args

import pytest
from hypothesis import given, settings, strategies as st

from edgeauth.listeners.parser import ParserName
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import (
    EDITS,
    FORBIDDEN,
    OWNED,
    PATIENCE,
    Edge,
    Upstream,
    run,
    running_edge,
    take_answers,
)
from tests.corpus.cases import Case, Forwarded, corpus
from tests.corpus.test_corpus import of_client
from tests.fakes.connections import TARGET, FakeClient
from tests.fakes.parsing import using
from tests.properties.test_connection import GARBAGE, forwarded

PARSER_NAMES = get_args(ParserName)
SHORT = [case for case in corpus() if len(case.sent) < 2000]
"""Not those about limits, some of which count segments: what is endless is cut off anywhere."""
UPGRADE = {b"connection", b"upgrade"}
"""Fields that the fake door, which switches to nothing, does not send."""


async def by_path(request: Request, _content: ContentSource) -> Decision:
    if request.path.startswith("/deny"):
        return FORBIDDEN
    return Permit("rule", "alice", EDITS, TARGET, OWNED)


def result(case: Case, segments: list[bytes], *, eagerly: bool) -> tuple[object, object, bool]:
    """Returns the statuses, what was forwarded, and whether the connection has ended."""
    client = FakeClient(decide=by_path)
    client.send(*segments, eagerly=eagerly)
    client.finish()
    assert client.bugs == []
    heads = (0,) if case.sent.startswith(b"HEAD ") else ()
    answers = take_answers(bytes(client.transport.written), heads=heads)
    requests = [
        Forwarded(*each.start, each.all(b"host")[0], tuple(of_client(each)), each.body)
        for each in forwarded(client)
    ]
    ended = client.transport.closing or client.transport.ended
    return tuple(each.status for each in answers if each.status != 100), requests, ended


def wanted(case: Case) -> tuple[object, object, bool]:
    requests = [
        Forwarded(
            each.method,
            each.target,
            each.host,
            tuple(field for field in each.fields if field[0] not in UPGRADE),
            each.content,
        )
        for each in case.forwarded
    ]
    return case.answers, requests, case.closed


def each_octet(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


@pytest.mark.parametrize("parser", PARSER_NAMES)
@pytest.mark.parametrize("eagerly", [False, True], ids=["a slow upstream", "a quick upstream"])
def test_every_case_of_the_corpus_in_single_octets_is_the_same_case(
    eagerly: bool, parser: ParserName
):
    with using(parser):
        different = {
            case.title: found
            for case in SHORT
            if (found := result(case, each_octet(case.sent), eagerly=eagerly)) != wanted(case)
        }

    assert different == {}


@pytest.mark.parametrize("parser", PARSER_NAMES)
@given(st.sampled_from(SHORT), st.lists(st.integers(0, 2000), max_size=8), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_case_of_the_corpus_in_any_segments_is_the_same_case(parser, case, cuts, eagerly):
    places = sorted({0, *(min(cut, len(case.sent)) for cut in cuts), len(case.sent)})
    segments = [case.sent[start:end] for start, end in itertools.pairwise(places)]

    with using(parser):
        assert result(case, segments, eagerly=eagerly) == wanted(case)


async def tell(edge: Edge, garbage: list[bytes], ending: str) -> None:
    """Sends garbage on a connection, and leaves in one of the ways that there are."""
    async with edge.client() as client:
        for piece in garbage:
            client.send(piece)
            await asyncio.sleep(0)
        if ending == "reset":
            client.reset()
        elif ending == "half":
            client.writer.write_eof()
            take_answers(await client.all())


@given(
    st.lists(
        st.tuples(GARBAGE, st.sampled_from(["close", "reset", "half"])), min_size=5, max_size=40
    )
)
@settings(max_examples=25, deadline=None)
def test_garbage_on_sockets_leaves_no_task_and_no_connection(streams):
    async def scenario() -> None:
        upstream = Upstream()
        async with running_edge(upstream) as edge:
            before = len(asyncio.all_tasks())
            async with asyncio.TaskGroup() as group:
                for garbage, ending in streams:
                    group.create_task(tell(edge, garbage, ending))
            pool = edge.door._pool
            async with asyncio.timeout(PATIENCE):
                # Each upstream connection that is kept has a task of the upstream of this test.
                while (
                    edge.listener._connections
                    or edge.listener._tasks
                    or len(asyncio.all_tasks()) > before + len(pool.open)
                ):
                    await asyncio.sleep(0.001)  # nothing tells when a socket is closed
            assert all(connection._exchange is None for connection in pool.open)
            assert edge.listener.in_flight == 0
            async with edge.client() as client:
                assert await client.usable()
        faults = [each for each in upstream.faults if not each.args[0].startswith(b"incomplete")]
        assert faults == []

    run(scenario())
