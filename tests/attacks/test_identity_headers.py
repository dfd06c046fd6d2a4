"""Section C: nobody but the pipeline says who is asking."""

import pytest

from tests.attacks.edge import Attack, request, table, withstand

SPELLINGS = {
    "attack-041 identity": b"X-User: root",
    "attack-041 identity in lower case": b"x-user: root",
    "attack-041 identity in upper case": b"X-USER: root",
    "attack-041 identity that the rule does not set": b"X-Tenant: root",
    "attack-041 credentials": b"Authorization: Bearer root",
    "attack-042 underscore": b"X_User: root",
    "attack-042 underscore in upper case": b"X_USER: root",
    "attack-042 underscore in credentials": b"AUTHORIZATION_: root",
    "attack-042 any underscore": b"A_B: root",
    "attack-043 dot": b"X.User: root",
    "attack-043 dot, not set by the rule": b"X.TENANT: root",
    "attack-043 dots in a forwarding field": b"X.Forwarded.For: root",
    "attack-043 dots in a hint": b"X.Original.Url: root",
    "attack-043 dot in framing": b"Transfer.Encoding: root",
    "attack-053 proxy credentials": b"Proxy-Authorization: root",
    "hop-by-hop TE": b"TE: root",
    "hop-by-hop Keep-Alive": b"Keep-Alive: root",
    "hop-by-hop Trailer": b"Trailer: root",
    "hop-by-hop Upgrade": b"Upgrade: root",
    "hop-by-hop Proxy-Connection": b"Proxy-Connection: root",
    "attack-044 listed in Connection": b"Connection: x-secret\r\nX-Secret: root",
    "attack-044 listed in other case": b"connection: KEEP-ALIVE, X-SECRET\r\nX-Secret: root",
}


@table(
    *(
        Attack(name, request(b"/", field), (200,), (b"/",), closed=False)
        for name, field in SPELLINGS.items()
    ),
    Attack(
        "attack-041 all of them",
        request(b"/", *(field for name, field in SPELLINGS.items() if "credentials" not in name)),
        (200,),
        (b"/",),
        closed=False,
    ),
)
def test_what_the_pipeline_answers_for_never_comes_from_the_client(attack):
    edge = withstand(attack)
    assert not any(b"root" in stream for stream in edge.upstream.streams)


@pytest.mark.parametrize(
    "listed",
    [
        b"X-User",
        b"Authorization",
        b"X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto, Forwarded",
        b"Host, Content-Length, Transfer-Encoding",
        b"close, X-User, Authorization",
    ],
    ids=lambda listed: f"attack-044 {listed.decode()}",
)
def test_a_client_can_not_make_the_edge_drop_its_own_fields(listed):
    closed = b"close" in listed
    raw = request(b"/", b"Connection: " + listed)
    edge = withstand(Attack("listed", raw, (200,), (b"/",), closed=closed))
    assert len(edge.upstream.requests[0].fields) == 7


@table(
    Attack("attack-046 two credentials", request(b"/", b"Authorization: a", b"Authorization: b")),
    Attack(
        "attack-046 two equal credentials", request(b"/", b"Authorization: a", b"authorization: a")
    ),
    Attack("attack-045 two content types", request(b"/", b"Content-Type: a", b"Content-Type: b")),
    Attack("attack-045 two proofs", request(b"/", b"DPoP: a", b"DPoP: b")),
    Attack("attack-045 two certificates", request(b"/", b"Client-Cert: a", b"Client-Cert: b")),
)
def test_a_field_that_may_come_once_is_refused_when_it_comes_twice(attack):
    withstand(attack)


def test_attack_048_a_look_alike_name_is_no_name():
    withstand(Attack("kelvin", request(b"/", "X-To\u212aen: a".encode())))


def test_fields_of_the_client_arrive_in_order_with_their_values():
    fields = (b"A: 1", b"B:  2 ", b"A:\t3\t", b"Cookie: a=b", b"Cookie: c=d", "C: é".encode())
    edge = withstand(Attack("plain", request(b"/", *fields), (200,), (b"/",), closed=False))
    assert edge.upstream.requests[0].fields[1:6] == [
        (b"a", b"1"),
        (b"b", b"2"),
        (b"a", b"3"),
        (b"cookie", b"a=b; c=d"),
        (b"c", "é".encode()),
    ]
