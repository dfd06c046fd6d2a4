"""The dialects of rule sets, and which of them a document speaks."""

from typing import Final, NamedTuple

from edgeauth.config.models.rules import Rule, RuleSetDocument, RuleSetFile
from edgeauth.config.models.rules_1alpha4 import (
    Rule1alpha4,
    RuleSetDocument1alpha4,
    RuleSetFile1alpha4,
)
from edgeauth.config.models.rules_1beta1 import (
    Rule1beta1,
    RuleSetDocument1beta1,
    RuleSetFile1beta1,
)
from edgeauth.config.nodes import Mapping, Node, Scalar, Sequence
from edgeauth.config.spelling import nearest


class Dialect(NamedTuple):
    """A version of the rule language.

    Attributes:
        version: as plain rule sets name it; `RuleSet` documents put a `v` in front.
        rule: what a rule is decoded as.
        file: what a plain rule set is decoded as.
        document: what a `RuleSet` document is decoded as.
    """

    version: str
    rule: type[Rule]
    file: type[RuleSetFile]
    document: type[RuleSetDocument]


ALPHA: Final = Dialect("1alpha4", Rule1alpha4, RuleSetFile1alpha4, RuleSetDocument1alpha4)
BETA: Final = Dialect("1beta1", Rule1beta1, RuleSetFile1beta1, RuleSetDocument1beta1)
DIALECTS: Final = (ALPHA, BETA)


def is_document(root: Mapping) -> bool:
    """Returns whether a map is a `RuleSet` document and not a plain rule set."""
    return bool(root.entries.keys() & {"apiVersion", "kind", "metadata", "spec"})


def dialect_of(root: Mapping) -> Dialect:
    """Returns the dialect that a document says it is in, else the one that it looks like."""
    said = root.entries.get("apiVersion" if is_document(root) else "version")
    version = said.text.rpartition("/")[2].removeprefix("v") if isinstance(said, Scalar) else ""
    close = nearest(version, [each.version for each in DIALECTS])
    found = next((each for each in DIALECTS if each.version == close), None)
    if found is not None:
        return found
    first = next(iter(rule_nodes(root)), None)
    match = first.entries.get("match") if isinstance(first, Mapping) else None
    return BETA if isinstance(match, Mapping) and "http" in match.entries else ALPHA


def rule_nodes(root: Mapping) -> list[Node]:
    """Returns the rules of a document, as far as there are any."""
    body: Node | None = root.entries.get("spec") if is_document(root) else root
    rules = body.entries.get("rules") if isinstance(body, Mapping) else None
    return rules.items if isinstance(rules, Sequence) else []
