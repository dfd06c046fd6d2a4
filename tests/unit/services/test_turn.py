import os
import threading

from edgeauth.services.turn import Turn


def test_processes_take_turns():
    turn = Turn()
    read, write = os.pipe()
    wait, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(wait, 1)
        with turn:
            os.write(write, b"second ")
        os._exit(0)
    with turn:
        os.write(go, b"!")
        os.write(write, b"first ")
    os.waitpid(pid, 0)

    assert os.read(read, 100) == b"first second "


def test_threads_take_turns():
    turn, order = Turn(), []

    def second() -> None:
        with turn:
            order.append("second")

    thread = threading.Thread(target=second)
    with turn:
        thread.start()
        order.append("first")
    thread.join()

    assert order == ["first", "second"]


def test_a_turn_ends_with_its_holder():
    turn = Turn()
    pid = os.fork()
    if pid == 0:
        turn.__enter__()
        os._exit(0)
    os.waitpid(pid, 0)

    with turn:
        pass


def test_processes_that_hold_one_turn_each_and_wait_for_the_others_in_other_threads_get_them():
    here, there = Turn(), Turn()
    started, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        crossed(there, here, started[1], go[0])
    os.read(started[0], 1)
    holding, waiting = held(here)
    os.write(go[1], b"!")
    with there:
        pass
    waiting.set()
    holding.join()

    assert os.waitpid(pid, 0)[1] == 0


def crossed(own: Turn, other: Turn, started: int, go: int) -> None:
    """Is a process that holds a turn until it has got the other one; ends."""
    try:
        holding, enough = held(own)
        os.write(started, b"!")
        os.read(go, 1)
        threading.Timer(0.2, enough.set).start()
        with other:
            pass
        holding.join()
        os._exit(0)
    finally:
        os._exit(1)


def held(turn: Turn) -> tuple[threading.Thread, threading.Event]:
    """Has a thread hold a turn; returns it, and what ends it."""
    has, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with turn:
            has.set()
            enough.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    has.wait()
    return thread, enough
