"""Names of requests: whose word is taken, and that no two requests have one name."""

import re

import pytest

from edgeauth.config.read import read_configuration
from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.request_ids import RequestIds
from edgeauth.listeners.server import Listener
from edgeauth.model.decision import Decision
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from tests.fakes.connections import FakeDoor, FakeTransport, by_path

HOST = (b"host", b"a")
MADE = re.compile(rb"[0-9a-f]{16}-[0-9a-f]+")


def named(*values: bytes, trusted: bool) -> bytes:
    """Returns the one name of a request that came with some."""
    fields = [HOST, *((b"x-request-id", value) for value in values)]
    held = RequestIds().named(fields, trusted=trusted)
    assert held[0] == HOST
    [(_, name)] = held[1:]
    return name


@pytest.mark.parametrize(
    ("values", "trusted"),
    [
        ((), False),
        ((b"mine",), False),
        ((), True),
        ((b"",), True),
        ((b"two words",), True),
        ((b'quoted"',), True),
        ((b"\xc3\xa9",), True),
        ((b"{{ .Secret }}",), True),
        ((b"x" * 129,), True),
        ((b"one", b"other"), True),
    ],
    ids=repr,
)
def test_a_name_is_made_where_nobody_trusted_gives_a_plain_one(values, trusted):
    assert MADE.fullmatch(named(*values, trusted=trusted))


@pytest.mark.parametrize(
    "value", [b"r1", b"0f4a6554-9069-483d-bc8b-86c6943f22f2", b"Root=1-67891233-abc", b"x" * 128]
)
def test_the_plain_name_of_a_trusted_proxy_is_kept(value):
    assert named(value, trusted=True) == value


def test_no_two_requests_and_no_two_processes_make_one_name():
    ids, others = RequestIds(), RequestIds()
    made = [each.named([HOST], trusted=False)[1][1] for each in (ids, ids, others, others)]
    assert len(set(made)) == 4


def test_a_client_can_not_have_the_name_end_here():
    fields = [HOST, (b"connection", b"close, X-Request-ID ,te")]
    held = RequestIds().named(fields, trusted=False)
    assert held[:2] == [HOST, (b"connection", b"close,te")]


def test_what_decides_about_a_request_sees_its_name():
    seen: list[Request] = []

    async def decide(request: Request, content: ContentSource) -> Decision:
        seen.append(request)
        return await by_path(request, content)

    listener = Listener(decide, FakeDoor(), Deadlines(), Limits(), request_ids=RequestIds())
    connection = listener._connection("192.0.2.1")
    connection.connection_made(FakeTransport(connection))
    for _ in range(2):
        connection.data_received(b"GET /deny HTTP/1.1\r\nHost: a\r\nX-Request-Id: forged\r\n\r\n")
    first, second = [each.headers[b"x-request-id"] for each in seen]
    assert MADE.fullmatch(first)
    assert MADE.fullmatch(second)
    assert first != second


def test_requests_have_no_names_unless_that_is_wanted():
    assert not read_configuration("", "edgeauth.yaml", {}).serve.request_ids
