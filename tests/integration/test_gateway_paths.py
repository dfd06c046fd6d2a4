"""What a gateway forwards is what it has asked about, however a path or a host is written."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from edgeauth.wire.uri import parse_path
from tests.integration.gateways import (
    ALICE,
    FORWARDING_WHAT_CAME,
    Front,
    gateway,
    request,
)
from tests.integration.recording import Service

pytestmark = pytest.mark.slow

TARGETS = {
    "attack-001 dots": b"/open/../private/x",
    "attack-001 dots the other way": b"/private/../open/x",
    "attack-001 dots at the end": b"/open/x/..",
    "attack-001 dots before a query": b"/open/..?x=/open/x",
    "attack-001 dot": b"/open/./x",
    "attack-001 dot at the end": b"/open/x/.",
    "attack-001 dots in the query": b"/open/x?a=/../private//x",
    "attack-002 encoded dots": b"/open/%2e%2e/private/x",
    "attack-002 half encoded dots": b"/open/.%2E/private/x",
    "attack-002 encoded dots the other way": b"/private/%2e%2e/open/x",
    "attack-002 encoded dot": b"/open/%2e/x",
    "attack-003 encoded slash": b"/open%2f..%2fprivate/x",
    "attack-003 encoded slashes": b"/open/..%2Fprivate%2Fx",
    "attack-003 encoded slash in a name": b"/open/a%2Fb",
    "attack-004 backslash": b"/open\\..\\private\\x",
    "attack-004 encoded backslash": b"/open/..%5cprivate/x",
    "attack-005 encoded twice": b"/open/%252e%252e/private/x",
    "attack-005 slash encoded twice": b"/open/..%252fprivate/x",
    "attack-006 two slashes": b"//private/x",
    "attack-006 two slashes in between": b"/open//private/x",
    "attack-006 an authority": b"//open/private/x",
    "attack-006 slashes and dots": b"/open//..//private/x",
    "attack-007 parameter": b"/open/..;/private/x",
    "attack-007 parameter of a segment": b"/open;a=b/../private/x",
    "attack-008 NUL": b"/open/%00/../private/x",
    "attack-008 line feed": b"/open/%0d%0aX-User:%20root",
    "attack-008 raw tab": b"/open/\t/x",
    "attack-008 raw blank": b"/open/ /x",
    "attack-009 over-long": b"/open/%c0%ae%c0%ae/private/x",
    "attack-010 raw octets": "/open/é".encode(),
    "attack-010 raw octets in the query": "/open/x?é=é".encode(),
    "attack-010 full-width slash": "/open/..／private".encode(),
    "attack-012 fragment": b"/open/x#/../../private/x",
    "attack-012 fragment first": b"/open/#/../private/x",
    "attack-013 query mark": b"/private/x?/open/x",
    "attack-014 encoded query mark": b"/open/x%3f/../../private/x",
    "attack-014 encoded query mark at the end": b"/private/x%3f/open/x",
    "attack-018 no slash": b"open/x",
    "attack-018 star": b"*",
    "attack-019 another host": b"http://evil.test/private/x",
    "attack-019 this host": b"http://shop.test/private/x",
    "attack-019 without a path": b"http://shop.test?/open/x",
    "encoded letters": b"/%6fpen/x",
    "encoded letters of another rule": b"/%70rivate/x",
    "percent without digits": b"/open/%zz/x",
    "other characters": b'/open/a|b"c<d>e^f`g{h}',
    "capital letters": b"/OPEN/x",
    "plus and at": b"/open/a+b@c:d,e=f&g",
    "empty query": b"/open/x?",
    "several query marks": b"/open/x?a?b=?c",
}


@pytest.mark.parametrize("credentials", [(), (ALICE,)], ids=["nobody", "alice"])
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_what_is_forwarded_is_what_was_decided_about(
    front: Front, target: bytes, credentials: tuple[bytes, ...]
):
    answer, recorded = front.ask(request(target, *credentials))

    if recorded == []:
        assert answer.status in front.refusals
        return
    (one,) = recorded
    host, path, query = _read(str(one.seen["url"]))
    forwarded, _, asked = one.target.partition("?")
    assert one.all("host") == [host]
    assert asked == query
    # Nothing is left for the service to resolve, decode twice, or read in its own way.
    assert parse_path(forwarded.encode("latin-1")) == path
    assert not re.search(r"//|/\.{1,2}(/|$)|[\\;#\x00-\x20]", unquote(forwarded))
    assert forwarded.isascii()
    assert path.startswith("/open/") or path == "/" or one.seen["user"] == "alice"


@pytest.fixture(scope="module", params=FORWARDING_WHAT_CAME)
def careless(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    service: Service,
    decision_service: int,
) -> Iterator[Front]:
    """A gateway that forwards every path as it came, and leaves the refusing to edgeauth."""
    folder = tmp_path_factory.mktemp(request.param)
    with gateway(
        request.param, folder, asks=decision_service, before=service, careless=True
    ) as running:
        yield running


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(b"/open/../private/x", id="attack-001"),
        pytest.param(b"/private/../open/x", id="attack-001-the-other-way"),
        pytest.param(b"/open/x/..", id="attack-001-at-the-end"),
        pytest.param(b"/private/%2e%2e/open/x", id="attack-002"),
        pytest.param(b"//open/x", id="attack-006"),
        pytest.param(b"/private//../open/x", id="attack-006-and-dots"),
    ],
)
def test_a_path_that_is_forwarded_as_it_came_is_refused_by_edgeauth(careless: Front, target: bytes):
    assert careless.refused(request(target, ALICE)).status in careless.refusals
    assert careless.permitted(request(b"/private/x?a=/../b", ALICE)).seen["user"] == "alice"


def _read(url: str) -> tuple[str, str, str]:
    hierarchy, _, query = url.removeprefix("http://").partition("?")
    host, slash, path = hierarchy.partition("/")
    return host, slash + path, query


HOSTS = {
    "attack-024 capital letters": b"SHOP.test",
    "attack-024 dot at the end": b"shop.test.",
    "attack-025 user": b"shop.test@evil.test",
    "attack-025 empty port": b"shop.test:",
    "attack-025 odd port": b"shop.test:x",
    "attack-026 two in one": b"shop.test, evil.test",
    "attack-026 two": b"shop.test\r\nHost: evil.test",
    "attack-027 parameter": b"shop.test;host=evil.test",
    "attack-028 IPv6": b"[2001:db8::1]",
    "none": b"",
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS.keys())
def test_the_service_reads_the_host_that_was_decided_about(front: Front, host: bytes):
    answer, recorded = front.ask(request(b"/open/x", host=host))

    if recorded == []:
        assert answer.status in front.refusals
        return
    (one,) = recorded
    (told,) = one.all("host")
    assert told.lower().rstrip(".") == _read(str(one.seen["url"]))[0]
