"""Secret sources in the hands of a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class FakeSecrets:
    """Sources whose content a test may change at any time.

    Attributes:
        held: what each source holds, by selector.
        for_rules: the sources that rules may name.
    """

    held: dict[str, dict[str, str]] = field(default_factory=dict)
    for_rules: frozenset[str] = frozenset()

    @property
    def sources(self) -> Mapping[str, bool]:
        """Returns the names of the sources, and whether rules may name each."""
        return {name: name in self.for_rules for name in self.held}

    def find(self, source: str, selector: str) -> str | None:
        """Returns what a source holds now."""
        return self.held[source].get(selector)
