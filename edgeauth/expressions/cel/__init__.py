"""Conditions: CEL, compiled to closures.

    lexer -> parser (macros) -> check (resolution, functions) -> compile -> program

Start reading at `program.py`. The table of all functions is in `functions/`.
"""

from edgeauth.expressions.cel.program import (
    Condition,
    Program,
    compile_condition,
    compile_expression,
)

__all__ = ["Condition", "Program", "compile_condition", "compile_expression"]
