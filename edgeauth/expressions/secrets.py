"""What templates ask of secret sources: which there are, and what is in them now."""

from collections.abc import Mapping
from typing import Final, Protocol


class Secrets(Protocol):
    """The configured secret sources.

    A source may change while the process runs, so templates keep names and no values.
    """

    @property
    def sources(self) -> Mapping[str, bool]:
        """Returns the names of the sources, and whether rules may name each."""
        ...

    def find(self, source: str, selector: str) -> str | None:
        """Returns what a source holds at a place now; None when there is nothing.

        Args:
            source: one of `sources`.
            selector: the place, as the kind of source understands it.
        """
        ...


class NoSecrets:
    """No secret source at all."""

    @property
    def sources(self) -> Mapping[str, bool]:
        """Returns that there is none."""
        return {}

    def find(self, source: str, selector: str) -> str | None:  # noqa: ARG002  (protocol)
        """Returns None."""
        return None


NO_SECRETS: Final[Secrets] = NoSecrets()
"""For texts that are compiled where nothing is configured."""
