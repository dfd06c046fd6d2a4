"""How a mechanism type is declared: its name, its configuration, and what a rule may override.

A mechanism file has four paragraphs: what it proves and by which standard, its `Specification`,
the class with its one public method, and `TYPE = mechanism(...)`. `mechanisms/builtins.py` lists
the types.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from edgeauth.config.specification import Specification
from edgeauth.ports.mechanisms import Mechanism
from edgeauth.ports.services import Services


class Kind(Enum):
    """The five kinds of mechanisms; values are the key of a step that refers to one."""

    AUTHENTICATOR = "authenticator"
    CONTEXTUALIZER = "contextualizer"
    AUTHORIZER = "authorizer"
    FINALIZER = "finalizer"
    ERROR_HANDLER = "error_handler"

    # Members are compared by identity; the inherited hash is a call of Python for each look-up.
    __hash__ = object.__hash__

    @property
    def section(self) -> str:
        """Returns the key of the catalogue section, e.g. `authenticators`."""
        return f"{self.value}s"


class Override(Enum):
    """What a rule's value does to the catalogue's."""

    REPLACE = "replace"
    MERGE = "merge"
    """A map: key by key; a specification: property by property."""


Config = TypeVar("Config", bound=Specification)


@dataclass(frozen=True, slots=True)
class MechanismType(Generic[Config]):
    """A type of mechanism, as the registry knows it."""

    kind: Kind
    name: str
    config: type[Config]
    build: Callable[[str, Config, Services], Mechanism]
    overridable: Mapping[str, Override]


def mechanism(
    kind: Kind,
    name: str,
    config: type[Config],
    build: Callable[[str, Config, Services], Mechanism],
    overridable: Mapping[str, Override] | None = None,
) -> MechanismType[Specification]:
    """Declares a mechanism type.

    Args:
        kind: what it does.
        name: the `type` of catalogue entries.
        config: decodes the entry's `config`; every override is decoded by it as well.
        build: makes the mechanism from the id of the entry, its configuration and the services;
            does no network I/O. Raises ValueError with a text for the operator when what the
            configuration leads to, such as a key store, can not be used.
        overridable: fields that the `config` of a rule's step may set. Everything else is
            refused when the rule is loaded.
    """

    def build_checked(entry_id: str, specification: Specification, services: Services) -> Mechanism:
        if not isinstance(specification, config):
            raise TypeError(f"{name} is configured by {config.__name__}")
        return build(entry_id, specification, services)

    return MechanismType(kind, name, config, build_checked, overridable or {})
