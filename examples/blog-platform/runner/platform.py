"""Starts and stops the processes of the platform, and leaves none behind."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout

from runner.plan import EXAMPLE, NotStarted, Part, Plan

START_SECONDS = 30.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.05
LOG_LINES_SHOWN = 20
_PR_SET_PDEATHSIG = 1


class Platform:
    """All processes of a plan."""

    def __init__(self, plan: Plan, say: Callable[[str], None] = print) -> None:
        self.plan = plan
        self._say = say
        self._parts = {part.name: part for part in plan.parts()}
        self._running: dict[str, asyncio.subprocess.Process] = {}

    async def start(self) -> None:
        """Starts everything, and returns when everything is healthy.

        Raises:
            NotStarted: a process ended, or did not get healthy in time.
        """
        for part in self._parts.values():
            await self._spawn(part)
        async with asyncio.TaskGroup() as group:
            waits = [group.create_task(self._outcome(part)) for part in self._parts.values()]
        failures = [failure for wait in waits if (failure := wait.result())]
        if failures:
            raise NotStarted("\n".join(failures))

    async def stop(self) -> None:
        """Stops everything: asks first, and ends after five seconds what has not ended itself."""
        processes = list(self._running.values())
        self._running.clear()
        await asyncio.gather(*(_end(process) for process in processes))

    async def start_part(self, name: str) -> None:
        """Starts one part again, and returns when it is healthy.

        Raises:
            NotStarted: it does not get healthy.
        """
        if name not in self._running:
            await self._spawn(self._parts[name])
        if failure := await self._outcome(self._parts[name]):
            raise NotStarted(failure)

    async def stop_part(self, name: str) -> None:
        """Stops one part."""
        process = self._running.pop(name, None)
        if process is not None:
            await _end(process)

    async def wait_for_a_death(self) -> str:
        """Returns what is to be said of the first process that ends without having been stopped."""
        while True:
            for name, process in self._running.items():
                if process.returncode is not None:
                    return self._obituary(name, process.returncode)
            await asyncio.sleep(POLL_SECONDS)

    def has_part(self, name: str) -> bool:
        """Whether the platform has a part of this name."""
        return name in self._parts

    async def _spawn(self, part: Part) -> None:
        with self._log(part.name).open("ab") as log:
            try:
                self._running[part.name] = await asyncio.create_subprocess_exec(
                    *part.command,
                    cwd=EXAMPLE,
                    env=self.plan.environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # A session of its own: Ctrl-C reaches us alone, and we stop it in order.
                    start_new_session=True,
                    preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                )
            except OSError as error:
                raise NotStarted(
                    f"{part.command[0]} cannot be started: {error.strerror}"
                ) from error

    async def _outcome(self, part: Part) -> str | None:
        """Returns None when the part is healthy, else what is wrong with it."""
        try:
            async with asyncio.timeout(START_SECONDS), ClientSession() as session:
                while not await _is_healthy(session, part.health_url):
                    process = self._running[part.name]
                    if process.returncode is not None:
                        return self._obituary(part.name, process.returncode)
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            return (
                f"{part.name} is not healthy after {START_SECONDS:.0f} s.\n{self._tail(part.name)}"
            )
        self._say(f"  {part.name} is healthy")
        return None

    def _obituary(self, name: str, code: int) -> str:
        return f"{name} ended by itself with exit code {code}.\n{self._tail(name)}"

    def _tail(self, name: str) -> str:
        lines = self._log(name).read_text("utf-8", errors="replace").splitlines()
        return "\n".join(f"  {name} | {line}" for line in lines[-LOG_LINES_SHOWN:])

    def _log(self, name: str) -> Path:
        return self.plan.folder / f"{name}.log"


async def _is_healthy(session: ClientSession, url: str) -> bool:
    try:
        async with session.get(url, timeout=ClientTimeout(total=1)) as response:
            return response.status == 200
    except (ClientError, TimeoutError):
        return False


async def _end(process: asyncio.subprocess.Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        # The whole group: edgeauth has workers. It is there as long as we have not waited for it.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
                break
    # Workers that have outlived their parent.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _die_with_parent() -> None:
    """Has Linux end this process when the demo is killed and cannot stop it itself."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
