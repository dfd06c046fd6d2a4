"""How much slower the machine is than at rest, told by an empty loop between measurements."""

import statistics
import time

TURNS = 200_000


class Machine:
    """What empty loops took since this was made."""

    def __init__(self) -> None:
        self._loops: list[float] = []

    def look(self) -> None:
        """Runs the loop once."""
        begin = time.process_time()
        for _ in range(TURNS):
            pass
        self._loops.append(time.process_time() - begin)

    @property
    def slower(self) -> float:
        """The mean of all loops, to the best one."""
        return statistics.mean(self._loops) / min(self._loops)

    def show(self) -> None:
        """Prints both."""
        best = min(self._loops) / TURNS * 1e9
        print(f"  an empty loop took {self.slower:.2f} times as long as at its best, {best:.1f} ns")
