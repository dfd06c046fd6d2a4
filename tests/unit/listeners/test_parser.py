"""Which parser reads: the preferred one, unless another is asked for."""

import sys

import pytest

from edgeauth.listeners.parser import ERRORS, PARSERS, UPGRADES, ParserChoice
from tests.fakes.parsing import using


def test_what_is_not_installed_can_not_be_chosen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "httptools", None)
    choice = ParserChoice()

    assert choice.kind.name == "python"
    with pytest.raises(LookupError):
        choice.choose("llhttp")


def test_llhttp_is_preferred():
    assert PARSERS.kind.name == "llhttp"


@pytest.mark.parametrize("name", ["llhttp", "python"])
def test_each_raises_what_listeners_expect(name):
    with using(name):
        assert PARSERS.kind.name == name
        assert PARSERS.kind.error in ERRORS
        assert PARSERS.kind.upgrade in UPGRADES
