"""The decision door reads what it is asked as strictly as the proxy does."""

from edgeauth.model.decision import Decision, HeaderEdits, Permit
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from tests.attacks import test_framing, test_hosts_and_methods, test_paths
from tests.attacks.edge import GET, Attack, request, run, running_edge, table, withstand

HIDDEN = test_framing.HIDDEN


@table(
    *(Attack(name, request(target)) for name, target in test_paths.MALFORMED.items()),
    *(Attack(name, request(host=host)) for name, host in test_hosts_and_methods.HOSTS.items()),
    *(Attack(f"attack-047 {name}", raw) for name, raw in test_framing.HEADS.items()),
    *(
        Attack(
            f"attack-058 length {name}",
            test_framing.post(b"Content-Length: " + value, body=b"hello") + HIDDEN,
        )
        for name, value in test_framing.LENGTHS.items()
    ),
    *(
        Attack(name, request(method=method), (status,))
        for name, (method, status) in test_hosts_and_methods.METHODS.items()
    ),
    Attack("attack-001 dots", request(b"/public/../deny") + GET, (403, 200), closed=False),
    Attack("attack-006 slashes", request(b"//deny") + GET, (403, 200), closed=False),
    Attack("pipelined", (GET + request(b"/deny")) * 500, (200, 403) * 500, closed=False),
    Attack(
        "content that is not waited for",
        request(b"/", b"Content-Length: 5", method=b"POST", body=b"hello") + GET,
        (200,),
    ),
)
def test_the_decision_door_is_as_strict(attack):
    withstand(attack, door="decision")


def test_a_gateway_hears_what_to_tell_and_no_framing():
    edits = HeaderEdits(
        (
            (b"x-user", b"alice"),
            (b"x-user", b"again"),
            (b"content-length", b"99"),
            (b"transfer-encoding", b"chunked"),
            (b"connection", b"close"),
        ),
        (("session", "1"),),
    )

    async def permit(_: Request, _content: ContentSource) -> Decision:
        return Permit("rule", "alice", edits, None)

    async def scenario() -> None:
        async with running_edge(decide=permit, door="decision") as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).fields == [
                (b"x-user", b"alice"),
                (b"x-user", b"again"),
                (b"set-cookie", b"session=1"),
                (b"content-length", b"0"),
            ]
            assert await client.usable()

    run(scenario())
