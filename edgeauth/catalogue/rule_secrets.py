"""Which secrets a rule may name: those of sources that the configuration has opened for rules.

Whoever writes rules need not be whoever runs the edge; without this a rule could send any secret
of the process to a service of its own.
"""

from collections.abc import Iterator

from edgeauth.config.codes import Code
from edgeauth.config.errors import ConfigurationError, Problem, problem_at
from edgeauth.config.nodes import Mapping, Node, Scalar, children
from edgeauth.config.spelling import quoted
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.secrets import Secrets
from edgeauth.expressions.templates.mentions import secrets_named


def check_secrets(settings: Node, secrets: Secrets) -> None:
    """Refuses settings of a rule that name a secret source which is not for rules.

    Raises:
        ConfigurationError: holds a problem for each such name.
    """
    if all(secrets.sources.values()):
        return
    problems = list(_problems(settings, secrets))
    if problems:
        raise ConfigurationError(problems)


def _problems(node: Node, secrets: Secrets) -> Iterator[Problem]:
    for _, child in children(node):
        yield from _problems(child, secrets)
    if isinstance(node, Mapping):
        yield from _referred(node, secrets)
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return
    try:
        named = secrets_named(node.value)
    except ExpressionError:
        return  # is told when the setting is compiled
    for source, offset in named:
        if secrets.sources.get(source) is False:
            yield _not_for_rules(node, source, offset)


def _referred(node: Mapping, secrets: Secrets) -> Iterator[Problem]:
    """Yields the source of a reference: `{source: ..., selector: ...}`."""
    source = node.entries.get("source")
    if node.entries.keys() <= {"source", "selector"} and isinstance(source, Scalar):
        name = str(source.value)
        if secrets.sources.get(name) is False:
            yield _not_for_rules(source, name, None)


def _not_for_rules(node: Node, source: str, offset: int | None) -> Problem:
    return problem_at(
        node,
        f"secret source {quoted(source)} is not for rules",
        expected="expected a source with allow_in_rules: true",
        offset=offset,
        code=Code.OVERRIDE,
    )
