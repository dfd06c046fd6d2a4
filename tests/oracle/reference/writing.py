"""Puts what was recorded into golden files, and leaves the rest of them as people wrote it."""

from collections.abc import Mapping

import yaml

_WIDTH = 100


def updated(text: str, recorded: Mapping[tuple[int, int], object]) -> str:
    """Returns the text of a golden file with other answers of the reference.

    Args:
        text: of the file.
        recorded: answers by the numbers of group and case.
    """
    document = _members(yaml.compose(text, Loader=yaml.SafeLoader))
    edits = []
    for group, node in enumerate(document["groups"].value):
        for case, entry in enumerate(_members(node)["cases"].value):
            if (group, case) in recorded:
                edits.append(_edit(text, entry, recorded[group, case]))
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return text


def _edit(text: str, entry: yaml.MappingNode, answer: object) -> tuple[int, int, str]:
    """Returns what to put in place of which part of the text."""
    members = _members(entry)
    if "heimdall" in members:
        node = members["heimdall"]
        return node.start_mark.index, node.end_mark.index, _rendered(answer, entry)
    member = f"heimdall: {_rendered(answer, entry)}"
    if entry.flow_style:
        end = entry.end_mark.index - 1
        return end, end, f", {member}"
    end = len(text[: entry.end_mark.index].rstrip())
    return end, end, f"\n{' ' * entry.start_mark.column}{member}"


def _rendered(answer: object, entry: yaml.MappingNode) -> str:
    """Returns an answer in flow style, indented as the case that it belongs to."""
    if isinstance(answer, str):
        return answer
    indent = " " * (entry.start_mark.column + 2)
    flow = yaml.safe_dump(
        answer, default_flow_style=True, sort_keys=False, allow_unicode=True,
        width=_WIDTH - len(indent),
    )  # fmt: skip
    return flow.strip().replace("\n", "\n" + indent)


def _members(node: yaml.Node) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in node.value}
