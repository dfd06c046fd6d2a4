"""Section B: host, scheme, port and method."""

import pytest

from tests.attacks.edge import Attack, Upstream, request, run, running_edge, table, withstand

HOSTS = {
    "attack-025 port that is no number": b"a.test:x",
    "attack-025 empty port": b"a.test:",
    "attack-025 port 0": b"a.test:0",
    "attack-025 port with zeros": b"a.test:080",
    "attack-025 port beyond 65535": b"a.test:65536",
    "attack-025 huge port": b"a.test:99999999999",
    "attack-025 signed port": b"a.test:+80",
    "attack-025 two ports": b"a.test:80:81",
    "attack-027 empty": b"",
    "attack-027 user information": b"user@a.test",
    "attack-027 blank": b"a.test b.test",
    "attack-027 comma": b"a.test,b.test",
    "attack-027 forged Forwarded": b"a.test;proto=https;host=evil.test",
    "attack-027 quote": b'a.test"',
    "attack-027 slash": b"a.test/x",
    "attack-027 backslash": b"a.test\\x",
    "attack-027 question mark": b"a.test?",
    "attack-027 percent": b"a%2etest",
    "attack-027 not ASCII": "ä.test".encode(),
    "attack-027 tab inside": b"a\ttest",
    "attack-024 two dots at the end": b"a.test..",
    "attack-024 empty label": b"a..test",
    "attack-024 leading dot": b".a.test",
    "attack-024 leading dash": b"-a.test",
    "attack-024 too long": b"a" * 300,
    "attack-028 zone": b"[fe80::1%25eth0]",
    "attack-028 no bracket": b"::1",
    "attack-028 open bracket": b"[::1",
    "attack-028 IPv4 in brackets": b"[127.0.0.1]",
    "attack-028 rubbish behind": b"[::1]x",
    "attack-028 rubbish inside": b"[:::1]",
    "attack-028 future version": b"[v1.fe80]",
}

READ = {
    "attack-024 upper case": (b"A.TEST", b"a.test"),
    "attack-024 dot at the end": (b"a.test.", b"a.test"),
    "attack-024 dot before the port": (b"A.Test.:8080", b"a.test:8080"),
    "attack-028 IPv6": (b"[::1]:80", b"[::1]:80"),
}

METHODS = {
    "attack-036 lower case": (b"get", 400),
    "attack-036 TRACE": (b"TRACE", 405),
    "attack-036 unknown": (b"FROBNICATE", 400),
    "attack-036 long": (b"A" * 300, 400),
    "attack-036 not ASCII": ("GÉT".encode(), 400),
    "attack-036 with a colon": (b"GET:", 400),
}


@table(
    *(Attack(name, request(host=host)) for name, host in HOSTS.items()),
    Attack("attack-026 two hosts", request(b"/", b"Host: b.test")),
    Attack("attack-026 two equal hosts", request(b"/", b"Host: a.test")),
    Attack("attack-026 two hosts in different case", request(b"/", b"hOST: b.test")),
)
def test_what_is_not_plainly_a_host_is_refused(attack):
    withstand(attack)


@table(
    *(
        Attack(name, request(host=host), (200,), (b"/",), closed=False)
        for name, (host, _) in READ.items()
    )
)
def test_hosts_are_read_in_one_form(attack):
    edge = withstand(attack)
    expected = READ[attack.name][1]
    assert edge.upstream.requests[0].all(b"host") == [expected]
    assert edge.upstream.requests[0].all(b"x-forwarded-host") == [expected]


@table(
    *(
        Attack(name, request(method=method), (status,))
        for name, (method, status) in METHODS.items()
    ),
    Attack("attack-036 CONNECT", request(b"a.test:80", method=b"CONNECT") + request(b"/x")),
    Attack("attack-036 CONNECT with a path", request(b"/", method=b"CONNECT"), (405,)),
    Attack("attack-036 long but known", request(method=b"PROPFIND"), (200,), (b"/",), closed=False),
)
def test_methods_that_are_not_for_us_are_refused(attack):
    withstand(attack)


FORGED = (
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Host: evil.test",
    b"X-Forwarded-Uri: /deny",
    b"X-Forwarded-Path: /deny",
    b"X-Forwarded-Method: DELETE",
    b"X-Forwarded-For: 10.0.0.1",
    b"Forwarded: for=10.0.0.1;host=evil.test;proto=https",
    b"X-Forwarded-Prefix: /evil",
    b"X-Forwarded-Port: 1",
    b"X-Forwarded-Server: evil.test",
    b"X-Forwarded-Ssl: on",
    b"X-Original-URL: /deny",
    b"X-Original-Uri: /deny",
    b"X-Original-Method: DELETE",
    b"X-Rewrite-URL: /deny",
    b"X-Envoy-Original-Path: /deny",
    b"X-HTTP-Method-Override: DELETE",
    b"X-HTTP-Method: DELETE",
    b"X-Method-Override: DELETE",
    b"X-Real-IP: 10.0.0.1",
    b"True-Client-IP: 10.0.0.1",
    b"X-Envoy-Internal: true",
    b"X-Forwarded-Client-Cert: evil",
    b"Client-Cert: :evil:",
)


@pytest.mark.parametrize("field", FORGED, ids=lambda field: f"attack-020-040 {field.decode()}")
@pytest.mark.parametrize(
    "spelling", [bytes, bytes.lower, bytes.upper], ids=["as is", "lower", "upper"]
)
def test_an_untrusted_peer_says_nothing_about_the_original_request(field, spelling):
    name, _, value = field.partition(b":")
    attack = Attack(
        "forged", request(b"/x", spelling(name) + b":" + value), (200,), (b"/x",), closed=False
    )
    edge = withstand(attack)
    seen = edge.upstream.requests[0]
    assert seen.start[0] == b"GET"
    assert dict(seen.fields) == {
        b"host": b"a.test",
        b"authorization": b"Bearer signed-by-the-edge",
        b"x-user": b"alice",
        b"x-forwarded-for": b"127.0.0.1",
        b"x-forwarded-host": b"a.test",
        b"x-forwarded-proto": b"http",
        b"forwarded": b'for=127.0.0.1;host="a.test";proto=http',
    }


TRUSTED_AND_REFUSED = {
    "attack-021 forwarded URI without a path": b"X-Forwarded-Uri: https:///x/%2e%2e/",
    "attack-021 forwarded URI with a fragment": b"X-Forwarded-Uri: /x#y",
    "attack-021 forwarded URI without a slash": b"X-Forwarded-Uri: deny",
    "attack-021 forwarded URI that is not ASCII": "X-Forwarded-Uri: http://ä/ü?ö".encode(),
    "attack-021 forwarded URI with encoded dots": b"X-Forwarded-Uri: /x/%2e%2e/deny",
    "attack-030 forwarded scheme": b"X-Forwarded-Proto: ftp",
    "attack-030 forwarded schemes": b"X-Forwarded-Proto: https,http",
    "attack-031 forwarded host": b"X-Forwarded-Host: a.test;evil",
    "attack-031 forwarded hosts": b"X-Forwarded-Host: a.test, b.test",
    "attack-040 forwarded method": b"X-Forwarded-Method: GET /x",
    "attack-040 forwarded CONNECT": b"X-Forwarded-Method: CONNECT",
    "attack-040 forwarded TRACE": b"X-Forwarded-Method: TRACE",
    "attack-040 forwarded HEAD": b"X-Forwarded-Method: HEAD",
}


@pytest.mark.parametrize("field", TRUSTED_AND_REFUSED.values(), ids=TRUSTED_AND_REFUSED.keys())
def test_a_trusted_peer_is_read_strictly(field):
    upstream = Upstream()

    async def scenario() -> None:
        async with (
            running_edge(upstream, trusted=("127.0.0.0/8",)) as edge,
            edge.client() as client,
        ):
            client.send(request(b"/x", field))
            assert (await client.answer()).status == 400

    run(scenario())
    assert upstream.streams == []


def test_attack_035_a_trusted_peer_does_not_reroute_behind_the_decision():
    upstream = Upstream()
    fields = [
        field for field in FORGED if b"Original" in field or b"Method" in field or b"Rewr" in field
    ]

    async def scenario() -> None:
        async with (
            running_edge(upstream, trusted=("127.0.0.0/8",)) as edge,
            edge.client() as client,
        ):
            client.send(request(b"/x", *fields))
            assert (await client.answer()).status == 200

    run(scenario())
    assert upstream.faults == []
    assert upstream.requests[0].start == (b"DELETE", b"/x")
    names = {name for name, _ in upstream.requests[0].fields}
    assert not [
        name for name in names if b"original" in name or b"method" in name or b"rewrite" in name
    ]
