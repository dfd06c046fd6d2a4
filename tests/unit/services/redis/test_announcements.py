"""What a server tells of changes, and what one says that is none."""

import asyncio

import pytest

from edgeauth.services.redis.announcements import Server, announcements_of
from edgeauth.services.redis.lanes import RefusedError, UnavailableError
from tests.fakes.driving import run

HELLO = b"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n+modules\r\n*2\r\n%1\r\n+name\r\n_\r\n:7\r\n"


def told(*spoken, messages=1):
    """Returns the names that are told by a server that says this, and what it has heard."""
    heard = bytearray()

    async def speak(reader, writer):
        for each in spoken:
            heard.extend(await reader.read(65_536))
            writer.write(each)
        await writer.drain()
        writer.close()

    async def check():
        changed: list[bytes | None] = []
        serving = await asyncio.start_server(speak, "127.0.0.1", 0)
        async with serving:
            server = Server(*serving.sockets[0].getsockname()[:2])
            made = await announcements_of(server, None)
            try:
                await made.begin(None, b"edgeauth:")
                for _ in range(messages):
                    await made.hear(changed.append, lambda: changed.append(None))
            finally:
                await made.close()
        return changed, bytes(heard)

    return run(check())


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (b">2\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\none\r\n", [b"one"]),
        (b">2\r\n$10\r\ninvalidate\r\n*2\r\n$3\r\none\r\n$4\r\nt\r\no\r\n", [b"one", b"t\r\no"]),
        (b">2\r\n$10\r\ninvalidate\r\n*0\r\n", []),
        (b">2\r\n$10\r\ninvalidate\r\n_\r\n", [None]),
        (b"+PONG\r\n", []),
    ],
    ids=["one", "several", "nothing", "everything", "life"],
)
def test_messages_are_understood(message, names):
    assert told(HELLO, b"+OK\r\n" + message)[0] == names


def test_a_server_is_asked_in_its_language():
    _, heard = told(HELLO, b"+OK\r\n+PONG\r\n")

    assert heard.replace(b"\r\n", b" ").startswith(b"*2 $5 HELLO $1 3 *6 $6 CLIENT $8 TRACKING ")
    assert heard.endswith(b"$2\r\nON\r\n$5\r\nBCAST\r\n$6\r\nPREFIX\r\n$9\r\nedgeauth:\r\n")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b">2\r\n$10\r\ninvalid",
        b">3\r\n$10\r\ninvalidate\r\n*1\r\n$3\r\none\r\n",
        b">2\r\n$7\r\nmessage\r\n*1\r\n$3\r\none\r\n",
        b">2\r\n$10\r\ninvalidate\r\n*-1\r\n",
        b">2\r\n$10\r\ninvalidate\r\n*1\r\n*1\r\n",
        b">2\r\n$10\r\ninvalidate\r\n*1\r\n$99999999\r\n",
        b">2\r\n$10\r\ninvalidate\r\n*1\r\n$" + b"9" * 500 + b"\r\n",
        b">2\r\n$10\r\ninvalidate\r\n*1\r\n$\xb2\r\n",
        b"-ERR no\r\n",
        b"+" + b"x" * 10_000 + b"\r\n",
        b"+" + b"x" * 200_000,
        b"*1\r\n" * 1000,
    ],
    ids=[
        "hangs-up",
        "cut-off",
        "of-three",
        "other-message",
        "resp2-null",
        "nested",
        "long-name",
        "nonsense-length",
        "superscript",
        "error",
        "long-line",
        "endless-line",
        "deep",
    ],
)
def test_attack_162_what_is_no_message_ends_the_connection(message):
    with pytest.raises(UnavailableError):
        told(HELLO, b"+OK\r\n" + message)


@pytest.mark.parametrize(
    "spoken",
    [
        (b"*1000000\r\n",),
        (b"%4000\r\n",),
        (b"*1\r\n" * 10_000,),
        (b"!3\r\nERR\r\n",),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n",),
        (b"",),
    ],
    ids=["long", "wide", "deep", "unknown", "http", "hangs-up"],
)
def test_attack_162_what_introduces_itself_as_no_server_is_left(spoken):
    with pytest.raises(UnavailableError):
        told(*spoken)


@pytest.mark.parametrize(
    ("spoken", "code"),
    [
        ((b"-ERR unknown command 'HELLO'\r\n",), "ERR"),
        ((b"-WRONGPASS invalid\r\n",), "WRONGPASS"),
        ((HELLO, b"-NOPERM this user\r\n"), "NOPERM"),
    ],
    ids=["old", "not-let-in", "no-right"],
)
def test_a_server_that_refuses_says_why(spoken, code):
    with pytest.raises(RefusedError, match=code):
        told(*spoken)
