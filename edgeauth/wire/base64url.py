"""Base64url without padding, as JOSE writes it (RFC 7515 section 2).

Trust: hostile. One value has one spelling here, so that nobody gets two tokens out of one.
"""

import binascii
from typing import Final

from edgeauth.model.errors import Malformed

_TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_PADDING: Final = (b"", b"=", b"==", b"=")
_LAST_OF_TWO: Final = frozenset(b"AQgw")
_LAST_OF_THREE: Final = frozenset(b"AEIMQUYcgkosw048")


def decode_base64url(text: bytes) -> bytes:
    """Returns the octets that `text` is the only spelling of.

    Raises:
        Malformed: another alphabet, blanks, padding, an impossible length, or bits set behind
            the last octet.

    Source:
        RFC 4648 sections 5 and 3.5 (canonical encoding).
    """
    rest = len(text) % 4
    if (rest == 2 and text[-1] not in _LAST_OF_TWO) or (
        rest == 3 and text[-1] not in _LAST_OF_THREE
    ):
        raise Malformed("is no canonical base64url")
    try:
        return binascii.a2b_base64(text.translate(_TO_STANDARD) + _PADDING[rest], strict_mode=True)
    except binascii.Error:
        raise Malformed("is no base64url") from None


def encode_base64url(octets: bytes) -> bytes:
    """Returns the octets in base64url without padding."""
    return binascii.b2a_base64(octets, newline=False).translate(_TO_URL).rstrip(b"=")
