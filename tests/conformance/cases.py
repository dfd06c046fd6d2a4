"""The converted cases: reading them, and running one."""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from edgeauth.expressions.cel import compile_expression
from edgeauth.expressions.cel.instants import Duration, Timestamp
from edgeauth.expressions.cel.values import TypeValue, UInt, kind_of, to_key
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.types import DURATION, DYN, TIMESTAMP, Type, list_of, map_of

FOLDER = Path(__file__).parent
_NAMED = {"timestamp": TIMESTAMP, "duration": DURATION}


@cache
def rows(name: str) -> list[dict]:
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@cache
def differences() -> Mapping[str, str]:
    """The cases that do not pass, by name, with the reason."""
    groups = json.loads((FOLDER / "differences.json").read_text(encoding="utf-8"))
    return {name: group["reason"] for group in groups for name in group["cases"]}


def run(case: dict) -> str:
    """Returns what is wrong; nothing when the case passes."""
    bindings = {name: decode(*one) for name, one in case.get("bindings", {}).items()}
    types = dict.fromkeys(bindings, DYN)
    types |= {name: declared(*one) for name, one in case.get("types", {}).items()}
    try:
        program = compile_expression(case["expr"], types)
        if case.get("check_only"):
            return ""
        value = program.evaluate(bindings)
    except (ExpressionError, EvaluationError) as error:
        return "" if case.get("error") else f"{type(error).__name__}: {error}"
    if case.get("error"):
        return f"{value!r}, not an error"
    wanted = decode(*case["value"])
    return "" if same(value, wanted) else f"{value!r}, not {wanted!r}"


def declared(kind: str, *parameters: list) -> Type:
    inner = [declared(*parameter) for parameter in parameters]
    if kind == "list":
        return list_of(*inner)
    if kind == "map":
        return map_of(*inner)
    return DYN if inner else _NAMED.get(kind, Type(kind))


def decode(kind: str, content) -> object:
    match kind:
        case "list":
            return [decode(*item) for item in content]
        case "map":
            return {to_key(decode(*key)): decode(*one) for key, one in content}
        case "null":
            return None
        case "bool":
            return content == "true"
        case "bytes":
            return bytes.fromhex(content)
        case "double":
            return float(content)
        case "string":
            return content
    makers = {"timestamp": Timestamp, "duration": Duration, "uint": UInt, "type": TypeValue}
    return makers.get(kind, int)(content if kind == "type" else int(content, 0))


def same(value: object, wanted: object) -> bool:
    """Equal and of one kind; NaN is NaN here."""
    if kind_of(value) is not kind_of(wanted):
        return False
    if isinstance(value, float) and math.isnan(value):
        return isinstance(wanted, float) and math.isnan(wanted)
    if isinstance(value, list | tuple) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(same, value, wanted))
    if isinstance(value, dict) and isinstance(wanted, dict):
        return value.keys() == wanted.keys() and all(same(value[key], wanted[key]) for key in value)
    return value == wanted
