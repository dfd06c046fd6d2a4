"""What may go wrong with an expression: at load, and when it is evaluated."""

from edgeauth.model.errors import Fault, Reason


class ExpressionError(Exception):
    """Raised at load for a text that does not compile.

    Args:
        message: one sentence in lower case, e.g. `unknown function "startWith"`.
        offset: where in the text, in characters from its beginning.
        hint: what was expected or what is close, e.g. `did you mean "startsWith"?`; may be empty.
    """

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(f"{message} at {offset}" + (f" ({hint})" if hint else ""))
        self.message = message
        self.offset = offset
        self.hint = hint


class EvaluationError(Fault):
    """Raised when a compiled expression has no value for this request: an internal error.

    The text names the operation and the member, never the data: it goes to the decision log.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.INTERNAL, detail)


class ContentNeeded(Exception):
    """Raised by an expression that reads the content of a request before that was read.

    It is neither a "no" nor a failure: the engine reads the content then, and runs the step again.
    Whatever else might catch it must let it pass.
    """

    def __init__(self) -> None:
        super().__init__("the content of the request has not been read")
