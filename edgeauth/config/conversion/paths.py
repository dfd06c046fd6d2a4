"""What stands in `match` of both dialects: the same under other names."""

from edgeauth.config.conversion.edits import Draft
from edgeauth.config.conversion.entries import remove_entry
from edgeauth.config.conversion.hosts import hosts_to_texts, texts_to_hosts
from edgeauth.config.nodes import Mapping, Node, Sequence

_UNUSED = "backtracking_enabled"


def to_1beta1(draft: Draft, rule: Mapping) -> None:
    """Writes the keys of `match` as 1beta1 does."""
    match = rule.entries["match"]
    if isinstance(match, Mapping) and draft.first_visit(match):
        _rename(draft, match, ("routes", "path_params"), ("paths", "captures"))
        hosts_to_texts(draft, match)
        if _UNUSED in match.entries:
            message = f"{_UNUSED} is left out: it is without effect, and not known in 1beta1"
            draft.note(match.key(_UNUSED), message)
            remove_entry(draft, match, _UNUSED)


def to_1alpha4(draft: Draft, rule: Mapping) -> None:
    """Writes the keys of `match.http` as 1alpha4 does."""
    match = rule.entries["match"]
    http = match.entries["http"] if isinstance(match, Mapping) else None
    if isinstance(http, Mapping) and draft.first_visit(http):
        _rename(draft, http, ("paths", "captures"), ("routes", "path_params"))
        texts_to_hosts(draft, http)


def _rename(draft: Draft, owner: Mapping, old: tuple[str, str], new: tuple[str, str]) -> None:
    draft.rename(owner, old[0], new[0])
    paths: Node | None = owner.entries.get(old[0])
    for path in paths.items if isinstance(paths, Sequence) else ():
        if isinstance(path, Mapping) and draft.first_visit(path):
            draft.rename(path, old[1], new[1])
