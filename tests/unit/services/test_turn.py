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
