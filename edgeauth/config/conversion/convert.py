"""From the text of rule sets to their text in the other dialect."""

from collections.abc import Iterable
from itertools import compress
from typing import NamedTuple

from edgeauth.config.conversion import match, paths, steps
from edgeauth.config.conversion.edits import Draft, apply
from edgeauth.config.conversion.layout import Layout
from edgeauth.config.conversion.meaning import meaning
from edgeauth.config.conversion.variables import references, unknown_parts
from edgeauth.config.dialects import dialect_of, is_document, rule_nodes
from edgeauth.config.document import read_documents
from edgeauth.config.errors import Collector, ConfigurationError, Problem, problem_at
from edgeauth.config.nodes import Mapping, Scalar
from edgeauth.config.read import salvage_rule_sets

_CHANGED = "this can not be converted: an alias or an odd notation in it means two things"
_UNKNOWN = "a variable stands for something that the dialects say differently"
_WRITE_OUT = "write out what aliases stand for"


class Conversion(NamedTuple):
    """The text of rule sets in another dialect.

    Attributes:
        text: as it was, but for what the dialects say differently.
        notes: what the new text lacks, and what has to be looked at.
    """

    text: str
    notes: tuple[Problem, ...]


def convert(text: str, file: str, target: str) -> Conversion:
    """Returns rule sets in a dialect; documents that are in it already stay as they are.

    References to variables of the environment stay what they are; so nothing is said of values
    that hold one.

    Args:
        text: YAML or JSON, one or more documents.
        file: what the text is called in messages.
        target: `1alpha4` or `1beta1`.

    Raises:
        ConfigurationError: holds every problem of the rule sets, and everything in them that the
            dialect can not say.
    """
    problems = _problems(text, file)
    if problems:
        raise ConfigurationError(problems)
    documents = _documents(text, file)
    others = [dialect_of(root).version != target for root in documents]
    layout = Layout(documents[0].source)
    _check_variables(compress(documents, others))
    names = _names(layout, list(compress(documents, others)), target)
    notation = _notation(layout, list(compress(documents, others)), target)
    if names.problems or notation.problems:
        raise ConfigurationError((*names.problems, *notation.problems))
    # One after the other: a line that was taken away or moved can not be indented as well.
    converted = apply(layout.text, names.edits)
    if any(others):
        renamed = list(compress(_documents(converted, file), others))
        moved = _notation(Layout(renamed[0].source), renamed, target)
        converted = apply(converted, moved.edits)
        _compare(documents, layout, converted)
    return Conversion(converted, tuple(names.notes))


def _documents(text: str, file: str) -> list[Mapping]:
    return [root for root in read_documents(text, file) if isinstance(root, Mapping)]


def _check_variables(documents: Iterable[Mapping]) -> None:
    found = [part for root in documents for part in unknown_parts(root, dialect_of(root))]
    if found:
        hint = "write it out to convert it"
        problems = [problem_at(part, _UNKNOWN, expected=hint) for part in dict.fromkeys(found)]
        raise ConfigurationError(problems)


def _names(layout: Layout, documents: list[Mapping], target: str) -> Draft:
    """Writes what has another name in the other dialect, in its place."""
    draft = Draft(layout)
    for root in documents:
        version = root.entries["apiVersion" if is_document(root) else "version"]
        if isinstance(version, Scalar):
            known = dialect_of(root).version
            at = draft.layout.text.find(known, version.begin, version.end)
            draft.replace(at, at + len(known), target)
        for rule in _rules(root):
            (paths.to_1beta1 if target == "1beta1" else paths.to_1alpha4)(draft, rule)
            steps.convert_steps(draft, rule, target)
    return draft


def _notation(layout: Layout, documents: list[Mapping], target: str) -> Draft:
    """Moves what stands in another place in the other dialect."""
    draft = Draft(layout)
    for root in documents:
        for rule in _rules(root):
            (match.wrap if target == "1beta1" else match.unwrap)(draft, rule)
    return draft


def _rules(root: Mapping) -> list[Mapping]:
    return [rule for rule in rule_nodes(root) if isinstance(rule, Mapping)]


def _problems(text: str, file: str) -> list[Problem]:
    """Returns what is wrong with rule sets, but for values that the environment decides about."""
    problems = Collector()
    salvage_rule_sets(text, file, None, problems)
    found = list(problems.found)
    if not found or "${" not in text:
        return found
    try:
        documents = read_documents(text, file)
    except ConfigurationError:
        return found
    seen: set[int] = set()
    values = [each for root in documents for each in references(root, seen)]
    return [each for each in found if not any(_is_in(each, value) for value in values)]


def _is_in(problem: Problem, value: Scalar) -> bool:
    if not problem.line:
        return False
    offset = value.source.line_begin(problem.line) + problem.column - 1
    return value.begin <= offset <= value.end


def _compare(documents: list[Mapping], layout: Layout, converted: str) -> None:
    """Raises when the new text is not right, means something else or lacks a comment.

    Aliases are the usual reason: one list may be hosts in one place and data in another.
    """
    file = layout.source.file
    if not _problems(converted, file):
        after = _documents(converted, file)
        same = [meaning(root) for root in documents] == [meaning(root) for root in after]
        if same and _comments(layout) == _comments(Layout(after[0].source)):
            return
    raise ConfigurationError([problem_at(documents[0], _CHANGED, expected=_WRITE_OUT)])


def _comments(layout: Layout) -> list[str]:
    spans = layout.comments(0, len(layout.text))
    return sorted(layout.text[span.begin : span.end] for span in spans)
