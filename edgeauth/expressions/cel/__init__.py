"""Conditions: CEL, compiled to closures.

    lexer -> parser (macros) -> check (resolution, functions) -> compile -> program

Texts that differ in their strings only are parsed and checked once (`shapes.py`) and compiled when
they are evaluated first. Start reading at `program.py`. The table of all functions is
in `functions/`.
"""

from edgeauth.expressions.cel.program import (
    Condition,
    Program,
    compile_condition,
    compile_expression,
)

__all__ = ["Condition", "Program", "compile_condition", "compile_expression"]
