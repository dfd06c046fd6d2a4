"""cel-python, a second engine written in Python: slow, and of a reading of its own.

Values are compared in an exact form, `(kind, content)`. Where cel-python computes with Python's own
numbers and texts, the kind is that of the type they stand for, and `is_untyped` tells of it.
"""

import importlib
import logging
import math
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tests.oracle.cel.engine import FOLDER

FAILED = ("error",)
_NAMES = {
    "NoneType": "null",
    "BoolType": "bool",
    "bool": "bool",
    "IntType": "int",
    "int": "int",
    "UintType": "uint",
    "DoubleType": "double",
    "float": "double",
    "StringType": "string",
    "str": "string",
    "BytesType": "bytes",
    "bytes": "bytes",
    "ListType": "list",
    "list": "list",
    "MapType": "map",
    "TimestampType": "timestamp",
    "DurationType": "duration",
    "timedelta": "duration",
    "TypeType": "type",
    "type": "type",
    "CELEvalError": "error",
}
_PLAIN = {"bool": bool, "string": str, "bytes": bytes, "int": int, "uint": int}
_UNTYPED = {"int", "float", "str", "bytes", "list", "timedelta"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Interpreter:
    """Evaluates with cel-python.

    Raises:
        ImportError: `make oracles` was not run.
    """

    def __init__(self) -> None:
        sys.path.append(str(FOLDER))
        limit = sys.getrecursionlimit()
        logging.getLogger("celpy").setLevel(logging.CRITICAL)  # it logs every error of a condition
        self._engine = importlib.import_module("celpy")
        self._environment = self._engine.Environment()
        sys.setrecursionlimit(limit)  # an environment raises it, for every test that follows
        self.values = importlib.import_module("celpy.adapter").json_to_cel

    def evaluate(self, text: str, names: Mapping[str, object]) -> object:
        """Returns its own value of an expression, or what it failed with."""
        program = self._environment.program(self._environment.compile(text))
        try:
            return program.evaluate(names)
        except (self._engine.CELEvalError, TypeError, IndexError) as error:
            return error  # it raises TypeError for a macro over a number, IndexError at times


def exact(value: object) -> tuple:
    """Returns the exact form of a value of cel-python."""
    if isinstance(value, Exception):
        return FAILED
    kind = _NAMES.get(type(value).__name__, "python")
    content: tuple = ()
    match kind:
        case "double":
            content = ("nan" if math.isnan(value) else repr(float(value)),)
        case "list":
            content = tuple(map(exact, value))
        case "map":
            pairs = [(exact(key), exact(one)) for key, one in value.items()]
            content = tuple(sorted(pairs, key=repr))
        case "type":
            content = (_NAMES[value.__name__],)
        case "timestamp":
            content = ((value - _EPOCH) // _MICROSECOND * 1000,)
        case "duration":
            content = (value // _MICROSECOND * 1000,)
        case "bool" | "string" | "bytes" | "int" | "uint":
            content = (_PLAIN[kind](value),)
    return kind, *content


def is_untyped(value: object) -> bool:
    """Returns whether a value, a type or something within it is of Python, not of the language."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    name = value.__name__ if isinstance(value, type) else type(value).__name__
    return name in _UNTYPED or any(map(is_untyped, inner))


def elements(value: object) -> list[object]:
    """Returns what a macro walks over; nothing for what is neither list nor map."""
    return list(value) if isinstance(value, list | dict) else []
