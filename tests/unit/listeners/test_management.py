import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientResponse, ClientSession

from edgeauth.config.read import read_configuration
from edgeauth.contract.jwks import PublishedKeys
from edgeauth.listeners.limits import OperatorLimits, operator_limits_of
from edgeauth.listeners.management import ManagementListener, management_application
from edgeauth.services.listener_status import Limited, ListenerStatus
from edgeauth.services.loading_status import LoadingStatus
from edgeauth.services.telemetry.durations import METHODS, OTHER, RequestDurations
from tests.fakes.driving import run

ETAG = '"' + "a1" * 32 + '"'
PUBLISHED = PublishedKeys(b'{"keys":[]}', ETAG.encode())
JWKS = "/.well-known/jwks"
HEALTH = "/.well-known/health"


@asynccontextmanager
async def listening(
    limits: OperatorLimits | None = None,
    status: ListenerStatus | None = None,
    published: PublishedKeys = PUBLISHED,
) -> AsyncIterator[int]:
    application = management_application(lambda: published, LoadingStatus())
    listener = ManagementListener(application, limits, status)
    port = await listener.start("127.0.0.1", 0)
    try:
        yield port
    finally:
        await listener.close()


def ask(
    path: str,
    fields: list[tuple[str, str]] | Mapping[str, str] | None = None,
    method: str = "GET",
) -> tuple[ClientResponse, bytes]:
    """Returns the answer of a listener that runs for this one request, and its body."""

    async def scenario() -> tuple[ClientResponse, bytes]:
        async with listening() as port, ClientSession() as session:
            url = f"http://127.0.0.1:{port}{path}"
            async with session.request(method, url, headers=fields) as answer:
                return answer, await answer.read()

    return run(scenario())


def ask_raw(
    raw: bytes, limits: OperatorLimits | None = None, status: ListenerStatus | None = None
) -> bytes:
    """Returns all that is answered to raw octets, up to the end of the connection."""

    async def scenario() -> bytes:
        async with listening(limits, status) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(raw)
            answer = await reader.read()
            writer.close()
            return answer

    return run(scenario())


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        (OperatorLimits(connections=2), Limited.CONNECTIONS),
        (OperatorLimits(connections_per_address=2), Limited.CONNECTIONS_PER_ADDRESS),
    ],
    ids=["in-all", "of-one-address"],
)
def test_attack_073_connections_beyond_a_limit_are_closed_at_once(
    limits: OperatorLimits, limit: Limited
):
    status = ListenerStatus("management")

    async def scenario() -> None:
        async with listening(limits, status) as port:
            streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
            assert await streams[2][0].read() == b""
            assert status.limited == {limit: 1}
            assert status.occupancy().connections == 2
            streams[1][1].close()
            while status.occupancy().connections == 2:
                await asyncio.sleep(0)
            streams.append(await asyncio.open_connection("127.0.0.1", port))
            for reader, writer in (streams[0], streams[3]):
                writer.write(b"GET /.well-known/health HTTP/1.1\r\nHost: a\r\n\r\n")
                assert await reader.readline() == b"HTTP/1.1 200 OK\r\n", "its place is free again"
            for _, writer in streams:
                writer.close()

    run(scenario())


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", [HEALTH, JWKS])
def test_other_methods_are_not_allowed(path: str, method: str):
    answer, _ = ask(path, method=method)

    assert answer.status == 405
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize(
    "path",
    ["/", "/.well-known", "/.well-known/", f"{JWKS}/", f"{JWKS}.json", f"{HEALTH}x", "/metrics"],
)
def test_there_is_nothing_else(path: str):
    answer, _ = ask(path)

    assert answer.status == 404


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"NONSENSE\r\n\r\n", id="no request"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: a\r\nb c: d\r\n\r\n", id="malformed field"),
    ],
)
def test_malformed_requests_are_told_neither_a_version_nor_what_they_said(raw: bytes):
    answer = ask_raw(raw)

    assert answer.startswith(b"HTTP/1.")
    assert answer[9:12] == b"400"
    assert b"aiohttp" not in answer
    assert b"Python" not in answer
    assert raw[:12] not in answer


@pytest.mark.parametrize(
    ("path", "method"), [(HEALTH, "GET"), (JWKS, "GET"), (JWKS, "POST"), ("/nothing", "GET")]
)
def test_no_answer_tells_a_version(path: str, method: str):
    answer, _ = ask(path, method=method)

    assert answer.headers["Server"] == "edgeauth"


def test_health_is_told_and_not_kept():
    answer, body = ask(HEALTH)

    assert (answer.status, body) == (200, b'{"status":"ok"}')
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type == "application/json"


def test_keys_are_published_with_a_strong_validator():
    answer, body = ask(JWKS)

    assert (answer.status, body) == (200, PUBLISHED.body)
    assert answer.headers["ETag"] == ETAG
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.content_type == "application/json"


def test_a_query_makes_no_difference():
    assert ask(f"{JWKS}?a=1")[1] == PUBLISHED.body


HOLDING = {
    "the same": [ETAG],
    "weak": [f"W/{ETAG}"],
    "any": ["*"],
    "last of a list": [f'"other", {ETAG}'],
    "weak in a list without spaces": [f'"other",W/{ETAG},"more"'],
    "in the second of two fields": ['"other"', ETAG],
}
NOT_HOLDING = {
    "another": ['"other"'],
    "without quotes": [ETAG.strip('"')],
    "part": [ETAG[:-2] + '"'],
    "in capitals": [ETAG.upper()],
    "empty": [""],
    "star in quotes": ['"*"'],
    "weak star": ["W/*"],
    "lower-case weakness": [f"w/{ETAG}"],
}


@pytest.mark.parametrize("values", NOT_HOLDING.values(), ids=NOT_HOLDING.keys())
def test_keys_are_sent_to_who_does_not_have_them(values: list[str]):
    answer, body = ask(JWKS, [("If-None-Match", value) for value in values])

    assert (answer.status, body) == (200, PUBLISHED.body)


@pytest.mark.parametrize("values", HOLDING.values(), ids=HOLDING.keys())
def test_keys_are_not_sent_again(values: list[str]):
    answer, body = ask(JWKS, [("If-None-Match", value) for value in values])

    assert (answer.status, body) == (304, b"")
    assert answer.headers["ETag"] == ETAG
    assert answer.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 2000,
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9000,
    ],
    ids=["target", "fields", "content"],
)
def test_who_says_too_much_is_not_listened_to(raw: bytes):
    status = ListenerStatus("management")
    answer = ask_raw(raw, status=status)

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"aiohttp" not in answer
    assert status.limited == {Limited.HEAD: 1}


@pytest.mark.parametrize(
    "raw",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET"],
    ids=["nothing", "half", "next"],
)
def test_attack_073_who_says_nothing_more_is_left(raw: bytes):
    status = ListenerStatus("management")
    answer = ask_raw(raw, OperatorLimits(read_timeout=0.05, idle_timeout=0.3), status)

    assert answer.count(b"HTTP/1.1 404") == raw.count(b"\r\n\r\n")
    assert status.limited == ({} if answer else {Limited.HEAD_TIME: 1})


def test_attack_073_who_does_not_read_is_left():
    status = ListenerStatus("management")
    large = PublishedKeys(b"k" * 20_000_000, ETAG.encode())

    async def scenario() -> None:
        async with listening(OperatorLimits(write_timeout=0.05), status, large) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            writer.write(f"GET {JWKS} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            async with asyncio.timeout(10):
                while not status.limited[Limited.DOWNLOAD]:
                    await asyncio.sleep(0.01)
            writer.close()

    run(scenario())


def test_many_requests_of_one_connection_are_answered():
    status = ListenerStatus("management")
    request = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 3000 + b"\r\n\r\n"

    async def scenario() -> None:
        async with listening(status=status) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(5):
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 404 ")
            writer.close()

    run(scenario())
    assert status.limited == {}


def test_limits_are_those_of_the_configuration():
    text = """
    management:
      timeout: {read: 1s, write: 2s, idle: 3s}
      buffer_limit: {read: 1KB, write: 2KB}
      limits: {connections: 5, connections_per_address: 4}
    """
    made = operator_limits_of(read_configuration(text, "edgeauth.yaml", {}).management)

    assert made == OperatorLimits(1024 + 4096, 1.0, 2.0, 3.0, 5, 4)


def test_the_defaults_of_the_configuration_are_those_of_listeners():
    made = operator_limits_of(read_configuration("", "edgeauth.yaml", {}).management)

    assert made == OperatorLimits()


def test_idle_connections_have_the_time_of_a_head_when_none_is_said():
    text = "management: {timeout: {read: 1s, idle: 0s}}"
    made = operator_limits_of(read_configuration(text, "edgeauth.yaml", {}).management)

    assert made.idle_timeout == 1.0


def test_what_operators_ask_is_counted_with_methods_that_everybody_knows():
    status = ListenerStatus("management", requests=RequestDurations(METHODS))
    assert status.requests is not None
    for line in (b"GET /.well-known/health", b"GET /other", b"PROPFIND /"):
        ask_raw(line + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", status=status)

    counts = {kind: sum(each.counts) for kind, each in status.requests.by_kind.items()}
    assert counts == {("GET", 200): 1, ("GET", 404): 1, (OTHER, 404): 1}
