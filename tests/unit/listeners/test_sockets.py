import os
import socket

import pytest

from edgeauth.listeners.sockets import Place, dealt, inherited_sockets, open_sockets


def place(port: int = 0, host: str = "127.0.0.1") -> Place:
    return Place("serve", host, port)


def close(groups: list[list[socket.socket]]) -> None:
    for each in (one for group in groups for one in group):
        each.close()


def test_a_place_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=f"^.*serve: can not listen on 127.0.0.1:{port}: Addr"):
            open_sockets(place(port))


def test_a_place_is_not_shared_by_accident_with_others_who_would_share_it():
    taken = open_sockets(place(), groups=2)
    port = taken[0][0].getsockname()[1]

    with pytest.raises(OSError, match="in use"):
        open_sockets(place(port), groups=2)

    close(taken)


def test_a_host_that_is_none_is_named():
    with pytest.raises(OSError, match=r"serve: can not listen on no-such-host\.invalid:0: "):
        open_sockets(place(host="no-such-host.invalid"))


def test_groups_listen_at_the_same_port():
    groups = open_sockets(place(), groups=3)

    assert len({each.getsockname()[1] for group in groups for each in group}) == 1
    assert len(groups) == 3
    close(groups)


def test_all_interfaces_are_one_port_of_each_family():
    groups = open_sockets(place(host=""))

    assert len({each.getsockname()[1] for each in groups[0]}) == 1
    close(groups)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LISTEN_FDS": "1"},
        {"LISTEN_FDS": "1", "LISTEN_PID": "1"},
        {"LISTEN_FDS": "many", "LISTEN_PID": str(os.getpid())},
        {"LISTEN_FDS": "-1", "LISTEN_PID": str(os.getpid())},
    ],
    ids=["nothing", "for-nobody", "for-somebody-else", "no-number", "negative"],
)
def test_sockets_for_somebody_else_are_not_taken(environment):
    assert inherited_sockets(environment) == {}
    assert environment == {}


@pytest.mark.parametrize(
    ("sockets", "workers", "shares"),
    [
        (3, 3, [[0], [1], [2]]),
        (1, 3, [[0], [0], [0]]),
        (4, 2, [[0, 2], [1, 3]]),
        (2, 3, [[0], [1], [0]]),
    ],
)
def test_every_worker_has_a_socket_and_every_socket_a_worker(sockets, workers, shares):
    made = [socket.socket() for _ in range(sockets)]

    assert dealt(made, workers) == [[made[number] for number in share] for share in shares]
    close([made])
