"""Tells the upstream nothing, in the place of what the default rule would tell it."""

from typing import Final

from edgeauth.config.specification import Specification
from edgeauth.model.decision import HeaderEdits
from edgeauth.ports.declare import Kind, mechanism
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Granted

_NOTHING: Final = HeaderEdits()


class NoopSpecification(Specification):
    """The configuration of `noop`: there is nothing to configure."""


class NoopFinalizer:
    """Sets nothing."""

    async def finalize(self, granted: Granted) -> HeaderEdits:  # noqa: ARG002  (the port's)
        """Returns no edits."""
        return _NOTHING

    def owns(self) -> tuple[bytes, ...]:
        """Returns no names."""
        return ()


def _build(_id: str, _specification: NoopSpecification, _services: Services) -> NoopFinalizer:
    return NoopFinalizer()


TYPE = mechanism(Kind.FINALIZER, "noop", NoopSpecification, _build)
