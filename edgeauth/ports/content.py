"""The content of a request, as the engine may ask for it."""

from typing import Final, Protocol

from edgeauth.model.errors import Fault, Reason


class ContentSource(Protocol):
    """Whoever has received the request: its door."""

    async def read(self) -> bytes:
        """Returns the whole content, which stays there to be forwarded; empty when there is none.

        It may be asked for more than once, and by one step at a time.

        Raises:
            Fault: PRECONDITION: there is more of it than may be held.
        """
        ...


class _NoDoor:
    """Stands for the door where there is none; it does not claim that there is no content."""

    async def read(self) -> bytes:
        raise Fault(Reason.INTERNAL, "nobody can read the content of this request")


NO_DOOR: Final = _NoDoor()
"""The source of requests that came through no door, such as those of a dry run."""
