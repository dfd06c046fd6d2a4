"""Every attack on both event loops: uvloop's, and the one that serves where it is missing."""

import asyncio

import pytest
import uvloop

from tests.attacks import edge


@pytest.fixture(
    autouse=True,
    params=[uvloop.new_event_loop, asyncio.new_event_loop],
    ids=["uvloop", "asyncio"],
)
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "new_event_loop", request.param)
