"""A request gets its rule, the default rule, or a refusal."""

import pytest

from edgeauth.engine.route import Found
from edgeauth.engine.rulebook import RuleBook
from edgeauth.engine.trie import Trie
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.routing import EncodedSlashes
from tests.fakes.rules import asked, book, rule, trie


def test_without_any_rule_a_request_is_refused():
    found = RuleBook(Trie()).find(asked())
    assert isinstance(found, Refusal)
    assert found.reason is Reason.NO_RULE


def test_an_encoded_slash_that_the_rule_does_not_expect_is_refused():
    found = book(rule()).find(asked("/a%2Fb"))
    assert isinstance(found, Refusal)
    assert found.reason is Reason.PRECONDITION


def test_an_encoded_slash_is_refused_for_the_default_rule():
    found = RuleBook(Trie(), rule("default")).find(asked("/a%2Fb"))
    assert isinstance(found, Refusal)
    assert found.reason is Reason.PRECONDITION


@pytest.mark.parametrize("path", ["/%2F", "/%2Fb", "/a%2F%2Fb"])
def test_a_slash_that_is_decoded_to_an_empty_segment_is_refused(path):
    found = book(rule(), "/:x", EncodedSlashes.ON).find(asked(path))
    assert isinstance(found, Refusal)
    assert found.reason is Reason.PRECONDITION
    assert isinstance(book(rule(), "/:x", EncodedSlashes.NO_DECODE).find(asked(path)), Found)


@pytest.mark.parametrize(
    ("slashes", "value"), [(EncodedSlashes.ON, "a/b"), (EncodedSlashes.NO_DECODE, "a%2Fb")]
)
def test_an_encoded_slash_that_the_rule_expects_is_captured(slashes, value):
    found = book(rule(), "/:x", slashes).find(asked("/a%2Fb"))
    assert isinstance(found, Found)
    assert found.captures == {"x": value}


def test_the_default_rule_is_for_everything_else_and_captures_nothing():
    default = rule("default")
    rules = RuleBook(trie(("*", "/:a/b", {"methods": frozenset({"POST"})})), default)
    assert rules.find(asked("/1/b")) == Found(default, {})
