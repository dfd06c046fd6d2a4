"""One canonical reading of a request, the same for every door.

A `Request` is made in one place, `edgeauth.wire.inbound`, and never changed afterwards: the path
that was matched is the path that conditions see and the path that is forwarded.
"""

from collections.abc import Iterable

from msgspec import Struct

from edgeauth.model.client_certificate import ClientCertificate


class Headers(dict[bytes, bytes]):
    """Header fields in the order they came, and a map from each name to its value.

    Several values of one name are joined with a comma, those of cookies with `; `. It is a dict,
    so that looking a field up is one call into C; nobody changes it after it was made.

    Args:
        fields: (name, value) pairs; names lower-cased ASCII, values as received without the
            surrounding blanks.

    Attributes:
        fields: the same pairs.
        repeated: names that came more than once.
    """

    __slots__ = ("fields", "repeated")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.fields = fields = tuple(fields)
        self.repeated: tuple[bytes, ...] = ()
        self.update(fields)
        if len(self) < len(fields):
            self._join()

    def _join(self) -> None:
        """Joins repeated fields; they are rare, so the plain case above is one call."""
        repeated: list[bytes] = []
        self.clear()
        for name, value in self.fields:
            if name in self:
                repeated.append(name)
                # RFC 6265 section 5.4 and RFC 9113 section 8.2.3: cookies are joined with "; ".
                self[name] += (b"; " if name == b"cookie" else b",") + value
            else:
                self[name] = value
        self.repeated = tuple(repeated)

    def text(self, name: str) -> str:
        """Returns the value of a field as text, in any case of `name`; empty when it is absent."""
        value = self.get(name.lower().encode("latin-1", "replace"))
        return "" if value is None else value.decode("utf-8", "replace")


class Request(Struct, frozen=True):
    """What the client asked for, in canonical form."""

    method: str
    """Case-sensitive token, e.g. `GET` (RFC 9110 section 9.1)."""
    scheme: str
    """`http` or `https`."""
    host: str
    """Lower-cased authority with the port as it was given, e.g. `shop.test:8443`."""
    path: str
    """Escaped path in normal form (`edgeauth.wire.uri`); begins with a slash."""
    raw_query: str
    """Everything after the first `?`, byte for byte; empty when there is none."""
    headers: Headers
    """The client's fields, those of untrusted forwarding already removed."""
    client_addresses: tuple[str, ...]
    """Addresses of the forwarding chain, the TCP peer last."""
    client_certificate: ClientCertificate | None = None
    """What the client has shown; None when it has shown none, or nobody trusted says so."""

    @property
    def hostname(self) -> str:
        """Returns the host without its port; brackets of an IPv6 address are kept."""
        host = self.host
        colon = host.rfind(":")
        return host if colon < 0 or host.endswith("]") else host[:colon]
