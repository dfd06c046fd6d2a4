"""Finds what a call means: the overloads that its arguments may fit."""

from edgeauth.config.spelling import did_you_mean
from edgeauth.expressions.cel.assignability import fits, is_certain
from edgeauth.expressions.cel.functions import FUNCTIONS, METHODS
from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.macros import MACROS
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.types import ObjectType, Type


def function(name: str, offset: int, arguments: tuple[Type, ...]) -> tuple[Overload, ...]:
    """Returns the overloads of `name(arguments)` that may be meant.

    Raises:
        ExpressionError: there is no such function, or it takes other arguments.
    """
    known = FUNCTIONS.get(name)
    if known is None:
        if name in METHODS or name in MACROS:
            raise ExpressionError(f'"{name}" is a method', offset, f'write "value.{name}(...)"')
        raise ExpressionError(
            f'unknown function "{name}"', offset, did_you_mean(name, [*FUNCTIONS, "has"])
        )
    return _fitting(name, offset, known, arguments)


def method(name: str, offset: int, arguments: tuple[Type, ...]) -> tuple[Overload, ...]:
    """Returns the overloads of `arguments[0].name(arguments[1:])` that may be meant.

    Raises:
        ExpressionError: the receiver has no such method, or it takes other arguments.
    """
    receiver = arguments[0]
    if isinstance(receiver, ObjectType):
        found = receiver.methods.get(name)
        if found is None:
            raise _unknown_member(receiver, name, offset)
        row = Overload(
            name, (receiver, *found.parameters), found.result, found.call, "", method=True
        )
        return _fitting(name, offset, (row,), arguments)
    known = METHODS.get(name)
    if known is None:
        raise _unknown_method(name, offset)
    return _fitting(name, offset, known, arguments)


def _unknown_member(receiver: ObjectType, name: str, offset: int) -> ExpressionError:
    if name in receiver.fields:
        return ExpressionError(
            f'"{name}" of {receiver.name} is no method', offset, "leave the parentheses out"
        )
    return ExpressionError(
        f'{receiver.name} has no method "{name}"', offset, did_you_mean(name, receiver.methods)
    )


def _unknown_method(name: str, offset: int) -> ExpressionError:
    if name in MACROS:
        return ExpressionError(
            f'"{name}" takes a variable and an expression', offset, f'e.g. "list.{name}(x, x > 1)"'
        )
    if name in FUNCTIONS:
        return ExpressionError(f'"{name}" is a function', offset, f'write "{name}(value)"')
    return ExpressionError(
        f'unknown method "{name}"', offset, did_you_mean(name, [*METHODS, *MACROS])
    )


def _fitting(
    name: str, offset: int, known: tuple[Overload, ...], arguments: tuple[Type, ...]
) -> tuple[Overload, ...]:
    rows = [row for row in (row.taking(len(arguments)) for row in known) if row is not None]
    found: list[Overload] = []
    for row in rows:
        if all(map(fits, arguments, row.parameters)):
            found.append(row)
            if all(map(is_certain, arguments, row.parameters)):
                break
    if found:
        return tuple(found)
    hint = "; ".join(row.signature() for row in known[:4])
    if not rows:
        message = f'"{name}" takes another number of arguments'
    else:
        given = ", ".join(argument.name for argument in arguments)
        message = f'"{name}" does not take ({given})'
    raise ExpressionError(message, offset, hint)
