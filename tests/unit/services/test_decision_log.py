import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
from msgspec.structs import replace

from edgeauth.model.decision import Deny, HeaderEdits, Permit, Refusal, Response
from edgeauth.model.errors import Malformed, Reason
from edgeauth.services.decision_log import DecisionLog
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.driving import settle
from tests.fakes.requests import request

PERMIT = Permit("rule", "alice", HeaderEdits(((b"authorization", b"Bearer contract"),)), None)
DENY = Deny(
    Response(403, ((b"set-cookie", b"secret"),)),
    Refusal(Reason.AUTHORIZATION, "not yours", source="own", step="first"),
    "rule",
    "alice",
)


class Stream:
    """Remembers what was written."""

    def __init__(self, broken: int = 0) -> None:
        self.written = b""
        self.broken = broken

    def write(self, data: bytes) -> None:
        if self.broken:
            self.broken -= 1
            raise OSError("disk full")
        self.written += data

    def flush(self) -> None:
        pass

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.written.splitlines()]


def logged(*decisions, of=None):
    stream = Stream()
    log = DecisionLog(stream, FakeClock())
    for decision in decisions:
        log.record(of or request(), decision)
    log.writer.flush()
    return stream.lines()


@pytest.mark.parametrize("decision", [PERMIT, DENY], ids=["permit", "deny"])
def test_attack_178_neither_credentials_nor_cookies_nor_the_query_are_logged(decision):
    hostile = request(
        query="access_token=s3cret",
        headers={"Authorization": "Bearer s3cret", "Cookie": "sid=s3cret"},
    )

    (line,) = logged(decision, of=hostile)

    assert "s3cret" not in str(line)
    assert "secret" not in str(line)
    assert "contract" not in str(line)


@pytest.mark.parametrize("decision", [PERMIT, DENY], ids=["permit", "deny"])
def test_a_line_can_be_found_by_what_traces_and_other_logs_call_the_request(decision):
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    traced = request(headers={"traceparent": trace, "X-Request-Id": "x" * 1000})

    (line,) = logged(decision, of=traced)

    assert line["traceparent"] == trace
    assert line["request_id"] == "x" * 512


def test_a_refusal_is_logged_with_who_said_so_and_why():
    (line,) = logged(DENY)

    assert line == {
        "time": NOW,
        "decision": "deny",
        "method": "GET",
        "scheme": "https",
        "host": "shop.test",
        "path": "/articles/1",
        "client": ["192.0.2.1"],
        "rule": "rule",
        "subject": "alice",
        "status": 403,
        "reason": "authorization_error",
        "source": "own",
        "step": "first",
        "detail": "not yours",
    }


def test_bytes_that_are_no_request_are_logged_without_any_of_them():
    stream = Stream()
    log = DecisionLog(stream, FakeClock())

    log.record_malformed("192.0.2.7", Malformed("the head is too large", 431))
    log.writer.flush()

    assert stream.lines() == [
        {
            "time": NOW,
            "decision": "deny",
            "client": ["192.0.2.7"],
            "status": 431,
            "reason": "precondition_error",
            "detail": "the head is too large",
        }
    ]


def test_a_permit_is_logged_with_the_refusals_that_somebody_made_up_for():
    passed_over = Refusal(Reason.AUTHENTICATION, "forged", source="google", step="google")

    (line,) = logged(replace(PERMIT, downgrades=(passed_over,)))

    assert line["decision"] == "permit"
    assert line["downgrades"] == [
        {
            "reason": "authentication_error",
            "source": "google",
            "step": "google",
            "detail": "forged",
        }
    ]


def test_attack_213_a_line_break_in_a_path_stays_in_its_line():
    (line,) = logged(PERMIT, of=request('/a\n{"decision": "permit"}'))

    assert line["path"] == '/a\n{"decision": "permit"}'


def test_lines_beyond_the_buffer_are_dropped_and_counted():
    stream = Stream()
    log = DecisionLog(stream, FakeClock(), buffer_octets=400)
    for _ in range(10):
        log.record(request(), PERMIT)

    log.writer.flush()
    log.record(request(), PERMIT)
    log.writer.flush()

    *kept, dropped, after = stream.lines()
    assert dropped == {"time": NOW, "dropped": 10 - len(kept)}
    assert 0 < len(kept) < 10
    assert after["decision"] == "permit"


def test_lines_that_the_stream_did_not_take_are_counted():
    stream = Stream(broken=1)
    log = DecisionLog(stream, FakeClock())
    log.record(request(), PERMIT)
    log.record(request(), PERMIT)

    log.writer.flush()
    log.writer.flush()

    assert stream.lines() == [{"time": NOW, "dropped": 2}]


def test_nothing_recorded_is_nothing_written():
    stream = Stream()

    DecisionLog(stream, FakeClock()).writer.flush()

    assert stream.written == b""


def test_what_was_recorded_is_written_when_the_writer_is_stopped():
    stream = Stream()
    log = DecisionLog(stream, FakeClock())

    async def serve() -> None:
        writer = asyncio.create_task(log.writer.run())
        await asyncio.sleep(0)
        log.record(request(), PERMIT)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)

    asyncio.run(serve())

    assert len(stream.lines()) == 1


def test_what_was_recorded_is_written_while_the_writer_runs():
    stream = Stream()
    log = DecisionLog(stream, FakeClock())

    async def serve() -> None:
        writer = asyncio.create_task(log.writer.run(interval=0))
        log.record(request(), PERMIT)
        while not stream.written:
            await asyncio.sleep(0)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)

    asyncio.run(serve())

    assert len(stream.lines()) == 1


def test_lines_that_wait_for_a_thread_are_written_when_the_writer_is_stopped():
    stream = Stream()
    log = DecisionLog(stream, FakeClock())
    go_on = threading.Event()

    async def stop_while_no_thread_is_free():
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        blocking = loop.run_in_executor(None, go_on.wait)
        log.record(request(), PERMIT)
        writer = asyncio.create_task(log.writer.run(interval=0))
        await settle()
        log.record(request(), DENY)
        writer.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writer
        go_on.set()
        await blocking

    asyncio.run(stop_while_no_thread_is_free())

    assert {line["decision"] for line in stream.lines()} == {"permit", "deny"}


def test_lines_are_written_in_turn():
    held = []

    class Turn(nullcontext[None]):
        def __enter__(self):
            held.append("taken")

    log = DecisionLog(Stream(), FakeClock(), turn=Turn())
    log.record(request(), PERMIT)
    log.writer.flush()

    assert held == ["taken"]


def test_a_decision_about_several_principals_names_all_of_them():
    others = (("client", "billing"),)
    permit = Permit("rule", "alice", HeaderEdits(), None, principals=others)
    deny = Deny(DENY.response, DENY.refusal, "rule", "alice", principals=others)

    assert [(line["subject"], line["principals"]) for line in logged(permit, deny)] == [
        ("alice", {"client": "billing"})
    ] * 2
    assert "principals" not in logged(PERMIT)[0]
