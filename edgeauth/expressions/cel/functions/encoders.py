"""The extension library for encodings.

Source:
    github.com/google/cel-go/ext, encoders; RFC 4648 section 4.
"""

from base64 import b64decode, b64encode
from typing import Final

from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import BYTES, STRING


def _encode(octets: bytes) -> str:
    return b64encode(octets).decode()


def _decode(text: str) -> bytes:
    try:
        return b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except ValueError:
        raise EvaluationError("base64.decode: not base64") from None


LIBRARY: Final = (
    Overload("base64.encode", (BYTES,), STRING, _encode, "The octets in base64, padded."),
    Overload("base64.decode", (STRING,), BYTES, _decode, "The octets of base64, padded or not."),
)
