"""What a mechanism is: five kinds, each with one method, each a pure question to the engine.

A mechanism's whole effect is what it returns, so that it can be cached, traced, replayed and
tested in one line. It never logs, never sees the listener and never touches the network but
through the services that it was built with. It returns a `Refusal` for "no", raises a `Fault` for
"could not tell", and whatever else it raises is a bug, which is a "no" as well.

Expressions see the content of a request only after it was read. The first that needs it raises
`ContentNeeded`, the engine reads it, and the step runs again from its beginning. So a mechanism
lets that pass, and evaluates what reads the request before it asks anybody anything.
"""

from typing import NamedTuple, Protocol, runtime_checkable

from edgeauth.model.decision import HeaderEdits, Refusal, Response
from edgeauth.model.identity import Principal
from edgeauth.model.json import Json
from edgeauth.ports.stages import Granted, Identified, Matched


class Allow(NamedTuple):
    """An authorizer's "yes", with what it learned on the way."""

    output: Json = None
    """Kept as `Outputs.<step id>` unless None."""
    edits: tuple[HeaderEdits, ...] = ()
    """What the upstream is to hear."""


ALLOWED = Allow()
"""The plain "yes"."""


class Authenticator(Protocol):
    """Says who is asking."""

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns the principal that the request's credentials prove.

        Raises:
            Fault: whoever had to be asked could not be, or answered nonsense.
        """
        ...


class Contextualizer(Protocol):
    """Finds out what else is known: a policy information point."""

    async def contextualize(self, known: Identified) -> Json:
        """Returns what is kept as `Outputs.<step id>`.

        Raises:
            Fault: it could not be found out; the pipeline ends.
        """
        ...


class Authorizer(Protocol):
    """Says whether the request may pass; one that tells the upstream something is an `Owner`."""

    async def authorize(self, known: Identified) -> Allow | Refusal:
        """Returns the verdict.

        Raises:
            Fault: there is no verdict, so the request does not pass.
        """
        ...


@runtime_checkable
class Owner(Protocol):
    """Sets fields of the upstream's request that no client may set."""

    def owns(self) -> tuple[bytes, ...]:
        """Returns the lower-cased names of the fields, and the cookies, that it may set.

        A cookie stands there as `edgeauth.wire.cookies.owned_cookie` has it. They are
        removed from every client's request, whether or not a value is set in it.
        """
        ...


class Finalizer(Owner, Protocol):
    """Tells the upstream who is asking and what was decided."""

    async def finalize(self, granted: Granted) -> HeaderEdits:
        """Returns the fields and cookies for the upstream.

        Raises:
            Fault: they could not be made; the request does not pass.
        """
        ...


class ErrorHandler(Protocol):
    """Turns a refusal into the answer that the client hears."""

    async def respond(self, refusal: Refusal, seen: Matched) -> Response:
        """Returns the answer.

        Raises:
            Fault: it could not be made; the client hears an internal error.
        """
        ...


@runtime_checkable
class OfOneStatus(Protocol):
    """An error handler whose answers all have the same status."""

    def status(self) -> int:
        """Returns the status of its answers."""
        ...


Mechanism = Authenticator | Contextualizer | Authorizer | Finalizer | ErrorHandler
