"""Makes `cases.jsonl` and `skipped.jsonl` from a checkout of google/cel-spec.

python -m tests.conformance.convert path/to/cel-spec
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

from tests.conformance import textproto
from tests.conformance.textproto import Message, Value

FOLDER = Path(__file__).parent
_QUOTED = re.compile(r"""[rR]?[bB]?[rR]?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)
_MESSAGES = re.compile(
    r"[A-Za-z_`]\s*\{|proto\.(has|get)Ext|TestAllTypes|google\.protobuf\.(?!Timestamp|Duration)"
)
_ENUMS = re.compile(r"(Global|Nested)Enum|NullValue")
_PRIMITIVES = {"INT64": "int", "UINT64": "uint"}
_WELL_KNOWN = {"Timestamp": "timestamp", "Duration": "duration"}


class Skipped(Exception):
    """The case needs what conditions do not have."""


def field(message: Value | None, name: str) -> Value | None:
    return next(iter(fields(message, name)), None)


def fields(message: Value | None, name: str) -> list[Value]:
    return [value for key, value in message if key == name] if isinstance(message, list) else []


def text(message: Value | None, name: str) -> str:
    found = field(message, name)
    return found.decode() if isinstance(found, bytes) else ""


def value(message: Value | None) -> list[object]:
    """Returns a value as [kind, what it is], e.g. ["int", "7"]."""
    if not isinstance(message, list) or not message:
        raise Skipped("protobuf message")
    kind, content = message[0]
    kind = kind.removesuffix("_value")
    if kind == "list":
        return ["list", [value(item) for item in fields(content, "values")]]
    if kind == "map":
        entries = fields(content, "entries")
        return ["map", [[value(field(one, "key")), value(field(one, "value"))] for one in entries]]
    if kind == "object":
        return _well_known(content)
    if kind == "enum":
        raise Skipped("protobuf enum")
    if isinstance(content, bytes):
        return [kind, content.hex() if kind == "bytes" else content.decode()]
    return [kind.replace("int64", "int"), content]


def _well_known(content: Value) -> list[object]:
    if not isinstance(content, list):
        raise Skipped("protobuf message")
    url, inner = content[0]
    kind = _WELL_KNOWN.get(url.strip("[]").rpartition(".")[2])
    if kind is None:
        raise Skipped("protobuf message")
    seconds, nanoseconds = field(inner, "seconds") or "0", field(inner, "nanos") or "0"
    return [kind, str(int(str(seconds)) * 10**9 + int(str(nanoseconds)))]


def declared(message: Value | None) -> list[object]:
    """Returns a type as [name, parameters...]."""
    if not isinstance(message, list) or not message:
        return ["dyn"]
    kind, content = message[0]
    if kind == "list_type":
        return ["list", declared(field(content, "elem_type"))]
    if kind == "map_type":
        return ["map", declared(field(content, "key_type")), declared(field(content, "value_type"))]
    if kind == "abstract_type" and text(content, "name") == "optional_type":
        return ["optional", declared(field(content, "parameter_types"))]
    if kind == "message_type" and isinstance(content, bytes):
        content = content.decode().rpartition(".")[2]
        kind = "well_known"
    if kind == "well_known":
        found = _WELL_KNOWN.get(str(content).capitalize())
        if found is None:
            raise Skipped("protobuf message")
        return [found]
    if kind == "primitive":
        return [_PRIMITIVES.get(str(content), str(content).lower())]
    return ["null_type" if kind == "null" else "dyn"]


def case(test: Message) -> dict[str, object]:
    """Returns the facts of one case.

    Raises:
        Skipped: it needs what conditions do not have.
    """
    expression = text(test, "expr")
    bare = _QUOTED.sub("''", expression)
    if _ENUMS.search(bare):
        raise Skipped("protobuf enum")
    if _MESSAGES.search(bare):
        raise Skipped("protobuf message")
    types, bindings = {}, {}
    for one in fields(test, "type_env"):
        if field(one, "ident") is None:
            raise Skipped("declares a function")
        types[text(one, "name")] = declared(field(field(one, "ident"), "type"))
    for one in fields(test, "bindings"):
        bindings[text(one, "key")] = value(field(field(one, "value"), "value"))
    found: dict[str, object] = {"expr": expression}
    found |= {"types": types} if types else {}
    found |= {"bindings": bindings} if bindings else {}
    for name in ("disable_check", "check_only", "disable_macros"):
        found |= {name: True} if field(test, name) == "true" else {}
    if text(test, "container"):
        found["container"] = text(test, "container")
    return found | _expected(test)


def _expected(test: Message) -> dict[str, object]:
    if field(test, "eval_error") is not None or field(test, "any_eval_errors") is not None:
        return {"error": True}
    if field(test, "unknown") is not None or field(test, "any_unknowns") is not None:
        raise Skipped("partial evaluation")
    typed = field(test, "typed_result")
    if typed is not None and field(typed, "result") is None:
        return {"check_only": True}
    wanted = field(test, "value") if typed is None else field(typed, "result")
    return {"value": ["bool", "true"] if wanted is None else value(wanted)}


def convert(checkout: Path) -> tuple[list[object], list[object]]:
    cases: list[object] = []
    skipped: list[object] = []
    seen: Counter[str] = Counter()
    for path in sorted((checkout / "tests" / "simple" / "testdata").glob("*.textproto")):
        for section in fields(textproto.read(path.read_text(encoding="utf-8")), "section"):
            for test in fields(section, "test"):
                name = f"{path.stem}/{text(section, 'name')}/{text(test, 'name')}"
                seen[name] += 1
                if seen[name] > 1:
                    name += f"#{seen[name]}"
                try:
                    cases.append({"name": name, **case(list(test))})  # type: ignore[arg-type]
                except Skipped as reason:
                    skipped.append({"name": name, "reason": str(reason)})
    return cases, skipped


def main() -> None:
    for name, rows in zip(("cases", "skipped"), convert(Path(sys.argv[1])), strict=True):
        lines = [json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in rows]
        (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
