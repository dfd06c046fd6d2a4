"""Where a character of a value stands in the file, for errors inside expressions.

Trust: works on hostile texts; every walk is linear in the length of the scalar.
"""

from re import compile as pattern

from edgeauth.config.nodes import Position, Scalar, position

_ESCAPE = pattern(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")


def place_of(scalar: Scalar, offset: int) -> Position:
    """Returns the place of a character of a scalar's text.

    Exact for scalars on one line and for literal blocks (`|`). In folded texts it is exact for
    everything but blanks. Where nothing can be said (quoted text over several lines, text that
    the environment changed) it is the beginning of the scalar.

    Args:
        scalar: its `value` must be the text that the offset was counted in.
        offset: characters from the beginning of the value.
    """
    if scalar.value != scalar.text or not 0 <= offset <= len(scalar.text):
        return position(scalar)
    written = scalar.source.text[scalar.start.index : scalar.end.index]
    if scalar.style == "|":
        return _in_literal(scalar, offset)
    if scalar.style == ">":
        return _among_characters(scalar, written, written.find("\n") + 1, offset)
    if scalar.style:
        return _in_quotes(scalar, written, offset)
    if written == scalar.text:
        return _shifted(scalar, offset)
    return _among_characters(scalar, written, 0, offset)


def _shifted(scalar: Scalar, characters: int) -> Position:
    return Position(scalar.start.line + 1, scalar.start.column + 1 + characters)


def _in_literal(scalar: Scalar, offset: int) -> Position:
    """The text of a literal block stands in the file line by line, moved to the right."""
    before = scalar.text[:offset]
    number = scalar.start.line + 2 + before.count("\n")
    line_begin = before.rfind("\n") + 1
    line = scalar.text[line_begin:].split("\n", 1)[0]
    written = scalar.source.line(number)
    if not written.endswith(line):
        return position(scalar)
    return Position(number, len(written) - len(line) + offset - line_begin + 1)


def _in_quotes(scalar: Scalar, written: str, offset: int) -> Position:
    if scalar.start.line != scalar.end.line or written[:1] != scalar.style:
        return position(scalar)
    at = 1
    for _ in range(offset):
        escape = _ESCAPE.match(written, at) if scalar.style == '"' else None
        if escape is not None:
            at = escape.end()
        else:
            at += 2 if written.startswith("''", at) and scalar.style == "'" else 1
    return _shifted(scalar, at)


def _among_characters(scalar: Scalar, written: str, begin: int, offset: int) -> Position:
    """Folding moves blanks and line ends only: the n-th other character stays the n-th."""
    wanted = sum(not character.isspace() for character in scalar.text[:offset])
    line, column = scalar.start.line + 1, scalar.start.column + 1
    for index, character in enumerate(written):
        if index >= begin and not character.isspace():
            if wanted == 0:
                return Position(line, column)
            wanted -= 1
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    return position(scalar)
