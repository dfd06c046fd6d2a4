"""A finding: something that is accepted and most likely not meant."""

from dataclasses import dataclass

from edgeauth.catalogue.lint.kinds import ABOUT, LintCode, Severity
from edgeauth.config.errors import Problem, problem_at
from edgeauth.config.nodes import Node


@dataclass(frozen=True, slots=True)
class LintFinding:
    """What was found and where.

    Attributes:
        code: its kind.
        problem: place and words.
        severity: how much it matters.
    """

    code: LintCode
    problem: Problem
    severity: Severity


def finding(
    code: LintCode, node: Node, message: str, severity: Severity | None = None
) -> LintFinding:
    """Returns a finding that points at a node.

    Args:
        code: its kind.
        node: a key or a value.
        message: one sentence in lower case.
        severity: None means that of the kind.
    """
    return LintFinding(code, problem_at(node, message), severity or ABOUT[code].severity)
