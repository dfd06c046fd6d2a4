"""Which version of which file is in force after texts have changed."""

import gc

from edgeauth.catalogue.catalogue import Catalogue
from edgeauth.catalogue.compile import RuleCompiler
from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.catalogue.in_force import Change, RuleSetsInForce
from edgeauth.catalogue.registry import Registry
from edgeauth.config.errors import Collector, ConfigurationError, Problem
from edgeauth.config.nodes import Scalar
from edgeauth.config.read import read_configuration, read_rule_sets
from edgeauth.engine.route import Found
from edgeauth.engine.rulebook import RuleBook
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.model.pace import full_speed
from tests.fakes.catalogues import MECHANISMS, RULE, rule_set
from tests.fakes.requests import request
from tests.fakes.services import World


def text(path: str, rule: str = "r", more: str = "") -> str:
    return rule_set(RULE.replace("/orders/:id", path).replace("id: orders", f"id: {rule}") + more)


class Rules:
    """Rule sets in force, and the paths that somebody may ask for."""

    def __init__(self, **files: str) -> None:
        configuration = read_configuration(MECHANISMS, "edgeauth.yaml", {})
        catalogue = Catalogue(
            configuration.mechanisms, Registry(TYPES), World().services, Enforcement()
        )
        compiler = RuleCompiler(catalogue, None, Enforcement(), proxy=False)
        self.in_force = RuleSetsInForce(compiler)
        problems = Collector()
        sets = [one for file, each in files.items() for one in read_rule_sets(each, file)]
        self.book = self.in_force.begin(sets, problems)
        assert problems.found == ()

    def change(self, **files: str | ConfigurationError) -> Change:
        change = self.in_force.prepare(files, None, full_speed)
        if change.book is not None:
            self.book: RuleBook = change.book
        self.in_force.activate(change)
        change.let_go(full_speed)
        return change

    def rule(self, path: str) -> str:
        found = self.book.find(request(path))
        return found.rule.id if isinstance(found, Found) else ""

    def files(self) -> list[str]:
        return list(self.in_force.versions)


def messages(change: Change) -> dict[str, list[str]]:
    return {file: [each.message for each in found] for file, found in change.refused.items()}


def test_a_file_that_is_wrong_keeps_its_last_good_version():
    rules = Rules(a=text("/a"), b=text("/b"))

    change = rules.change(a=text("/a", "new", "  if: x"), b=text("/c"))

    assert messages(change) == {"a": ['unknown key "if"']}
    assert (rules.rule("/a"), rules.rule("/b"), rules.rule("/c")) == ("r", "", "r")


def test_a_file_that_can_not_be_read_keeps_its_last_good_version():
    rules = Rules(a=text("/a"))
    unreadable = ConfigurationError([Problem("a", 0, 0, "permission denied")])

    assert messages(rules.change(a=unreadable)) == {"a": ["permission denied"]}
    assert rules.rule("/a") == "r"


def test_an_empty_file_is_wrong_and_not_gone():
    """It is what a file that is about to be written looks like."""
    rules = Rules(a=text("/a"))

    assert messages(rules.change(a="")) == {"a": ["no rule set in this file"]}
    assert rules.rule("/a") == "r"


def test_a_new_file_that_is_wrong_is_left_out():
    rules = Rules(a=text("/a"))

    assert list(rules.change(a=text("/a"), b="rules: []").refused) == ["b"]
    assert rules.files() == ["a"]


def test_one_wrong_document_spoils_its_whole_file():
    rules = Rules()

    rules.change(a=text("/a") + "\n---\n" + text("/b").replace("allow", "alow"))

    assert (rules.rule("/a"), rules.rule("/b")) == ("", "")


def test_a_file_that_is_gone_takes_its_rules_with_it():
    rules = Rules(a=text("/a"), b=text("/b"))

    assert rules.change(b=text("/b")).refused == {}
    assert (rules.rule("/a"), rules.rule("/b")) == ("", "r")


def test_when_all_files_are_gone_no_rule_is_left():
    rules = Rules(a=text("/a"))

    rules.change()

    assert rules.rule("/a") == ""


def test_the_same_text_makes_no_other_book():
    rules = Rules(a=text("/a"), b=text("/b"))

    assert rules.change(a=text("/a"), b=text("/b")).book is None
    assert rules.files() == ["a", "b"]


def test_a_conflict_is_lost_by_the_file_that_changed():
    rules = Rules(a=text("/a"), b=text("/b"))

    change = rules.change(a=text("/:x", "wide"), b=text("/b"))

    (message,) = messages(change)["a"]
    assert message.startswith('conflicting rules: "/:x" in rule "wide" meets "/b" in rule "r" (b:')
    assert rules.rule("/a") == "r"


def test_a_conflict_of_two_files_that_changed_is_lost_by_the_later_one():
    rules = Rules(a=text("/a"), b=text("/b"))

    assert list(rules.change(a=text("/c", "a"), b=text("/c", "b")).refused) == ["b"]
    assert (rules.rule("/b"), rules.rule("/c")) == ("r", "a")


def test_who_falls_back_may_push_out_another_one():
    """c wants what b gives up; b may not have what it wants, so it gives nothing up."""
    rules = Rules(a=text("/a"), b=text("/b"), c=text("/c"))

    change = rules.change(a=text("/a"), b=text("/a", "b"), c=text("/b", "c"))

    assert sorted(change.refused) == ["b", "c"]
    assert [rules.rule(path) for path in ("/a", "/b", "/c")] == ["r", "r", "r"]


def test_paths_can_change_hands_when_files_change_together():
    rules = Rules(a=text("/a", "a"), b=text("/b", "b"))

    assert rules.change(a=text("/b", "a"), b=text("/a", "b")).refused == {}
    assert (rules.rule("/a"), rules.rule("/b")) == ("b", "a")


def test_what_was_refused_is_looked_at_again_when_others_change():
    rules = Rules(a=text("/a"))
    assert list(rules.change(a=text("/a"), b=text("/**", "b")).refused) == ["b"]

    assert rules.change(b=text("/**", "b")).refused == {}
    assert rules.rule("/x") == "b"


def test_two_documents_of_a_file_that_conflict_are_refused():
    rules = Rules(a=text("/a"))

    change = rules.change(a=text("/b") + "\n---\n" + text("/**", "b"))

    assert [problem.code for problem in change.refused["a"]] == ["conflict"]
    assert rules.rule("/a") == "r"


def test_the_text_is_let_go():
    """Ten thousand rules are half a million nodes, which refer to each other."""
    gc.disable()
    try:
        rules = Rules(a=text("/a"))
        gc.collect()
        before = sum(isinstance(each, Scalar) for each in gc.get_objects())
        for number in range(20):
            rules.change(a=text(f"/a{number}"))
        after = sum(isinstance(each, Scalar) for each in gc.get_objects())
    finally:
        gc.enable()

    assert after <= before


def two(first: str, second: str) -> str:
    """Returns a rule set of two rules, with something new in front."""
    rules = [
        RULE.replace("id: orders", f"id: {name}").replace("/orders/:id", path)
        for name, path in (("first", first), ("second", second))
    ]
    return "# new\n" + rule_set(*rules)


def test_a_rule_that_says_the_same_is_not_compiled_again():
    rules = Rules(a=text("/a", "second"))
    before = rules.book.find(request("/a"))
    assert isinstance(before, Found)

    rules.change(a=two("/b", "/a"))

    after = rules.book.find(request("/a"))
    assert isinstance(after, Found)
    assert after.rule is not before.rule
    assert after.rule.checks is before.rule.checks
    assert rules.rule("/b") == "first"


def test_a_rule_that_says_the_same_elsewhere_is_found_where_it_stands_now():
    rules = Rules(a=text("/a", "second"), b=text("/b"))
    rules.change(a=two("/c", "/a"), b=text("/b"))

    change = rules.change(a=two("/c", "/a"), b=text("/a", "new"))

    (message,) = messages(change)["b"]
    assert '"/a" in rule "second" (a:9)' in message


def test_a_rule_that_refers_to_other_text_is_compiled_again():
    shared = two("/a", "/b").replace("execute: [", "execute: &steps [", 1)
    head, _, _ = shared.rpartition("execute:")
    shared = f"{head}execute: *steps\n"
    rules = Rules(a=shared)
    before = rules.book.find(request("/b"))

    rules.change(a=shared.replace("authorizer: allow", "authorizer: deny"))

    after = rules.book.find(request("/b"))
    assert isinstance(before, Found)
    assert isinstance(after, Found)
    assert [step.source for step in before.rule.checks] == ["allow"]
    assert [step.source for step in after.rule.checks] == ["deny"]
