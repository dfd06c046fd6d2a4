"""The sweep of a listener: by which clock it goes, and what it tells of a loop that was blocked."""

import asyncio

from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.decision import DecisionDoor
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.server import Listener
from edgeauth.services.listener_status import ListenerStatus
from tests.fakes.connections import by_path


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop on which time may pass without anything being done."""

    ahead = 0.0

    def time(self) -> float:
        """Returns monotonic seconds."""
        return super().time() + self.ahead


async def swept(deadlines: Deadlines) -> None:
    """Waits for the next sweep."""
    before = deadlines.now
    async with asyncio.timeout(60):
        while deadlines.now == before:
            await asyncio.sleep(0.01)


def test_attack_212_time_in_which_the_loop_stood_still_is_counted_once():
    loop, deadlines, status = JumpingLoop(), Deadlines(), ListenerStatus("serve")

    async def scenario() -> None:
        listener = Listener(by_path, DecisionDoor(), deadlines, Limits(), status=status)
        await listener.start("127.0.0.1", 0)
        assert status.lag == 0.0
        loop.ahead += 1000.0
        await swept(deadlines)
        assert 999.0 < status.lag < 1200.0
        await swept(deadlines)
        assert status.lag < 1200.0
        await listener.drain(0.0)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(scenario())
