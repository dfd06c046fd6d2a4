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
