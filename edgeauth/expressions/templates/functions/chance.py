"""Functions whose results nobody can foretell: they are never computed at load, only when run.

Randomness is the operating system's, fit for secrets.
"""

import secrets
import string
from base64 import b64encode
from uuid import UUID

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.functions.table import Function, Kind

MAX_LENGTH = 4096
"""Characters, or octets before they are encoded, that one call makes."""

_ASCII = "".join(map(chr, range(0x20, 0x7F)))


def _text_of(alphabet: str, count: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(_checked(count)))


def _checked(count: int) -> int:
    if not 0 <= count <= MAX_LENGTH:
        raise EvaluationError(f"a random text has 0 to {MAX_LENGTH} characters")
    return count


def _octets(count: int) -> str:
    return b64encode(secrets.token_bytes(_checked(count))).decode("ascii")


def _number(low: int, high: int) -> int:
    if high <= low:
        raise EvaluationError("randInt: there is no number between the bounds")
    return low + secrets.randbelow(high - low)


def _uuid() -> str:
    return str(UUID(bytes=secrets.token_bytes(16), version=4))


def _shuffle(text: str) -> str:
    characters = list(text)
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _random_text(name: str, alphabet: str) -> Function:
    return Function(
        name, (Kind.INT,), lambda count: _text_of(alphabet, count), Kind.STRING, pure=False
    )


FUNCTIONS = (
    _random_text("randAlphaNum", string.ascii_letters + string.digits),
    _random_text("randAlpha", string.ascii_letters),
    _random_text("randNumeric", string.digits),
    _random_text("randAscii", _ASCII),
    Function("randBytes", (Kind.INT,), _octets, Kind.STRING, pure=False),
    Function("randInt", (Kind.INT, Kind.INT), _number, Kind.INT, pure=False),
    Function("uuidv4", (), _uuid, Kind.STRING, pure=False),
    Function("shuffle", (Kind.STRING,), _shuffle, Kind.STRING, pure=False),
)
