"""Mechanisms of other packages: installed beside edgeauth, and loaded only where they are named.

A package is asked for by its own name. That others which happen to be installed offer mechanisms as
well is nobody's business here: nothing of them is imported.

Trust: whoever writes the configuration decides whose code runs in the process. Loaded code may do
anything; what is checked is that it offers what it says, so that a mistake is one of the start.

Source:
    Entry points specification (packaging.python.org); names as in PEP 503.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution
from typing import Final, TypeAlias

from edgeauth.config.specification import Specification
from edgeauth.config.spelling import quoted
from edgeauth.ports.declare import Kind, MechanismType, Override
from edgeauth.ports.mechanisms import Mechanism
from edgeauth.ports.services import Services

GROUP: Final = "edgeauth.mechanisms"
"""The group of entry points; each leads to what `edgeauth.ports.declare.mechanism` returns."""

_METHODS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.AUTHENTICATOR: ("authenticate",),
    Kind.CONTEXTUALIZER: ("contextualize",),
    Kind.AUTHORIZER: ("authorize",),
    Kind.FINALIZER: ("finalize", "owns"),
    Kind.ERROR_HANDLER: ("respond",),
}
Build: TypeAlias = Callable[[str, Specification, Services], Mechanism]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


class PluginError(ValueError):
    """Raised for a package that does not offer mechanisms; the text is for the operator."""


def load_plugin(package: str) -> tuple[MechanismType[Specification], ...]:
    """Returns the types of mechanisms that a package offers.

    Args:
        package: the name that it is installed under.

    Raises:
        PluginError: it is not installed, offers nothing, can not be imported, or what it offers
            is no type of mechanism.
    """
    entries = sorted(_installed(package).entry_points.select(group=GROUP), key=lambda one: one.name)
    if not entries:
        raise PluginError(f"package {quoted(package)} has no entry points in {GROUP}")
    return tuple(_loaded(package, each) for each in entries)


def _installed(package: str) -> Distribution:
    try:
        return distribution(package)
    except PackageNotFoundError:
        message = f"package {quoted(package)} is not installed where edgeauth is"
        raise PluginError(message) from None


def _loaded(package: str, entry: EntryPoint) -> MechanismType[Specification]:
    place = f"{entry.value} of package {quoted(package)}"
    try:
        found = entry.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{place} can not be imported: {error}") from None
    except Exception as error:  # noqa: BLE001  (somebody else's code; its text may hold anything)
        raise PluginError(f"{place} can not be imported: {type(error).__name__}") from None
    if not isinstance(found, MechanismType):
        raise PluginError(f"{place} is not made by edgeauth.ports.declare.mechanism()")
    problem = _problem(found.kind, found.name, found.config, found.overridable)
    if problem:
        raise PluginError(f"{place} {problem}")
    return replace(found, build=_guarded(place, found))


def _guarded(place: str, of: MechanismType[Specification]) -> Build:
    """Returns what builds a mechanism, and makes a bug of that one of the start."""

    def build(entry_id: str, specification: Specification, services: Services) -> Mechanism:
        try:
            made = of.build(entry_id, specification, services)
        except ValueError:
            raise
        except Exception as error:
            raise PluginError(f"{place} can not be built: {type(error).__name__}") from error
        for method in _METHODS[of.kind]:
            if not callable(getattr(made, method, None)):
                raise PluginError(f"{place} builds something that has no {method}()")
        return made

    return build


def _problem(kind: object, name: object, config: object, overridable: object) -> str:
    """Returns what a type checker would have said of a declaration; empty for a good one."""
    if not isinstance(kind, Kind):
        return "is of no kind"
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        return "has a name that is not made of lower-case letters, digits and underscores"
    if not (isinstance(config, type) and issubclass(config, Specification)):
        return "has a config that is no class derived from Specification"
    known = {field.alias or name for name, field in config.model_fields.items()}
    effects = overridable if isinstance(overridable, Mapping) else {"": None}
    for key, effect in effects.items():
        if key not in known or not isinstance(effect, Override):
            return f"lets rules override {quoted(str(key))}, which is no setting"
    return ""
