"""Proxies that variables of the environment name."""

import pytest

from edgeauth.config.errors import Collector
from edgeauth.config.outbound_proxies import OutboundProxies, Proxy
from edgeauth.config.proxy_variables import outbound_proxies

PROXY = "http://proxy.test:3128"


def read(variables: dict[str, str]) -> tuple[OutboundProxies, list[str]]:
    problems = Collector()
    found = outbound_proxies(variables, problems)
    return found, [f"{one.file}: {one.message}" for one in problems.found]


def through(variables: dict[str, str], scheme: str, host: str, port: int) -> bool:
    found, problems = read(variables)
    assert problems == []
    return found.of(scheme, host, port) is not None


@pytest.mark.parametrize(
    "value",
    [
        "https://proxy.test",
        "socks5://proxy.test",
        "http://",
        "http://:80",
        "http://proxy.test:0x",
        "http://proxy.test:65536",
        "http://proxy.test/s3cret",
        "http://proxy.test?s3cret",
        "http://[::1",
        "http://pro xy",
        "http://prö.test",
        "http://s3cret%0d%0a:x@proxy.test",
        "http://s3cret%3ax:x@proxy.test",
        "s3cret:x@",
        "http://a@b@c/d",
    ],
)
@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy"])
def test_what_is_no_proxy_is_refused_and_not_shown(name, value):
    found, (problem,) = read({name: value})
    assert problem.startswith(f"environment variable {name}: ")
    assert "s3cret" not in problem
    assert found.of("http", "orders.test", 80) is None


@pytest.mark.parametrize(
    "entry",
    [
        "http://a.test",
        "10.0.0.0/33",
        "a b",
        "192.168.*",
        ".10.0.0.1",
        "a:b",
        "a:0",
        "a:65536",
        "[a",
    ],
)
def test_an_exemption_that_means_nothing_is_refused(entry):
    _, problems = read({"NO_PROXY": f"good.test,{entry}"})
    assert problems == ["environment variable NO_PROXY: entry 2 of the value means nothing"]


def test_without_variables_nobody_is_asked_through_a_proxy():
    for variables in ({}, {"HTTP_PROXY": "", "HTTPS_PROXY": " "}, {"NO_PROXY": "a.test"}):
        assert not through(variables, "http", "orders.test", 80)
        assert not through(variables, "https", "orders.test", 443)


def test_attack_186_in_a_cgi_program_the_variable_that_clients_can_set_does_not_count():
    variables = {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY, "REQUEST_METHOD": "GET"}
    assert not through(variables, "http", "orders.test", 80)
    assert through(variables, "https", "orders.test", 443)


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        (PROXY, Proxy("proxy.test", 3128)),
        ("proxy.test:3128", Proxy("proxy.test", 3128)),
        ("http://Proxy.Test/", Proxy("proxy.test", 80)),
        ("10.0.0.1", Proxy("10.0.0.1", 80)),
        ("http://[2001:db8::1]:3128", Proxy("2001:db8::1", 3128)),
        ("http://a:b%40@proxy.test", Proxy("proxy.test", 80, "Basic YTpiQA==")),
        ("http://a@proxy.test", Proxy("proxy.test", 80, "Basic YTo=")),
    ],
)
def test_a_proxy_is_a_url_or_host_and_port(value, proxy):
    found, problems = read({"http_proxy": value})
    assert problems == []
    assert found.of("http", "orders.test", 80) == proxy
    assert found.of("https", "orders.test", 80) is None


def test_capitals_win_unless_they_are_empty():
    found, _ = read({"HTTPS_PROXY": "", "https_proxy": "one:1"})
    assert found.of("https", "orders.test", 443) == Proxy("one", 1)
    found, _ = read({"HTTPS_PROXY": "two:2", "https_proxy": "one:1"})
    assert found.of("https", "orders.test", 443) == Proxy("two", 2)


def test_credentials_are_not_shown():
    found, _ = read({"HTTP_PROXY": "http://user:s3cret@proxy.test:80"})
    proxy = found.of("http", "orders.test", 80)
    assert repr(proxy) == "Proxy(http://proxy.test:80)"
    assert str(proxy) == repr(proxy)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"]
)
def test_this_machine_is_never_asked_through_a_proxy(host):
    assert not through({"HTTP_PROXY": PROXY}, "http", host, 80)


@pytest.mark.parametrize(
    ("exempt", "host", "port", "proxied"),
    [
        ("*", "orders.test", 80, False),
        ("a.test,*", "orders.test", 80, False),
        ("orders.test", "orders.test", 80, False),
        ("ORDERS.test", "orders.test", 80, False),
        ("orders.test", "a.orders.test", 80, False),
        ("orders.test", "myorders.test", 80, True),
        ("orders.test", "orders.test.evil", 80, True),
        (".orders.test", "orders.test", 80, True),
        (".orders.test", "a.orders.test", 80, False),
        ("*.orders.test", "orders.test", 80, True),
        ("*.orders.test", "a.b.orders.test", 80, False),
        ("orders.test:8080", "orders.test", 80, True),
        ("orders.test:8080", "orders.test", 8080, False),
        (" a.test , orders.test ", "orders.test", 80, False),
        (",,", "orders.test", 80, True),
        ("10.0.0.0/8", "10.1.2.3", 80, False),
        ("10.9.9.9/8", "10.1.2.3", 80, False),
        ("10.0.0.0/8", "11.1.2.3", 80, True),
        ("10.0.0.0/8", "10.1.2.3.test", 80, True),
        ("10.1.2.3", "10.1.2.3", 80, False),
        ("10.1.2.3:8080", "10.1.2.3", 80, True),
        ("10.1.2.3:80", "10.1.2.3", 80, False),
        ("2001:db8::/32", "2001:db8::1", 80, False),
        ("2001:db8::1", "2001:db8:0::1", 80, False),
        ("[2001:db8::1]:80", "2001:db8::1", 80, False),
        ("[2001:db8::1]:81", "2001:db8::1", 80, True),
        ("[2001:db8::1]", "2001:db8::1", 80, False),
        ("10.0.0.0/8", "::ffff:10.1.2.3", 80, False),
        ("::ffff:10.0.0.0/104", "10.1.2.3", 80, False),
        ("::ffff:10.0.0.0/104", "11.1.2.3", 80, True),
        ("::/0", "10.1.2.3", 80, True),
    ],
)
def test_exemptions_mean_what_they_mean_to_programs_in_go(exempt, host, port, proxied):
    variables = {"HTTP_PROXY": PROXY, "no_proxy": exempt}
    assert through(variables, "http", host, port) is proxied
