"""Catalogues and rules from short texts, with the built-in types and services under control."""

from dataclasses import dataclass, field

from edgeauth.catalogue.catalogue import Catalogue
from edgeauth.catalogue.compile import RuleCompiler
from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.catalogue.in_force import RuleSetsInForce
from edgeauth.catalogue.registry import Registry
from edgeauth.config.decode import collect
from edgeauth.config.errors import ConfigurationError, Problem
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.read import read_configuration, read_rule_sets
from edgeauth.engine.route import Found
from edgeauth.engine.rule import Rule
from edgeauth.engine.rulebook import RuleBook
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.model.request import Request
from tests.fakes.services import World

MECHANISMS = """\
mechanisms:
  authenticators:
    - {id: sso, type: unauthorized}
    - {id: anonymous, type: anonymous}
  contextualizers:
    - {id: facts, type: map, config: {items: {a: "{{ .Values.x }}"}, values: {x: "1"}}}
  authorizers:
    - {id: allow, type: allow}
    - {id: deny, type: deny}
    - {id: check, type: cel, config: {expressions: [{expression: "true"}], values: {x: a, y: b}}}
  finalizers:
    - {id: user, type: header, config: {headers: {X-User: "{{ .Subject.ID }}"}}}
    - {id: tenant, type: header, config: {headers: {X-Tenant: t, Accept: "*/*"}}}
    - {id: noop, type: noop}
  error_handlers:
    - {id: plain, type: default}
    - {id: login, type: redirect, config: {to: "https://login.test/"}}
"""
DEFAULT_RULE = """\
default_rule:
  execute: [{authenticator: sso}, {authorizer: deny}, {finalizer: user}]
  on_error: [{error_handler: login}]
"""
RULE = """\
- id: orders
  match: {routes: [{path: "/orders/:id"}]}
  execute: [{authenticator: anonymous}, {authorizer: allow}]
"""


def rule_set(*rules: str) -> str:
    """Returns the text of a rule set: rules written as entries of a list."""
    lines = [f"  {line}" for rule in rules for line in rule.splitlines()]
    return "\n".join(['version: "1alpha4"', "name: shop", "rules:", *lines])


@dataclass
class Compiled:
    """What a configuration and rule sets have become.

    Attributes:
        problems: everything that is wrong, as the command line would report it.
        book: empty when a rule is wrong.
    """

    configuration: Configuration
    problems: tuple[Problem, ...] = ()
    book: RuleBook | None = None
    world: World = field(default_factory=World)

    @property
    def messages(self) -> list[str]:
        """Returns file, line, column and message of each problem."""
        return [f"{one.file}:{one.line}:{one.column}: {one.message}" for one in self.problems]

    def found(self, request: Request) -> Found:
        """Returns what is found for a request; something has to be."""
        assert self.problems == (), self.messages
        assert self.book is not None
        found = self.book.find(request)
        assert isinstance(found, Found), found
        return found

    def rule(self, request: Request) -> Rule:
        """Returns the rule for a request."""
        return self.found(request).rule


def compiled(
    *rule_sets: str,
    mechanisms: str = MECHANISMS,
    default_rule: str = "",
    enforcement: Enforcement | None = None,
    proxy: bool = False,
    world: World | None = None,
) -> Compiled:
    """Returns what becomes of a catalogue, a default rule and rule sets."""
    text = mechanisms + default_rule
    made = Compiled(read_configuration(text, "edgeauth.yaml", {}), world=world or World())
    holds = enforcement or Enforcement()
    try:
        with collect() as problems:
            sets = [
                one
                for number, each in enumerate(rule_sets, start=1)
                for one in read_rule_sets(each, f"rules-{number}.yaml")
            ]
            catalogue = Catalogue(
                made.configuration.mechanisms, Registry(TYPES), made.world.services, holds
            )
            compiler = RuleCompiler(
                catalogue,
                made.configuration.default_rule,
                holds,
                proxy=proxy,
                upstreams=made.configuration.upstreams,
            )
            for problem in (*catalogue.problems.found, *compiler.problems.found):
                problems.add(problem)
            with problems:
                made.book = RuleSetsInForce(compiler).begin(sets, problems)
    except ConfigurationError as error:
        made.problems = error.problems
    return made
