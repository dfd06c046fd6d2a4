import os

from edgeauth.services.turn import Turn


def test_processes_take_turns():
    turn = Turn()
    read, write = os.pipe()
    turn.__enter__()
    pid = os.fork()
    if pid == 0:
        with turn:
            os.write(write, b"second ")
        os._exit(0)
    os.write(write, b"first ")
    turn.__exit__(None, None, None)
    os.waitpid(pid, 0)

    assert os.read(read, 100) == b"first second "


def test_a_turn_ends_with_its_holder():
    turn = Turn()
    pid = os.fork()
    if pid == 0:
        turn.__enter__()
        os._exit(0)
    os.waitpid(pid, 0)

    with turn:
        pass
