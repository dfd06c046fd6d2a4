"""The examples of conditions: evaluated whenever the page is made, so that they stay true."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import cast

from docs.generated.meanings import read
from edgeauth.expressions.cel import compile_expression
from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.instants import Duration, Timestamp
from edgeauth.expressions.cel.networks import Address, Block
from edgeauth.expressions.cel.values import Optional, TypeValue, UInt, from_key


def examples(library: str, rows: Sequence[Overload]) -> list[tuple[str, str]]:
    """Returns expressions and their values as they are written in a condition.

    Raises:
        ValueError: a function of the library has no example.
    """
    found = cast("Mapping[str, list[str]]", read("examples.yaml"))[library]
    for row in rows:
        call = f".{row.name}(" if row.method else f"{row.name}("
        if not any(call in text for text in found):
            raise ValueError(f"{row.name} has no example")
    return [
        (f"`{text}`", f"`{written(compile_expression(text, {}).evaluate({}))}`") for text in found
    ]


def written(value: object) -> str:
    """Returns a value as it is written in a condition."""
    if isinstance(value, Optional):
        content = [written(item) for item in value.content]
        return f"optional.of({content[0]})" if content else "optional.none()"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, Mapping):
        entries = [f"{written(from_key(key))}: {written(item)}" for key, item in value.items()]
        return f"{{{', '.join(entries)}}}"
    for kind, name in _MADE_OF_TEXT.items():
        if isinstance(value, kind):
            return f'{name}("{value.text()}")'  # type: ignore[attr-defined]  # all have it
    return _scalar(value)


_MADE_OF_TEXT = {Timestamp: "timestamp", Duration: "duration", Address: "ip", Block: "cidr"}


def _scalar(value: object) -> str:
    if isinstance(value, TypeValue):
        return value.name
    if isinstance(value, bytes):
        return "b" + re.sub(r"^'|'$", '"', repr(value)[1:])
    if isinstance(value, UInt):
        return f"{int(value)}u"
    return json.dumps(value, ensure_ascii=False)
