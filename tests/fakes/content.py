"""The content of a request without a door."""

from edgeauth.model.errors import Fault


class FakeContent:
    """Gives the content that it was made with, or fails; counts how often it is read."""

    def __init__(self, content: bytes | Fault = b"") -> None:
        self.content = content
        self.reads = 0

    async def read(self) -> bytes:
        self.reads += 1
        if isinstance(self.content, Fault):
            raise self.content
        return self.content
