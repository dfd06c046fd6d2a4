"""From a text to what it says: the two entry points of this floor."""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from typing import Final

from edgeauth.config.codes import Code
from edgeauth.config.decode import collect, decode
from edgeauth.config.dialects import Dialect, dialect_of, is_document, rule_nodes
from edgeauth.config.document import read_documents
from edgeauth.config.environment import DEFAULT_PREFIX, overlay, substitute
from edgeauth.config.errors import Collector, ConfigurationError, Problem, problem_at
from edgeauth.config.merging import put
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.limits import beyond_limits
from edgeauth.config.models.rules import Rule, RuleSetDocument
from edgeauth.config.nodes import Mapping, Node, Source
from edgeauth.model.pace import Pace, full_speed

_SOURCES: Final = "secret_management"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one document.

    Attributes:
        name: for people; empty when the document gives none.
        rules: in the order of the document, each aware of where it was written.
        source: the text that holds the document.
        authorization_class: `spec.authClassName` of a `RuleSet` document.
    """

    name: str
    rules: tuple[Rule, ...]
    source: Source
    authorization_class: str = "default"


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a configuration, so that what depends on it can be looked at as well.

    Attributes:
        configuration: sections that are wrong are those of an empty configuration.
        broken: the names of those sections.
        missed_secrets: the names of secret sources where that section is among them.
    """

    configuration: Configuration
    broken: frozenset[str] = frozenset()
    missed_secrets: frozenset[str] = frozenset()


def read_rule_sets(
    text: str, file: str, environment: MappingType[str, str] | None = None
) -> list[RuleSet]:
    """Returns the rule sets of a text: plain ones, `RuleSet` documents, or both.

    Args:
        text: YAML or JSON, one or more documents.
        file: what the text is called in messages.
        environment: replaces `${V}` in values; None leaves them as they are.

    Raises:
        ConfigurationError: holds every problem of every document.
    """
    with collect() as problems:
        return salvage_rule_sets(text, file, environment, problems)


def salvage_rule_sets(
    text: str,
    file: str,
    environment: MappingType[str, str] | None,
    problems: Collector,
    pace: Pace = full_speed,
) -> list[RuleSet]:
    """Returns the same as `read_rule_sets`, without the rules that are wrong.

    Args:
        text: YAML or JSON, one or more documents.
        file: what the text is called in messages.
        environment: replaces `${V}` in values; None leaves them as they are.
        problems: receives what is wrong.
        pace: gives way now and then.
    """
    documents: list[Node] = []
    with problems:
        documents = read_documents(text, file, pace=pace)
        if not documents:
            raise ConfigurationError(
                [Problem(file, 0, 0, "no rule set in this file", code=Code.UNREADABLE_FILE)]
            )
    found: list[RuleSet] = []
    for document in documents:
        with problems:
            node = document if environment is None else substitute(document, environment)
            found.append(_rule_set(node, problems))
    return found


def _rule_set(document: Node, problems: Collector) -> RuleSet:
    if not isinstance(document, Mapping):
        message = "a rule set is a map"
        keys = "version, name and rules, or apiVersion, kind, metadata and spec"
        raise ConfigurationError(
            [
                problem_at(
                    document, message, expected=f"expected the keys {keys}", code=Code.WRONG_TYPE
                )
            ]
        )
    dialect = dialect_of(document)
    try:
        if is_document(document):
            return _from_cluster(decode(dialect.document, document), problems)
        plain_set = decode(dialect.file, document)
        return RuleSet(plain_set.name, plain_set.rules, document.source)
    except ConfigurationError as error:
        for problem in error.problems:
            problems.add(problem)
        return RuleSet("", _readable_rules(document, dialect), document.source)


def _from_cluster(whole: RuleSetDocument, problems: Collector) -> RuleSet:
    for rule in whole.spec.rules:
        for problem in beyond_limits(rule):
            problems.add(problem)
    spec = whole.spec
    return RuleSet(whole.metadata.name, spec.rules, whole.node.source, spec.auth_class_name)


def _readable_rules(document: Mapping, dialect: Dialect) -> tuple[Rule, ...]:
    """Returns the rules of a set that are right by themselves."""
    found: list[Rule] = []
    for node in rule_nodes(document):
        with Collector():  # what is wrong with the others is known already
            found.append(decode(dialect.rule, node))
    return tuple(found)


def read_configuration(
    text: str,
    file: str,
    environment: MappingType[str, str],
    prefix: str = DEFAULT_PREFIX,
) -> Configuration:
    """Returns the configuration of the process: file, then environment, then defaults.

    Args:
        text: YAML or JSON, at most one document; an empty text says nothing.
        file: what the text is called in messages.
        environment: replaces `${V}` in values and, with the prefix, sets keys.
        prefix: begins the names of variables that set keys.

    Raises:
        ConfigurationError: holds every problem.
    """
    with collect() as problems:
        reading = salvage_configuration(text, file, environment, prefix, problems)
    return reading.configuration


def salvage_configuration(
    text: str,
    file: str,
    environment: MappingType[str, str],
    prefix: str,
    problems: Collector,
) -> Reading:
    """Returns the sections of the configuration that are right.

    Args:
        text: YAML or JSON, at most one document; an empty text says nothing.
        file: what the text is called in messages.
        environment: replaces `${V}` in values and, with the prefix, sets keys.
        prefix: begins the names of variables that set keys.
        problems: receives what is wrong.

    Raises:
        ConfigurationError: the text is no single YAML document, or its variables are wrong.
    """
    documents = read_documents(text, file)
    if len(documents) > 1:
        message = "a second document: the configuration is a single one"
        raise ConfigurationError([problem_at(documents[1], message, code=Code.YAML)])
    empty = Mapping({}, [], Source(file, text), 0, 0)
    root: Node = documents[0] if documents else empty
    # Without its variables the tree would be full of problems that are none: no going on then.
    with collect() as variables:
        with variables:
            root = substitute(root, environment)
        with variables:
            root = overlay(root, environment, prefix)
    try:
        return Reading(decode(Configuration, root))
    except ConfigurationError as error:
        for problem in error.problems:
            problems.add(problem)
        return _readable_sections(root, empty)


def _readable_sections(root: Node, empty: Mapping) -> Reading:
    """Returns the sections that are right by themselves."""
    whole, broken = empty, set[str]()
    for name, section in root.entries.items() if isinstance(root, Mapping) else ():
        if name not in Configuration.model_fields:
            continue  # there may be a million of them
        try:
            decode(Configuration, put(empty, name, section))
        except ConfigurationError:
            broken.add(name)
        else:
            whole = put(whole, name, section)
    sources = root.entries.get(_SOURCES) if isinstance(root, Mapping) else None
    missed = sources.entries if isinstance(sources, Mapping) and _SOURCES in broken else ()
    return Reading(decode(Configuration, whole), frozenset(broken), frozenset(missed))
