"""The types that a configuration may name: those of edgeauth, and those of `plugins`."""

from collections.abc import Callable, Iterable, Sequence

from edgeauth.catalogue.registry import Registry
from edgeauth.config.codes import Code
from edgeauth.config.errors import Collector
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.specification import Specification
from edgeauth.config.spelling import quoted
from edgeauth.ports.declare import Kind, MechanismType

Types = Sequence[MechanismType[Specification]]


def registry_for(
    configuration: Configuration,
    builtins: Types,
    load: Callable[[str], Types],
    problems: Collector,
) -> Registry:
    """Returns the types that the catalogue of a configuration may name.

    Args:
        configuration: names packages (`plugins`).
        builtins: types that come with edgeauth.
        load: returns those of a package; raises ValueError with a text for the operator.
        problems: receives what is wrong with packages; their types are not known then.
    """
    offered = list(builtins)
    owners = dict.fromkeys(map(_place, builtins), "edgeauth itself")
    for index, package in enumerate(configuration.plugins):
        try:
            found = load(package)
            _check_free(found, owners)
        except ValueError as error:
            text = str(error)
            problems.add(configuration.problem(text, "plugins", index, code=Code.UNUSABLE))
            continue
        owners |= dict.fromkeys(map(_place, found), f"package {quoted(package)}")
        offered += found
    return Registry(offered)


def _place(of: MechanismType[Specification]) -> tuple[Kind, str]:
    return of.kind, of.name


def _check_free(
    found: Iterable[MechanismType[Specification]], owners: dict[tuple[Kind, str], str]
) -> None:
    """Refuses types that take the name of another one, which rules may rely on."""
    seen: set[tuple[Kind, str]] = set()
    for each in found:
        owner = "the same package" if _place(each) in seen else owners.get(_place(each))
        if owner is not None:
            raise ValueError(
                f"{each.kind.value} type {quoted(each.name)} is there already, of {owner}"
            )
        seen.add(_place(each))
