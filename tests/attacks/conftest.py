"""Every attack on both event loops and both parsers: those in C, and what serves without them."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from edgeauth.listeners.parser import ParserName
from edgeauth.services.event_loop import Loop
from tests.attacks import edge
from tests.fakes.parsing import using

VARIANTS: dict[str, tuple[Callable[[], asyncio.AbstractEventLoop], ParserName]] = {
    "uvloop": (Loop, "llhttp"),
    "asyncio": (asyncio.new_event_loop, "llhttp"),
    "asyncio and the parser in Python": (asyncio.new_event_loop, "python"),
}


@pytest.fixture(autouse=True, params=list(VARIANTS))
def variant(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    loop, parser = VARIANTS[request.param]
    monkeypatch.setattr(edge, "new_event_loop", loop)
    with using(parser):
        yield
