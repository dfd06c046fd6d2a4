"""Asks the mechanism as the engine would: decoded, built, and run without a network."""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from office_hours import TYPE
from pydantic import ValidationError

from edgeauth.model.decision import Refusal
from edgeauth.model.identity import Principal, Subject
from edgeauth.ports.mechanisms import ALLOWED


@dataclass
class Clock:
    """Says the hour that a test wants it to be."""

    hour: float

    def now(self) -> float:
        """Returns seconds since the epoch."""
        return self.hour * 3600


def verdict(hour: float, on_call: object = None, **config: object) -> object:
    """Returns what becomes of a request of alice at an hour."""
    services = SimpleNamespace(clock=Clock(hour))
    made = TYPE.build("it", TYPE.config.model_validate(config), services)
    alice = Subject.of(Principal("alice", {"on_call": on_call}, b"fingerprint"))
    return asyncio.run(made.authorize(SimpleNamespace(subject=alice)))


@pytest.mark.parametrize("config", [{"begin": 25}, {"end": "six"}, {"from": 8}])
def test_wrong_hours_are_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TYPE.config.model_validate(config)


@pytest.mark.parametrize("hour", [0, 7.99, 18, 23])
def test_nobody_passes_while_the_office_is_closed(hour: float) -> None:
    assert isinstance(verdict(hour), Refusal)


@pytest.mark.parametrize("hour", [8, 17.99])
def test_everybody_passes_while_it_is_open(hour: float) -> None:
    assert verdict(hour) is ALLOWED


def test_who_is_on_call_passes_at_night() -> None:
    assert verdict(3, on_call=True) is ALLOWED


@pytest.mark.parametrize("on_call", ["true", 1, None])
def test_nobody_else_does(on_call: object) -> None:
    assert isinstance(verdict(3, on_call), Refusal)


def test_an_office_that_never_opens_lets_nobody_pass() -> None:
    assert isinstance(verdict(9, begin=10, end=9), Refusal)
