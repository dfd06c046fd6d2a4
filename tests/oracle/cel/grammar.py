"""Expressions for comparing conditions with another engine, and values in comparable form."""

import math
from typing import Self

from hypothesis import strategies as st

from edgeauth.expressions.cel import compile_expression
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.types import DYN

DATA = {
    "n": 7,
    "text": "añ😀",
    "items": [1, 2, 3],
    "names": ["a", "b", "a"],
    "claims": {"roles": ["user"], "age": 42, "score": 1.5, "none": None, "yes": True},
}
REFUSED, FAILED = "refused", "failed"
_DECLARED = dict.fromkeys(DATA, DYN)
_INT_OF_BOOLEAN = "int: not defined for this type"


class Formula(str):
    """The text of an expression that knows what it is made of.

    Attributes:
        shape: the text with `{}` in the place of each operand.
        operands: what stands there.
    """

    __slots__ = ("operands", "shape")

    def __new__(cls, shape: str, *operands: str) -> Self:
        parts = tuple(one if isinstance(one, Formula) else Formula(one) for one in operands)
        made = super().__new__(cls, shape.format(*parts) if parts else shape)
        made.shape, made.operands = shape, parts
        return made


_NUMBERS = st.one_of(
    st.sampled_from(["0", "1", "-1", "2u", "0u", "1.5", "-0.0", "3.0", "n", "claims.age"]),
    st.sampled_from(["9223372036854775807", "-9223372036854775808", "18446744073709551615u"]),
    st.sampled_from(["1e10", "1e308", "claims.score", "items[0]", "size(items)", "0x1F"]),
    st.integers(-100, 100).map(str),
)
_TEXTS = st.sampled_from(["''", "'a'", "'añ'", "text", "names[0]", "r'\\d'", "'7'", "'1.5'"])
_LEAVES = st.one_of(
    _NUMBERS,
    _TEXTS,
    st.sampled_from(["true", "false", "null", "claims.yes", "claims.none", "claims.missing"]),
    st.sampled_from(["b'a'", "b''", "[]", "{}", "items", "names", "claims", "x"]),
    st.sampled_from(["duration('90m')", "timestamp('2024-02-29T12:30:45Z')"]),
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    symbols = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in"]
    macros = ["all", "exists", "exists_one", "map", "filter"]
    functions = ["size", "int", "uint", "double", "string", "bytes", "bool", "type"]
    methods = ["size()", "startsWith('a')", "contains('')", "endsWith('ñ')", "matches('a+')"]
    return st.one_of(
        _made([f"({{}} {symbol} {{}})" for symbol in symbols], inner, inner),
        _made([f"(dyn({{}}) {symbol} {{}})" for symbol in symbols], inner, inner),
        _made([f"dyn({{}}).{macro}(x, {{}})" for macro in macros], inner, inner),
        _made([f"{{}}.{macro}(x, {{}})" for macro in macros], st.just("items"), inner),
        _made([f"{function}({{}})" for function in functions], inner),
        _made([f"dyn({{}}).{method}" for method in methods], inner),
        _made(["dyn({})[{}]"], inner, inner),
        _made(["has(dyn({}).age)"], inner),
        _made(["(dyn({}) ? {} : dyn({}))"], inner, inner, inner),
        _made(["[{}, dyn({})]"], inner, inner),
        _made(["{{'age': {}, 1: dyn({})}}"], inner, inner),
        _made(["!({})", "-({})"], inner),
    )


def _made(shapes: list[str], *operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(Formula, st.sampled_from(shapes), *operands)


EXPRESSIONS = st.recursive(_LEAVES.map(Formula), _larger, max_leaves=8)


def ours(text: str) -> object:
    try:
        return plain(compile_expression(text, _DECLARED).evaluate(DATA))
    except ExpressionError:
        return REFUSED
    except EvaluationError as error:
        # The specification's text has no int of a boolean; the other engine makes it 0 or 1.
        return REFUSED if str(error).startswith(_INT_OF_BOOLEAN) else FAILED


def plain(value: object) -> object:
    """Returns a value in a form in which both engines' values can be compared."""
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return "nan" if math.isnan(value) else ("double", repr(value))
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return len(value)
    return value if isinstance(value, str) else "other"
