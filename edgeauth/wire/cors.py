"""Cross-origin requests: preflights that are answered here, and what responses tell the browser.

Trust: `Origin` and the names in a preflight are the page's words. They are compared with the
configuration; an origin is repeated only when it is one of those configured.

Source:
    Fetch standard, section "CORS protocol" (https://fetch.spec.whatwg.org/#http-cors-protocol).
"""

import re
from collections.abc import Sequence
from typing import Final

from edgeauth.model.decision import Field, Response
from edgeauth.model.request import Headers
from edgeauth.wire.headers import is_token

DEFAULT_METHODS: Final = ("GET", "HEAD", "POST")
DEFAULT_HEADERS: Final = ("Accept", "Content-Type", "X-Requested-With")
_PREFLIGHT_VARY: Final = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_MOST_NAMES: Final = 100
CORS_FIELDS: Final = frozenset(
    {
        b"access-control-allow-credentials",
        b"access-control-allow-headers",
        b"access-control-allow-methods",
        b"access-control-allow-origin",
        b"access-control-expose-headers",
        b"access-control-max-age",
    }
)
"""What only this policy says; an upstream's own words are dropped, since two would contradict."""


class CorsPolicy:
    """Which pages of other origins may do what.

    Args:
        origins: `https://shop.test`, or with one `*` for any text in it; none, or `*`, is any.
        methods: beyond OPTIONS; none means GET, HEAD and POST.
        headers: names of request fields; `*` is any, none means Accept, Content-Type and
            X-Requested-With. Browsers ask only about what is not harmless: `Content-Type` is not
            allowed by itself, since JSON is asked about by that name.
        exposed: names of response fields that pages may read.
        credentials: whether cookies and the like may come along. Never with any origin: browsers
            would not take it, and nobody should want it.
        max_age: seconds for which a browser may remember a preflight; 0 says nothing.
    """

    def __init__(
        self,
        origins: Sequence[str] = (),
        methods: Sequence[str] = (),
        headers: Sequence[str] = (),
        exposed: Sequence[str] = (),
        *,
        credentials: bool = False,
        max_age: int = 0,
    ) -> None:
        lowered = [origin.lower() for origin in origins]
        self._any = not lowered or "*" in lowered
        self._exact = frozenset(origin.encode() for origin in lowered if "*" not in origin)
        self._patterns = tuple(_pattern(origin) for origin in lowered if "*" in origin)
        self._methods = frozenset(
            method.upper().encode() for method in (*(methods or DEFAULT_METHODS), "OPTIONS")
        )
        self._any_header = "*" in headers
        self._headers = frozenset(name.lower().encode() for name in headers or DEFAULT_HEADERS)
        self._exposed = ", ".join(exposed).encode()
        self._credentials = credentials and not self._any
        self._max_age = max_age

    def preflight(self, method: str, headers: Headers) -> Response | None:
        """Returns the answer to a preflight; None when the request is none.

        A preflight that asks for too much is answered without permission: the browser then tells
        its page, and nobody else, that the request was not made.
        """
        wanted = headers.get(b"access-control-request-method")
        if method != "OPTIONS" or not wanted or b"origin" not in headers:
            return None
        fields: list[Field] = [(b"vary", _PREFLIGHT_VARY)]
        origin = self._allowed_origin(headers)
        sent = headers.get(b"access-control-request-headers", b"")
        asked = _names(sent)
        if origin is not None and wanted in self._methods and self._allows(asked):
            fields += [(b"access-control-allow-origin", origin)]
            fields += [(b"access-control-allow-methods", wanted)]
            if asked:
                fields += [(b"access-control-allow-headers", sent)]
            if self._credentials:
                fields += [(b"access-control-allow-credentials", b"true")]
            if self._max_age:
                fields += [(b"access-control-max-age", b"%d" % self._max_age)]
        return Response(204, tuple(fields))

    def response_fields(self, method: str, headers: Headers) -> tuple[Field, ...]:
        """Returns what the response to such a request has to tell the browser."""
        fields: list[Field] = [(b"vary", b"Origin")]
        origin = self._allowed_origin(headers)
        if origin is None or method.encode() not in self._methods:
            return tuple(fields)
        fields.append((b"access-control-allow-origin", origin))
        if self._exposed:
            fields.append((b"access-control-expose-headers", self._exposed))
        if self._credentials:
            fields.append((b"access-control-allow-credentials", b"true"))
        return tuple(fields)

    def _allowed_origin(self, headers: Headers) -> bytes | None:
        """Returns the value for `Access-Control-Allow-Origin`; None when there is no permission."""
        origin = headers.get(b"origin")
        if not origin or b"origin" in headers.repeated:
            return None
        if self._any:
            return b"*"
        lowered = origin.lower()
        if lowered in self._exact or any(pattern.fullmatch(lowered) for pattern in self._patterns):
            return origin
        return None

    def _allows(self, names: Sequence[bytes]) -> bool:
        if len(names) > _MOST_NAMES or not all(map(is_token, names)):
            return False
        return self._any_header or self._headers.issuperset(names)


def _names(value: bytes) -> list[bytes]:
    names = (name.strip(b" \t").lower() for name in value.split(b",", _MOST_NAMES + 1))
    return [name for name in names if name]


def _pattern(origin: str) -> re.Pattern[bytes]:
    """Returns what finds origins with any text in the place of the `*`, within the host's name."""
    before, _, after = origin.partition("*")
    return re.compile(re.escape(before).encode() + rb"[^/@:]+" + re.escape(after).encode())
