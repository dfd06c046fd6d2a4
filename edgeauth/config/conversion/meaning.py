"""What a document means whatever the dialect, to compare what went in with what came out."""

from typing import cast

from edgeauth.config.dialects import is_document
from edgeauth.config.nodes import Mapping, plain
from edgeauth.model.identity import DEFAULT_PRINCIPAL
from edgeauth.model.json import Json

Tree = dict[str, Json]


def meaning(root: Mapping) -> Json:
    """Returns the values of a document with the differences of the dialects taken out.

    Args:
        root: a document that has been converted, or is about to be.
    """
    whole = cast("Tree", plain(root))
    version = "apiVersion" if is_document(root) else "version"
    group = str(whole.pop(version)).rpartition("/")[0]
    body = cast("Tree", whole["spec"]) if is_document(root) else whole
    for rule in cast("list[Tree]", body["rules"]):
        rule["match"] = _match(cast("Tree", rule["match"]))
        for step in cast("list[Tree]", rule["execute"]):
            if step.get("principal") == DEFAULT_PRINCIPAL:
                del step["principal"]
    return [group, whole]


def _match(match: Tree) -> Json:
    found = cast("Tree", match.get("http", match))
    found.pop("backtracking_enabled", None)
    paths = cast("list[Tree]", found.pop("routes", None) or found.pop("paths"))
    hosts = cast("list[Json]", found.pop("hosts", None) or [])
    return {
        **found,
        "paths": [_path(path) for path in paths],
        "hosts": [host["value"] if isinstance(host, dict) else host for host in hosts],
    }


def _path(path: Tree) -> Json:
    conditions = path.get("path_params") or path.get("captures") or []
    return [path["path"], conditions]
