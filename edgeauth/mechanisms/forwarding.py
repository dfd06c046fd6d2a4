"""Which of the client's headers and cookies a question to an endpoint takes along.

Trust: names are configuration, values are the client's.
"""

from collections.abc import Sequence

from edgeauth.model.request import Headers
from edgeauth.wire.cookies import find_cookie


class Forwarded:
    """A selection of headers and cookies.

    Args:
        headers: names of headers, in any case.
        cookies: names of cookies.
    """

    __slots__ = ("_cookies", "_headers")

    def __init__(self, headers: Sequence[str], cookies: Sequence[str]) -> None:
        self._headers = tuple(name.lower() for name in headers)
        self._cookies = tuple(cookies)

    def __bool__(self) -> bool:
        """Returns whether anything is selected."""
        return bool(self._headers or self._cookies)

    def of(self, sent: Headers) -> dict[str, str]:
        """Returns what the client has sent of the selection, as fields of the question."""
        fields = {name: sent.text(name) for name in self._headers if name.encode() in sent}
        field = sent.get(b"cookie")
        if field is not None and self._cookies:
            found = ((name, find_cookie(field, name)) for name in self._cookies)
            cookies = [f"{name}={value}" for name, value in found if value is not None]
            if cookies:
                fields["cookie"] = "; ".join(cookies)
        return fields
