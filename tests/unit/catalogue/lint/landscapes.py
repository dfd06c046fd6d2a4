"""Configurations and rules to look at, and what is found in them."""

from edgeauth.catalogue.lint import LintFinding, Severity, lint
from edgeauth.catalogue.registry import Registry
from edgeauth.config.read import read_configuration, read_rule_sets
from edgeauth.expressions.secrets import NO_SECRETS
from edgeauth.mechanisms.builtins import TYPES

JWT = "metadata_endpoint: https://id.test/.well-known/openid-configuration"
CATALOGUE = f"""\
mechanisms:
  authenticators:
    - id: user
      type: jwt
      config: {{{JWT}, assertions: {{audience: [shop]}}}}
    - {{id: anonymous, type: anonymous}}
    - {{id: nobody, type: unauthorized}}
  authorizers:
    - {{id: allow, type: allow}}
    - {{id: deny, type: deny}}
    - id: readers
      type: cel
      config: {{expressions: [{{expression: Request.Method == "GET"}}]}}
  contextualizers:
    - id: opa
      type: generic
      config: {{endpoint: https://opa.test/}}
    - id: names
      type: map
      config: {{items: {{name: "{{{{ .Outputs.opa.name }}}}"}}}}
  finalizers:
    - {{id: noop, type: noop}}
    - id: header
      type: header
      config: {{headers: {{X-Name: "{{{{ .Subject.ID }}}}"}}}}
  error_handlers:
    - {{id: default, type: default}}
    - {{id: basic, type: www_authenticate}}
"""
DEFAULT = """\
default_rule:
  execute: [{authenticator: user}, {authorizer: deny}]
serve: {trusted_proxies: [10.0.0.1]}
"""


def rule(identifier: str, match: str, *steps: str, more: str = "") -> str:
    """Returns a rule of dialect 1alpha4.

    Args:
        identifier: its id.
        match: what stands in the braces behind `match`.
        steps: what stands in the braces of each step.
        more: further lines.
    """
    listed = "".join(f"      - {{{step}}}\n" for step in steps or ("authorizer: allow",))
    text = f"  - id: {identifier}\n    match: {{{match}}}\n    execute:\n{listed}"
    return text + (f"    {more}\n" if more else "")


def found_in(
    *rules: str,
    configuration: str = CATALOGUE + DEFAULT,
    complete: bool = False,
    files: tuple[str, ...] = (),
) -> list[LintFinding]:
    """Returns the findings.

    Args:
        rules: of one rule set.
        configuration: of the process.
        complete: whether these are all rules.
        files: further rule sets as text, in place of `rules`.
    """
    texts = files or (('version: "1alpha4"\nrules:\n' + "".join(rules),) if rules else ())
    sets = [
        each for number, text in enumerate(texts) for each in read_rule_sets(text, f"{number}.yaml")
    ]
    read = read_configuration(configuration, "edgeauth.yaml", {})
    return lint(read, sets, Registry(TYPES), NO_SECRETS, complete=complete)


def codes(*rules: str, **options) -> list[str]:
    """Returns the codes of the findings."""
    return [each.code.value for each in found_in(*rules, **options)]


def places(found: list[LintFinding], code: str) -> list[tuple[str, int, int]]:
    """Returns file, line and column of the findings of one kind."""
    problems = [each.problem for each in found if each.code.value == code]
    return [(each.file, each.line, each.column) for each in problems]


__all__ = ["CATALOGUE", "DEFAULT", "JWT", "Severity", "codes", "found_in", "places", "rule"]
