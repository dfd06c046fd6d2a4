"""Section D: where one message ends and the next begins."""

from edgeauth.listeners.limits import Limits
from tests.attacks.edge import GET, Attack, request, table, withstand

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked"


def post(*fields: bytes, body: bytes = b"", target: bytes = b"/") -> bytes:
    return request(target, *fields, method=b"POST", body=body)


def chunked(body: bytes) -> bytes:
    return post(CHUNKED, body=body)


LENGTHS = {
    "with a plus": b"+5",
    "negative": b"-5",
    "hexadecimal": b"0x5",
    "list of equal ones": b"5, 5",
    "list of different ones": b"5, 6",
    "with a fraction": b"5.0",
    "with an exponent": b"5e0",
    "empty": b"",
    "a word": b"five",
    "with an underscore": b"1_0",
    "beyond 64 bits": b"18446744073709551621",
    "beyond our own limit": b"9999999999999999999",
    "of full-width digits": "５".encode(),
    "with an inner blank": b"5 5",
    "with a vertical tab": b"\x0b5",
    "with a NUL": b"5\x00",
}

CODINGS = {
    "xchunked": b"xchunked",
    "identity": b"identity",
    "chunked, identity": b"chunked, identity",
    "identity, chunked": b"identity, chunked",
    "gzip, chunked": b"gzip, chunked",
    "gzip": b"gzip",
    "twice in a list": b"chunked, chunked",
    "empty": b"",
    "with a parameter": b"chunked;q=1",
    "quoted": b'"chunked"',
    "with a vertical tab": b"\x0bchunked",
    "with a form feed behind": b"chunked\x0c",
    "with a comma behind": b"chunked,",
    "with a comma before": b",chunked",
    "with a NUL": b"chunked\x00",
    "of look-alike letters": "chunKed".replace("K", "\u212a").encode(),
    "with a bare CR": b"chunked\rX",
}

UNSUPPORTED = {
    "xchunked",
    "identity",
    "identity, chunked",
    "gzip, chunked",
    "gzip",
    "with a parameter",
    "quoted",
    "with a comma before",
    "of look-alike letters",
}
"""Refused by us; the parser refuses the others."""

CHUNKS = {
    "size with a prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
    "size with a plus": b"+3\r\nabc\r\n0\r\n\r\n",
    "negative size": b"-3\r\nabc\r\n0\r\n\r\n",
    "size that is no number": b"xyz\r\nabc\r\n0\r\n\r\n",
    "empty size": b"\r\nabc\r\n0\r\n\r\n",
    "size beyond 64 bits": b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "size with a blank before": b" 3\r\nabc\r\n0\r\n\r\n",
    "size with an underscore": b"1_0\r\n" + b"a" * 16 + b"\r\n0\r\n\r\n",
    "line feed after the size": b"3\nabc\r\n0\r\n\r\n",
    "line feed after the data": b"3\r\nabc\n0\r\n\r\n",
    "line feeds everywhere": b"3\nabc\n0\n\n",
    "bare CR after the size": b"3\rabc\r\n0\r\n\r\n",
    "too much data": b"3\r\nabcd\r\n0\r\n\r\n",
    "nothing after the data": b"3\r\nabc0\r\n\r\n",
    "line feed in an extension": b"3;a=b\nabc\r\n0\r\n\r\n",
    "bare CR in an extension": b"3;a=\rb\r\nabc\r\n0\r\n\r\n",
    "NUL in an extension": b"3;a=\x00b\r\nabc\r\n0\r\n\r\n",
    "folded trailer": b"0\r\nA: b\r\n c\r\n\r\n",
    "trailer without a colon": b"0\r\nA\r\n\r\n",
    "trailer with a line feed": b"0\r\nA: b\n\r\n",
    "too many trailers": b"0\r\n" + b"A: b\r\n" * 17 + b"\r\n",
}

HEADS = {
    "blank before a colon": b"GET / HTTP/1.1\r\nHost : a.test\r\n\r\n",
    "folded field": b"GET / HTTP/1.1\r\nHost: a.test\r\nA: b\r\n c\r\n\r\n",
    "folded first field": b"GET / HTTP/1.1\r\n Host: a.test\r\n\r\n",
    "line feeds only": b"GET / HTTP/1.1\nHost: a.test\n\n",
    "line feed after the request line": b"GET / HTTP/1.1\nHost: a.test\r\n\r\n",
    "line feed after a field": b"GET / HTTP/1.1\r\nHost: a.test\nA: b\r\n\r\n",
    "line feed at the end": b"GET / HTTP/1.1\r\nHost: a.test\r\n\n",
    "bare CR in a value": b"GET / HTTP/1.1\r\nHost: a.test\r\nA: b\rC: d\r\n\r\n",
    "bare CR after the request line": b"GET / HTTP/1.1\rHost: a.test\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: a.test\r\nA: b\x00c\r\n\r\n",
    "NUL in a name": b"GET / HTTP/1.1\r\nHost: a.test\r\nA\x00: b\r\n\r\n",
    "escape in a value": b"GET / HTTP/1.1\r\nHost: a.test\r\nA: b\x1bc\r\n\r\n",
    "empty name": b"GET / HTTP/1.1\r\nHost: a.test\r\n: b\r\n\r\n",
    "name with a blank": b"GET / HTTP/1.1\r\nHost: a.test\r\nA b: c\r\n\r\n",
    "name with a parenthesis": b"GET / HTTP/1.1\r\nHost: a.test\r\nA(b): c\r\n\r\n",
    "name beyond ASCII": "GET / HTTP/1.1\r\nHost: a.test\r\nÄ: c\r\n\r\n".encode(),
    "no colon": b"GET / HTTP/1.1\r\nHost: a.test\r\nA\r\n\r\n",
    "tab in the request line": b"GET\t/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "blank before the method": b" GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "blank after the version": b"GET / HTTP/1.1 \r\nHost: a.test\r\n\r\n",
    "blank in the target": b"GET /a b HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "version 1.10": b"GET / HTTP/1.10\r\nHost: a.test\r\n\r\n",
    "version 1.2": b"GET / HTTP/1.2\r\nHost: a.test\r\n\r\n",
    "version in lower case": b"GET / http/1.1\r\nHost: a.test\r\n\r\n",
    "another protocol": b"GET / ICE/1.0\r\nHost: a.test\r\n\r\n",
    "TLS on a plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40,
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "zeros": b"\x00" * 64,
    "a response": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}


@table(
    *(
        Attack(
            f"attack-058 length {name}", post(b"Content-Length: " + value, body=b"hello") + HIDDEN
        )
        for name, value in LENGTHS.items()
    ),
    Attack(
        "attack-058 both framings", post(b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n" + HIDDEN)
    ),
    Attack(
        "attack-058 both framings, coding first",
        post(CHUNKED, b"Content-Length: 5", body=b"0\r\n\r\n" + HIDDEN),
    ),
    Attack(
        "attack-058 two equal lengths",
        post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"),
    ),
    Attack(
        "attack-058 two different lengths",
        post(b"Content-Length: 0", b"Content-Length: 5", body=b"hello" + HIDDEN),
    ),
    Attack(
        "attack-058 two lengths in different case",
        post(b"Content-Length: 5", b"content-length: 0", body=b"hello"),
    ),
    Attack(
        "attack-062 length with an underscore hides nothing",
        post(b"Content_Length: 40", body=HIDDEN),
        (200, 200),
        (b"/", b"/hidden"),
        closed=False,
    ),
)
def test_a_length_that_can_be_read_in_two_ways_is_refused(attack):
    withstand(attack)


@table(
    *(
        Attack(
            f"attack-059 coding {name}",
            post(b"Transfer-Encoding: " + value, body=b"0\r\n\r\n" + HIDDEN),
            (501,) if name in UNSUPPORTED else (400,),
        )
        for name, value in CODINGS.items()
    ),
    Attack("attack-059 two fields", post(CHUNKED, CHUNKED, body=b"0\r\n\r\n" + HIDDEN)),
    Attack(
        "attack-059 two fields that differ",
        post(CHUNKED, b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + HIDDEN),
    ),
    Attack(
        "attack-059 blank before the colon",
        post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + HIDDEN),
    ),
    Attack(
        "attack-059 in HTTP/1.0",
        b"POST / HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    Attack(
        "attack-059 in upper case",
        post(b"TRANSFER-ENCODING: CHUNKED", body=b"1\r\na\r\n0\r\n\r\n"),
        (200,),
        (b"/",),
        closed=False,
    ),
)
def test_a_coding_that_is_not_exactly_chunked_is_refused(attack):
    withstand(attack)


@table(*(Attack(f"attack-060 {name}", chunked(body) + HIDDEN) for name, body in CHUNKS.items()))
def test_a_chunk_that_is_not_exact_is_refused(attack):
    edge = withstand(attack)
    assert not any(b"hidden" in stream for stream in edge.upstream.streams)


@table(
    Attack(
        "attack-060 extension",
        chunked(b"3;a=b\r\nabc\r\n0;c\r\n\r\n"),
        (200,),
        (b"/",),
        closed=False,
    ),
    Attack(
        "attack-060 leading zeros",
        chunked(b"0003\r\nabc\r\n000\r\n\r\n"),
        (200,),
        (b"/",),
        closed=False,
    ),
    Attack(
        "attack-061 trailers",
        chunked(
            b"3\r\nabc\r\n0\r\nAuthorization: Bearer forged\r\nX-User: root\r\nHost: b.test\r\n\r\n"
        ),
        (200,),
        (b"/",),
        closed=False,
    ),
    Attack(
        "attack-061 trailer that frames",
        chunked(b"3\r\nabc\r\n0\r\nX-Content: 5\r\n\r\n"),
        (200,),
        (b"/",),
        closed=False,
    ),
)
def test_what_comes_with_chunks_is_dropped(attack):
    edge = withstand(attack)
    assert edge.upstream.requests[0].body == b"abc"
    assert not any(b"forged" in stream or b"root" in stream for stream in edge.upstream.streams)


@table(*(Attack(f"attack-047 {name}", raw) for name, raw in HEADS.items() if "0.9" not in name))
def test_a_head_that_is_not_exact_is_refused(attack):
    withstand(attack)


@table(
    Attack("attack-068 no version", b"GET /\r\n\r\n"),
    Attack("attack-068 version 0.9", b"GET / HTTP/0.9\r\nHost: a.test\r\n\r\n", (505,)),
    Attack("attack-068 version 2.0", b"GET / HTTP/2.0\r\nHost: a.test\r\n\r\n", (505,)),
    Attack("attack-068 preface of version 2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Attack("attack-068 1.0 without Host", b"GET / HTTP/1.0\r\n\r\n"),
    Attack("attack-068 1.0 closes", b"GET / HTTP/1.0\r\nHost: a.test\r\n\r\n", (200,), (b"/",)),
    Attack(
        "attack-068 1.0 closes whatever it asks",
        b"GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n",
        (200,),
        (b"/",),
    ),
    Attack(
        "attack-068 1.0 has no successor",
        b"GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n" + HIDDEN,
        (200,),
        (b"/",),
    ),
    Attack("attack-068 1.1 without Host", b"GET / HTTP/1.1\r\n\r\n"),
    Attack("attack-068 blank lines before", b"\r\n\r\n" + GET, (200,), (b"/",), closed=False),
)
def test_only_two_versions_are_spoken(attack):
    withstand(attack)


@table(
    *(
        Attack(
            f"attack-069 {method.decode()} with content",
            request(b"/", b"Content-Length: %d" % len(HIDDEN), method=method, body=HIDDEN),
        )
        for method in (b"GET", b"HEAD", b"DELETE")
    ),
    *(
        Attack(
            f"attack-069 {method.decode()} with chunks",
            request(b"/", CHUNKED, method=method, body=b"0\r\n\r\n"),
        )
        for method in (b"GET", b"HEAD", b"DELETE")
    ),
    Attack(
        "attack-069 GET with a length of 0",
        request(b"/", b"Content-Length: 0"),
        (200,),
        (b"/",),
        closed=False,
    ),
    Attack(
        "attack-064 upgrade with content",
        post(
            b"Connection: upgrade",
            b"Upgrade: websocket",
            b"Content-Length: %d" % len(HIDDEN),
            body=HIDDEN,
        ),
    ),
    Attack(
        "attack-064 upgrade with chunks",
        post(b"Connection: upgrade", b"Upgrade: websocket", CHUNKED, body=b"0\r\n\r\n" + HIDDEN),
    ),
    Attack(
        "attack-064 upgrade without option, with content",
        post(b"Upgrade: websocket", b"Content-Length: 5", body=b"hello"),
    ),
    Attack(
        "attack-065 websocket",
        request(b"/", b"Connection: upgrade", b"Upgrade: websocket") + HIDDEN,
        (200,),
        (b"/",),
    ),
    Attack(
        "attack-065 h2c",
        request(
            b"/",
            b"Connection: Upgrade, HTTP2-Settings",
            b"Upgrade: h2c",
            b"HTTP2-Settings: AAMAAABk",
        )
        + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        (200,),
        (b"/",),
    ),
    Attack(
        "attack-065 denied upgrade",
        request(b"/deny", b"Connection: upgrade", b"Upgrade: websocket") + HIDDEN,
        (403,),
    ),
    Attack(
        "attack-065 upgrade that is not listed",
        request(b"/", b"Upgrade: websocket") + GET,
        (200, 200),
        (b"/", b"/"),
        closed=False,
    ),
)
def test_content_where_there_may_be_none_is_refused(attack):
    withstand(attack)


@table(
    Attack(
        "attack-063 unknown", post(b"Expect: 200-ok", b"Content-Length: 5", body=b"hello"), (417,)
    ),
    Attack("attack-063 empty", post(b"Expect:", b"Content-Length: 5", body=b"hello"), (417,)),
    Attack(
        "attack-063 list",
        post(b"Expect: 100-continue, x", b"Content-Length: 5", body=b"hello"),
        (417,),
    ),
    Attack(
        "attack-063 twice",
        post(b"Expect: 100-continue", b"Expect: 100-continue", b"Content-Length: 5", body=b"hello"),
    ),
    Attack(
        "attack-063 denied before 100",
        post(b"Expect: 100-continue", b"Content-Length: 5", target=b"/deny"),
        (403,),
    ),
    Attack(
        "attack-063 without content",
        request(b"/", b"Expect: 100-continue"),
        (200,),
        (b"/",),
        closed=False,
    ),
)
def test_an_expectation_is_answered_after_the_decision(attack):
    withstand(attack)


@table(
    Attack("attack-057 long target", request(b"/" + b"a" * 8001), (414,)),
    Attack("attack-057 long query", request(b"/?" + b"a" * 8000), (414,)),
    Attack("attack-057 long value", request(b"/", b"A: " + b"a" * 8200), (431,)),
    Attack("attack-057 long name", request(b"/", b"a" * 8200 + b": b"), (431,)),
    Attack("attack-057 many fields", request(b"/", *(b"A%d: b" % n for n in range(100))), (431,)),
    Attack(
        "attack-057 many octets in fields",
        request(b"/", *(b"A%d: " % n + b"b" * 200 for n in range(50))),
        (431,),
    ),
    Attack("attack-057 endless value", request(b"/")[:-2] + b"A: " + b"a" * 400_000, (431,)),
    Attack("attack-057 endless target", b"GET /" + b"a" * 400_000, (414,)),
    Attack("attack-057 endless name", request(b"/")[:-2] + b"a" * 400_000, (431,)),
    Attack(
        "attack-057 just enough fields",
        request(b"/", *(b"A%d: b" % n for n in range(99))),
        (200,),
        (b"/",),
        closed=False,
    ),
    Attack(
        "attack-057 just enough target",
        request(b"/" + b"a" * 7999),
        (200,),
        (b"/" + b"a" * 7999,),
        closed=False,
    ),
)
def test_a_head_that_is_too_large_is_answered_as_such(attack):
    withstand(attack, limits=Limits(head_octets=8192))
