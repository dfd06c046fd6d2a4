"""The function `secret`: its arguments are part of the text, its value is looked up when needed.

Trust: the value is a secret. It is in no compiled template and in no error.
"""

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.secrets import Secrets
from edgeauth.expressions.templates.check import hint
from edgeauth.expressions.templates.frame import Frame, Run
from edgeauth.expressions.templates.syntax import Call, Literal, Operand

SECRET = "secret"  # noqa: S105  (the name of the function)


def secret_call(
    call: Call, arguments: tuple[Operand, ...], secrets: Secrets, *, piped: bool
) -> Run:
    """Returns what looks a secret up.

    Args:
        call: the name of the function.
        arguments: what stands behind it.
        secrets: the sources.
        piped: whether the call gets another argument from the pipeline.

    Raises:
        ExpressionError: there are not two constant texts, there is no such source, or it holds
            nothing there.
    """
    source, selector = _constants(call, arguments, piped=piped)
    name, place = str(source.value), str(selector.value)
    if name not in secrets.sources:
        known = hint(name, secrets.sources) or "there are no secret sources to take it from"
        raise ExpressionError(f'no secret source "{name}" is configured', source.offset, known)
    if not secrets.find(name, place):
        problem = f'secret source "{name}" holds nothing at "{place}"'
        raise ExpressionError(problem, selector.offset)

    def look_up(frame: Frame) -> object:
        value = secrets.find(name, place)
        if not value:
            raise EvaluationError(f'secret source "{name}" holds nothing there any more')
        frame.charge(value)
        return value

    return look_up


def _constants(
    call: Call, arguments: tuple[Operand, ...], *, piped: bool
) -> tuple[Literal, Literal]:
    for argument in arguments:
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            message = f'the arguments of "{SECRET}" are constant texts'
            raise ExpressionError(message, argument.offset, f'{SECRET} "source" "selector"')
    match arguments:
        case (Literal() as source, Literal() as selector) if not piped:
            return source, selector
    message = f'function "{SECRET}" takes a source and a selector'
    raise ExpressionError(message, call.offset, f'{SECRET} "source" "selector"')
