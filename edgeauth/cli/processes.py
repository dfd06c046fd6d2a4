"""From a built application to the processes that serve it.

With one worker there is one process. With more there is a supervisor, a process for operators and
one for each worker. SIGTERM and SIGINT end them after the requests under way, SIGHUP has rule sets
read again, SIGUSR1 has logs opened again, and SIGUSR2 starts a successor that takes the sockets
over.
"""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Final

import structlog

from edgeauth.app import Application, Part, Role
from edgeauth.cli.signals import let_in
from edgeauth.cli.succession import Succession, predecessor_of
from edgeauth.listeners.parser import PARSERS
from edgeauth.listeners.sockets import dealt, inherited_sockets, open_sockets
from edgeauth.listeners.workers import Duty, Lifeline, Supervisor, available_processors
from edgeauth.services.telemetry.sharing import Board

_log = structlog.get_logger()
Sockets = Mapping[str, list[socket.socket]]
_LAST_WORDS: Final = 3.0
"""Seconds for the logs to be taken, once every request is answered."""
EXIT_SILENCED: Final = 1


def run(application: Application) -> None:
    """Serves until the process is told to stop.

    Raises:
        OSError: an address can not be listened on, or a log not be written; the text names it.
    """
    application.open_logs()
    workers = application.workers or available_processors()
    relieve = predecessor_of(os.environ)
    sockets = _sockets(application, workers)
    _log.info(
        "starting",
        workers=workers,
        parser=PARSERS.kind.name,
        event_loop="asyncio" if _loop_factory() is None else "uvloop",
    )
    if workers == 1:
        _serve(application, sockets, Part(), ready=relieve)
        return
    _supervise(application, sockets, workers, relieve)


def _sockets(application: Application, workers: int) -> dict[str, list[socket.socket]]:
    """Returns the sockets of each place: those handed over, else new ones."""
    inherited = inherited_sockets(os.environ)
    found: dict[str, list[socket.socket]] = {}
    for place in application.places():
        if place.name in inherited:
            found[place.name] = inherited.pop(place.name)
        else:
            groups = open_sockets(place, workers if place.name == "serve" else 1)
            found[place.name] = [each for group in groups for each in group]
    # Nobody would accept what comes there.
    _close_all_but([], inherited)
    return found


def _supervise(
    application: Application, sockets: Sockets, workers: int, relieve: Callable[[], None] | None
) -> None:
    board, lifeline = Board(workers), Lifeline()
    shares = dealt(sockets["serve"], workers)

    def worker(number: int) -> Callable[[int], None]:
        def work(generation: int) -> None:
            _close_all_but(shares[number], sockets)
            part = Part(Role.WORKER, number, generation, board)
            _serve(application, {"serve": shares[number]}, part, lifeline.descriptor)

        return work

    def manage(generation: int) -> None:
        _close_all_but([*sockets["management"], *sockets.get("metrics", [])], sockets)
        part = Part(Role.MANAGEMENT, generation=generation, board=board)
        _serve(application, sockets, part, lifeline.descriptor, relieve)

    duties = [Duty(f"worker {number}", worker(number)) for number in range(workers)]
    duties.append(Duty("management", manage))
    Supervisor(
        duties, lifeline, Succession(sockets).start, lambda: _close_all_but([], sockets)
    ).run()


def _close_all_but(kept: Sequence[socket.socket], sockets: Sockets) -> None:
    """Closes what this process does not serve: clients would wait there when the others end."""
    for each in (one for group in sockets.values() for one in group):
        if each not in kept:
            each.close()


def _serve(
    application: Application,
    sockets: Sockets,
    part: Part,
    lifeline: int | None = None,
    ready: Callable[[], None] | None = None,
) -> None:
    succeed = Succession(sockets).start if lifeline is None else lambda: None

    async def until_told_to_stop() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, application.reload)
        loop.add_signal_handler(signal.SIGUSR1, application.reopen_logs)
        loop.add_signal_handler(signal.SIGUSR2, succeed)
        if lifeline is not None:
            loop.add_reader(lifeline, stop.set)
        let_in()
        try:
            await application.start(sockets, part)
            if ready is not None:
                ready()
            await stop.wait()
        finally:
            _end_soon(application.drain_seconds + _LAST_WORDS)
            await application.stop()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(until_told_to_stop())


def _end_soon(seconds: float) -> None:
    """Ends the process after so long at the latest: nobody may read what it has to say."""
    ending = threading.Timer(seconds, os._exit, (EXIT_SILENCED,))
    ending.daemon = True
    try:
        ending.start()
    except RuntimeError:  # there may be no more threads
        signal.alarm(ceil(seconds))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        from edgeauth.services.event_loop import Loop
    except ImportError:  # not on every platform; the loop of the standard library does as well
        return None
    return Loop
