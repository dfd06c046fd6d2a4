"""The line in front of a chunk (RFC 9112 section 7.1).

Extensions are dropped; they are read to be sure where the line ends. No blanks are allowed in them,
although the grammar has "bad" ones: nobody sends any, and readers differ (RFC 9112 section 7.1.1).

Trust: whoever sent the message.
"""

import re
from typing import Final

from edgeauth.wire.message_facts import TOKEN, HttpParserError

MOST_LINE_OCTETS: Final = 4096
"""Octets of such a line: nobody needs extensions, and they are read for nothing."""

# No part gives back what it has taken, so that a line that does not fit is not tried twice.
_QUOTED: Final = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*+"'
_LINE: Final = re.compile(
    rb"(?=[0-9A-Fa-f])(0*+[0-9A-Fa-f]{0,15}+)(?:;"
    + TOKEN
    + rb"(?:=(?:"
    + TOKEN
    + rb"|"
    + _QUOTED
    + rb"))?+)*+\r\n"
)


def chunk_length(line: bytes) -> int:
    """Returns how many octets follow; 0 for the last chunk.

    Args:
        line: with its end.

    Raises:
        HttpParserError: it is no such line.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        raise HttpParserError("a chunk does not begin with its length")
    return int(found[1], 16)
