"""Cookie fields of requests (RFC 6265 section 5.4), read and thinned out in linear time.

Trust: the value is the client's; a pair that makes no sense is skipped, as browsers do.
"""

from collections.abc import Set as AbstractSet
from typing import Final
from urllib.parse import unquote_to_bytes

_ONLY_VALUES: Final = bytes(
    octet if 0x20 <= octet <= 0x7E and octet not in b'"\\' else 0x20 for octet in range(256)
)
"""Translates what cookies hold to itself, and everything else to something else.

They hold no quotes, backslashes, control characters and nothing beyond ASCII. RFC 6265 section
4.1.1 forbids blanks and commas as well; too many programs set them.
"""
_AS_PHP_READS = bytes.maketrans(b". ", b"__")
_LONGEST = 16_384
"""Octets of a Cookie field that are looked at; beyond that there are no cookies."""


def find_cookie(field: bytes, name: str) -> str | None:
    """Returns the value of the first cookie called `name`, or None.

    Surrounding double quotes belong to the wire form and are removed (RFC 6265 section 4.1.1). A
    cookie with a value that none can have is passed over.

    Args:
        field: the value of the Cookie field.
        name: case-sensitive.
    """
    if len(field) > _LONGEST:
        return None
    wanted = name.encode("utf-8", "replace")
    for pair in field.split(b";"):
        found, equals, value = pair.strip(b" \t").partition(b"=")
        if equals and found == wanted:
            if len(value) >= 2 and value.startswith(b'"') and value.endswith(b'"'):
                value = value[1:-1]
            if value.translate(_ONLY_VALUES) == value:
                return value.decode("ascii")
    return None


def owned_cookie(name: bytes) -> bytes:
    """Returns how a cookie stands among the names that only the pipeline may set.

    No header has such a name, since `=` is not allowed in one. Names that PHP takes for the same
    cookie stand there as one: `a_b`, `a.b`, `a%2Eb` and `a_b[]`.
    """
    if b"%" in name:
        name = unquote_to_bytes(name)
    return b"cookie=" + name.partition(b"[")[0].translate(_AS_PHP_READS)


def without_cookies(field: bytes, owned: AbstractSet[bytes]) -> bytes:
    """Returns a Cookie field without the cookies that only the pipeline may set.

    Args:
        field: the value as the client sent it; it comes back as it is when nothing goes.
        owned: the names of the pipeline's fields, of cookies made by `owned_cookie`.
    """
    pairs = field.split(b";")
    kept = [
        pair for pair in pairs if owned_cookie(pair.partition(b"=")[0].strip(b" \t")) not in owned
    ]
    return field if len(kept) == len(pairs) else b";".join(kept).strip(b" \t")
