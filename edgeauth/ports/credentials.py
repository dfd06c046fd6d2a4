"""Texts that prove something, under names: a user and a password, a client and its secret."""

from collections.abc import Mapping

from edgeauth.model.identity import fingerprint


class Credentials:
    """Named secret texts; no representation shows one.

    Args:
        fields: the texts by name.
    """

    __slots__ = ("_fields", "fingerprint")

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)
        parts = (part for item in sorted(fields.items()) for part in item)
        self.fingerprint = fingerprint(b"credentials", *(part.encode() for part in parts))

    @property
    def names(self) -> tuple[str, ...]:
        """Returns the names, in the order in which they stand there."""
        return tuple(self._fields)

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self._fields)})"
