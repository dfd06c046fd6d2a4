"""From a text to what it says: the two entry points of this floor."""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass

from edgeauth.config.decode import collect, decode
from edgeauth.config.document import read_documents
from edgeauth.config.environment import DEFAULT_PREFIX, overlay, substitute
from edgeauth.config.errors import ConfigurationError, Problem, problem_at
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.rules import Rule, RuleSetDocument, RuleSetFile
from edgeauth.config.nodes import Mapping, Node, Source


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one document.

    Attributes:
        name: for people; empty when the document gives none.
        rules: in the order of the document, each aware of where it was written.
        authorization_class: `spec.authClassName` of a `RuleSet` document.
    """

    name: str
    rules: tuple[Rule, ...]
    authorization_class: str = "default"


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
    documents = read_documents(text, file)
    if not documents:
        raise ConfigurationError([Problem(file, 0, 0, "no rule set in this file")])
    found: list[RuleSet] = []
    with collect() as problems:
        for document in documents:
            with problems:
                node = document if environment is None else substitute(document, environment)
                found.append(_rule_set(node))
    return found


def _rule_set(document: Node) -> RuleSet:
    if not isinstance(document, Mapping):
        message = "a rule set is a map"
        keys = "version, name and rules, or apiVersion, kind, metadata and spec"
        raise ConfigurationError(
            [problem_at(document, message, expected=f"expected the keys {keys}")]
        )
    if document.entries.keys() & {"apiVersion", "kind", "metadata", "spec"}:
        whole = decode(RuleSetDocument, document)
        return RuleSet(whole.metadata.name, whole.spec.rules, whole.spec.auth_class_name)
    plain_set = decode(RuleSetFile, document)
    return RuleSet(plain_set.name, plain_set.rules)


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
    documents = read_documents(text, file)
    if len(documents) > 1:
        message = "a second document: the configuration is a single one"
        raise ConfigurationError([problem_at(documents[1], message)])
    empty: Node = Mapping({}, [], Source(file, text), 0, 0)
    root = documents[0] if documents else empty
    with collect() as problems:
        with problems:
            root = substitute(root, environment)
        with problems:
            root = overlay(root, environment, prefix)
    return decode(Configuration, root)
