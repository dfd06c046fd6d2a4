"""Section A: one reading of the path, for the rule and for the upstream."""

from tests.attacks.edge import Attack, request, table, withstand

MALFORMED = {
    "attack-002 encoded dots": b"/public/%2e%2e/deny",
    "attack-002 encoded dots in upper case": b"/public/%2E%2E/deny",
    "attack-002 half encoded dots": b"/public/.%2e/deny",
    "attack-002 half encoded dots, other half": b"/public/%2e./deny",
    "attack-002 encoded dot": b"/public/%2e/deny",
    "attack-002 encoded dots at the end": b"/public/%2e%2e",
    "attack-003 dots between encoded slashes": b"/public/x%2f..%2fdeny",
    "attack-003 dots before an encoded slash": b"/public/..%2fdeny",
    "attack-003 dots behind an encoded slash": b"/public/x%2f../deny",
    "attack-004 backslash": b"/public\\..\\deny",
    "attack-004 encoded backslash": b"/public%5c..%5cdeny",
    "attack-004 encoded backslash in upper case": b"/public/..%5Cdeny",
    "attack-005 dots encoded twice": b"/public/%252e%252e/deny",
    "attack-005 slash encoded twice": b"/public%252fdeny",
    "attack-005 slash encoded three times": b"/public%25252fdeny",
    "attack-005 backslash encoded twice": b"/public%255cdeny",
    "attack-005 NUL encoded twice": b"/public%2500",
    "attack-005 encoded digits of an escape": b"/public/%25%32%65%25%32%65/deny",
    "attack-007 parameter": b"/deny;x=1",
    "attack-007 parameter after dots": b"/public/..;/deny",
    "attack-007 parameter before dots": b"/public;/../deny",
    "attack-008 NUL": b"/deny%00.png",
    "attack-008 CR": b"/public%0d",
    "attack-008 LF": b"/public%0aX-User:%20root",
    "attack-008 tab": b"/public%09",
    "attack-008 delete": b"/public%7f",
    "attack-008 raw tab": b"/pub\tlic",
    "attack-009 over-long slash": b"/public/..%c0%afdeny",
    "attack-009 over-long dot": b"/public/%c0%ae%c0%ae/deny",
    "attack-009 lone surrogate": b"/%ed%a0%80",
    "attack-009 lone octet": b"/%ff",
    "attack-009 half a character": b"/%c3",
    "attack-009 raw octets": "/é".encode(),
    "attack-010 raw full-width slash": "/public／deny".encode(),
    "attack-012 fragment": b"/#/../deny",
    "attack-012 fragment behind a query": b"/public?a#b",
    "attack-012 fragment only": b"#",
    "attack-018 no slash": b"deny",
    "attack-018 dots without a slash": b"../deny",
    "attack-018 empty": b"",
    "attack-018 asterisk with GET": b"*",
    "attack-018 authority": b"a.test:80",
    "attack-018 query only": b"?a",
    "attack-018 another scheme": b"ftp://a.test/deny",
    "attack-018 file": b"file:///deny",
    "attack-018 scheme without a host": b"http:///deny",
    "attack-018 one slash": b"http:/deny",
    "attack-019 other host": b"http://b.test/deny",
    "attack-019 other port": b"http://a.test:81/",
    "attack-019 user information": b"http://a.test@b.test/",
    "attack-019 user information that looks right": b"http://b.test@a.test/",
    "attack-019 backslash behind the host": b"http://a.test\\b.test/",
    "attack-019 no path": b"http://a.test",
    "attack-019 query behind the host": b"http://a.test?/deny",
    "attack-019 fragment behind the host": b"http://a.test#@b.test/",
    "percent without digits": b"/%",
    "percent with one digit": b"/%2",
    "percent with wrong digits": b"/%zz",
    "percent twice": b"/%%32%65",
    "percent u": b"/%u002e",
}

NORMAL = {
    "attack-001 dots to the root": (b"/a/../b", b"/b"),
    "attack-001 dots beyond the root": (b"/../../b", b"/b"),
    "attack-001 single dots": (b"/./a/./b", b"/a/b"),
    "attack-001 three dots are a name": (b"/a/.../b", b"/a/.../b"),
    "attack-002 encoded letters": (b"/%61dmin", b"/admin"),
    "attack-002 encoded dot inside a name": (b"/a%2ejson", b"/a.json"),
    "attack-002 lower-case digits": (b"/a%20b%c3%a9", b"/a%20b%C3%A9"),
    "attack-006 two slashes": (b"//admin", b"/admin"),
    "attack-006 an authority": (b"//evil.test/admin", b"/evil.test/admin"),
    "attack-006 many slashes": (b"/a////b//", b"/a/b/"),
    "attack-010 full-width slash": (b"/public%ef%bc%8fdeny", b"/public%EF%BC%8Fdeny"),
    "attack-010 full-width dots": (b"/a/%ef%bc%8e%ef%bc%8e/b", b"/a/%EF%BC%8E%EF%BC%8E/b"),
    "attack-011 upper case is another path": (b"/DENY", b"/DENY"),
    "attack-013 path in the query": (b"/x?/deny/../..", b"/x?/deny/../.."),
    "attack-013 encoded question mark": (b"/x%3f/y", b"/x%3F/y"),
    "attack-013 second question mark": (b"/x?a?b", b"/x?a?b"),
    "attack-017 dot at the end": (b"/admin/.", b"/admin"),
    "attack-017 dots at the end": (b"/admin/x/..", b"/admin"),
    "attack-017 dot at the end of a name": (b"/admin.", b"/admin."),
    "attack-017 slash at the end": (b"/admin/", b"/admin/"),
    "attack-019 same host": (b"http://a.test/x?y", b"/x?y"),
    "attack-019 same host, other case": (b"HTTP://A.TEST/x", b"/x"),
    "attack-019 slashes behind the host": (b"http://a.test//evil.test/x", b"/evil.test/x"),
    "attack-047 raw quotes": (b'/a"<>^`{|}', b"/a%22%3C%3E%5E%60%7B%7C%7D"),
    "kept as they are": (b"/a[b]!$&'()*+,=:@~", b"/a[b]!$&'()*+,=:@~"),
}

DENIED = {
    "attack-001 dots": b"/public/../deny",
    "attack-001 dots after dots": b"/public/./x/../../deny",
    "attack-002 encoded letters": b"/%64%65%6e%79",
    "attack-006 two slashes": b"//deny",
    "attack-006 slashes and dots": b"/.//deny",
    "attack-019 absolute": b"http://a.test/public/../deny",
}


@table(*(Attack(name, request(target)) for name, target in MALFORMED.items()))
def test_a_path_that_can_be_read_in_two_ways_is_refused(attack):
    withstand(attack)


@table(*(Attack(name, request(target), (403,), closed=False) for name, target in DENIED.items()))
def test_the_rule_sees_the_normal_form(attack):
    withstand(attack)


@table(
    *(
        Attack(name, request(target), (200,), (reached,), closed=False)
        for name, (target, reached) in NORMAL.items()
    ),
    Attack("attack-018 asterisk", request(b"*", method=b"OPTIONS"), (200,), (b"/",), closed=False),
)
def test_the_upstream_gets_the_normal_form(attack):
    withstand(attack)
