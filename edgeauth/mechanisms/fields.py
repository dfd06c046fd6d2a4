"""Rendered texts as values of header fields."""

from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.wire.headers import check_value


def header_value(text: str) -> bytes:
    """Returns the text as the value of a field, without the blanks around it.

    Raises:
        Fault: INTERNAL, when it holds a line break, NUL or half a character.
    """
    try:
        return check_value(text.strip(" \t").encode("utf-8"))
    except UnicodeEncodeError:
        raise Fault(Reason.INTERNAL, "the value of a header field is no text") from None
    except Malformed as problem:
        raise Fault(Reason.INTERNAL, str(problem)) from None
