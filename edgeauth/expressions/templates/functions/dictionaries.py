"""Functions on maps. None changes a map: `set` and `unset` do not exist, `merge` returns a new one.

Where Go's order of keys is random (`keys`, `values`), the keys are sorted.
"""

from collections.abc import Mapping

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.format import text_of
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.limits import MAX_ITEMS, MAX_NESTING
from edgeauth.expressions.templates.values import Strings, is_true, type_name

Map = Mapping[str, object]


def _dict(*members: object) -> dict[str, object]:
    result: dict[str, object] = {}
    for position in range(0, len(members), 2):
        value = members[position + 1] if position + 1 < len(members) else ""
        result[text_of(members[position])] = value
    return result


def _get(source: Map, key: str) -> object:
    return source.get(key, "")


def _has_key(source: Map, key: str) -> bool:
    return key in source


def _keys(*sources: Map) -> Strings:
    return Strings(key for source in sources for key in sorted(source))


def _values(source: Map) -> list[object]:
    return [source[key] for key in sorted(source)]


def _pluck(key: str, *sources: Map) -> list[object]:
    return [source[key] for source in sources if key in source]


def _pick(source: Map, *keys: str) -> dict[str, object]:
    return {key: source[key] for key in keys if key in source}


def _omit(source: Map, *keys: str) -> dict[str, object]:
    unwanted = frozenset(keys)
    return {key: value for key, value in source.items() if key not in unwanted}


def _merge(first: Map, *others: Map) -> Map:
    """Returns all maps as one; where two have a key, the earlier wins, unless it is empty."""
    result = first
    for other in others:
        result = _Merger(overwrite=False).merged(result, other, 0)
    return result


def _merge_overwrite(first: Map, *others: Map) -> Map:
    """Returns all maps as one; where two have a key, the later wins."""
    result = first
    for other in others:
        result = _Merger(overwrite=True).merged(result, other, 0)
    return result


class _Merger:
    """Merges two maps, and the maps in them, and counts what it visits."""

    def __init__(self, *, overwrite: bool) -> None:
        self.overwrite = overwrite
        self.visited = 0

    def merged(self, target: Map, source: Map, depth: int) -> dict[str, object]:
        self.visited += len(target) + len(source)
        if self.visited > MAX_ITEMS or depth > MAX_NESTING:
            raise EvaluationError("merge: the maps are too large")
        result = dict(target)
        for key, value in source.items():
            present = result.get(key)
            if present and isinstance(present, Mapping) and isinstance(value, Mapping):
                result[key] = self.merged(present, value, depth + 1)
            elif self.overwrite or (value is not None and not is_true(present)):
                result[key] = value
        return result


def _dig(*path: object) -> object:
    """Returns what is found along the keys: `dig "a" "b" default map`."""
    source, default, keys = path[-1], path[-2], path[:-2]
    for key in keys:
        if not isinstance(key, str):
            raise EvaluationError(f"dig: a key is not a string but {type_name(key)}")
        if not isinstance(source, Mapping):
            raise EvaluationError(f"dig: not a map but {type_name(source)}")
        if key not in source:
            return default
        source = source[key]
    return source


def _deep_copy(value: object) -> object:
    # Nothing changes data here, so data need no copies.
    if value is None:
        raise EvaluationError("deepCopy of nil")
    return value


ANY, STRING, BOOL, MAP = Kind.ANY, Kind.STRING, Kind.BOOL, Kind.MAP
FUNCTIONS = (
    Function("dict", (), _dict, more=ANY),
    Function("get", (MAP, STRING), _get),
    Function("hasKey", (MAP, STRING), _has_key, BOOL),
    Function("keys", (), _keys, more=MAP),
    Function("values", (MAP,), _values),
    Function("pluck", (STRING,), _pluck, more=MAP),
    Function("pick", (MAP,), _pick, more=STRING),
    Function("omit", (MAP,), _omit, more=STRING),
    *(Function(name, (MAP,), _merge, more=MAP) for name in ("merge", "mustMerge")),
    *(
        Function(name, (MAP,), _merge_overwrite, more=MAP)
        for name in ("mergeOverwrite", "mustMergeOverwrite")
    ),
    *(Function(name, (ANY,), _deep_copy) for name in ("deepCopy", "mustDeepCopy")),
    Function("dig", (ANY, ANY, ANY), _dig, more=ANY),
)
