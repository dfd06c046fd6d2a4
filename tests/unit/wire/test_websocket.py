"""Where frames of WebSocket end: in whatever pieces they come."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from edgeauth.wire.websocket import FrameBorders, close_frame

HELLO = b"\x81\x05Hello"
MASKED = bytes.fromhex("818537fa213d7f9f4d5158")
MEDIUM = b"\x82\x7e\x01\x00" + bytes(256)
LARGE = b"\x82\x7f" + (65536).to_bytes(8, "big") + bytes(65536)
FIRST, LAST = b"\x01\x03Hel", b"\x80\x02lo"
PING = b"\x89\x00"
CLOSE = b"\x88\x02\x03\xe8"


def after(*pieces: bytes) -> FrameBorders:
    borders = FrameBorders()
    for piece in pieces:
        borders.follow(piece)
    return borders


@pytest.mark.parametrize("frame", [HELLO, MASKED, MEDIUM, LARGE, PING])
def test_no_border_is_seen_before_the_last_octet_of_a_frame(frame: bytes):
    assert after().between
    assert after(frame).between
    for length in {1, 2, 3, 5, 9, len(frame) - 1} - {len(frame)}:
        if length < len(frame):
            assert not after(frame[:length]).between
            assert after(frame[:length], frame[length:]).between


def test_a_border_may_be_within_a_message():
    assert after(FIRST, PING).between
    assert after(FIRST + PING + LAST).between


def test_there_is_none_after_a_close():
    assert not after(HELLO + CLOSE).between
    assert not after(CLOSE, HELLO).between


def test_what_is_no_frame_does_no_harm():
    assert not after(b"\xff" * 30, b"\xff" * 100_000).between


@given(
    st.lists(st.sampled_from([HELLO, MASKED, MEDIUM, LARGE, FIRST, PING]), max_size=5),
    st.lists(st.integers(0, 70_000), max_size=8),
)
def test_any_pieces_give_the_same(frames: list[bytes], cuts: list[int]):
    data = b"".join(frames)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in pairwise(places)]
    assert after(*pieces).between


def test_attack_218_a_close_frame_says_why_to_programs_and_people():
    assert close_frame(4401, b"why") == b"\x88\x05\x11\x31why"
    assert not after(close_frame(4401, b"")).between
