"""Cookie fields of requests (RFC 6265 section 5.4), read in linear time.

Trust: the value is the client's; a pair that makes no sense is skipped, as browsers do.
"""

_LONGEST = 16_384
"""Octets of a Cookie field that are looked at; beyond that there are no cookies."""


def find_cookie(field: bytes, name: str) -> str | None:
    """Returns the value of the first cookie called `name`, or None.

    Surrounding double quotes belong to the wire form and are removed (RFC 6265 section 4.1.1).

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
            return value.decode("utf-8", "replace")
    return None
