"""Every attack on both event loops: uvloop's, and the one that serves where it is missing."""

import asyncio

import pytest

from edgeauth.services.event_loop import Loop
from tests.attacks import edge


@pytest.fixture(
    autouse=True,
    params=[Loop, asyncio.new_event_loop],
    ids=["uvloop", "asyncio"],
)
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "new_event_loop", request.param)
