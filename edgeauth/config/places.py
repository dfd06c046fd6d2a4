"""Where a character of a value stands in the file, for errors inside expressions.

Trust: works on hostile texts; every walk is linear in the length of the scalar.
"""

from re import compile as pattern

from edgeauth.config.nodes import Position, Scalar, position

# A tag and an anchor in front of the value: YAML 1.2.2 section 6.9.
_PROPERTIES = pattern(r"(?:[!&]\S*\s+){1,2}")
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
    written = scalar.source.text[scalar.begin : scalar.end]
    properties = _PROPERTIES.match(written)
    skipped = properties.end() if properties else 0
    written = written[skipped:]
    if scalar.style == "|":
        return _in_literal(scalar, offset)
    if scalar.style == ">":
        found = _among_characters(scalar.text, written, written.find("\n") + 1, offset)
    elif scalar.style:
        found = _in_quotes(written, offset)
    elif written == scalar.text:
        found = offset
    else:
        found = _among_characters(scalar.text, written, 0, offset)
    return scalar.source.position(scalar.begin + skipped + found)


def _in_literal(scalar: Scalar, offset: int) -> Position:
    """The text of a literal block stands in the file line by line, moved to the right."""
    before = scalar.text[:offset]
    number = position(scalar).line + 1 + before.count("\n")
    line_begin = before.rfind("\n") + 1
    line = scalar.text[line_begin:].split("\n", 1)[0]
    written = scalar.source.line(number)
    if not written.endswith(line):
        return position(scalar)
    return Position(number, len(written) - len(line) + offset - line_begin + 1)


def _in_quotes(written: str, offset: int) -> int:
    quote = written[:1]
    if quote not in ("'", '"') or "\n" in written:
        return 0
    at = 1
    for _ in range(offset):
        escape = _ESCAPE.match(written, at) if quote == '"' else None
        if escape is not None:
            at = escape.end()
        else:
            at += 2 if quote == "'" and written.startswith("''", at) else 1
    return at


def _among_characters(text: str, written: str, begin: int, offset: int) -> int:
    """Folding moves blanks and line ends only: the n-th other character stays the n-th."""
    wanted = sum(not character.isspace() for character in text[:offset])
    for index in range(begin, len(written)):
        if not written[index].isspace():
            if wanted == 0:
                return index
            wanted -= 1
    return 0
