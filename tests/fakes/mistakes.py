"""What is wrong with a mechanism's configuration, in the few words that tests compare."""

from pydantic import ValidationError

from edgeauth.config.specification import Specification
from edgeauth.ports.declare import MechanismType


def mistakes(
    of: MechanismType[Specification], config: object, *, egress_tls: bool = True
) -> list[tuple[str, str]]:
    """Returns place and type of everything that is wrong; nothing for a good configuration."""
    try:
        of.config.model_validate(config, context={"egress_tls": egress_tls})
    except ValidationError as error:
        found = [
            (".".join(str(part) for part in each["loc"]), each["type"]) for each in error.errors()
        ]
        # A list with a wrong entry counts as too short as well; the catalogue leaves that out.
        return [
            (place, kind)
            for place, kind in found
            if kind != "too_short" or not any(other.startswith(f"{place}.") for other, _ in found)
        ]
    return []
