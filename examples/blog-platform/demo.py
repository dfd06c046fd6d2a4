"""Starts the blog platform and tells what to try; `demo.py check` tries it itself.

Everything runs on loopback until Ctrl-C. Nothing is left behind but the logs in `.run/`.
"""

import argparse
import asyncio
import signal
import sys

from runner.check import check
from runner.control import Control
from runner.guide import guide, write_secrets
from runner.plan import EXAMPLE, NotStarted, plan_usual
from runner.platform import Platform


async def show() -> bool:
    """Runs the platform until somebody stops it; whether nothing went wrong."""
    platform = Platform(plan_usual(EXAMPLE / ".run"))
    control = Control(platform)
    print("Starting the blog platform:")
    try:
        await platform.start()
        await control.start()
        write_secrets(platform.plan)
        print(f"\n{guide(platform.plan)}", flush=True)
        print(await platform.wait_for_a_death(), file=sys.stderr)
    finally:
        await control.stop()
        await platform.stop()
        print("\nEverything is stopped.")
    return False


async def run(*, checking: bool) -> int:
    """Returns the exit code: 0 if all went well or somebody stopped us, else 1."""
    work = asyncio.create_task(check() if checking else show())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _cancel_once, work)
    try:
        return 0 if await work else 1
    except NotStarted as failure:
        print(failure, file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        return 1 if checking else 0


def _cancel_once(work: asyncio.Task[bool]) -> None:
    # Whoever presses Ctrl-C twice must not interrupt the stopping.
    if not work.cancelling():
        work.cancel()


def main() -> int:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["show", "check"], default="show")
    return asyncio.run(run(checking=parser.parse_args().what == "check"))


if __name__ == "__main__":
    raise SystemExit(main())
