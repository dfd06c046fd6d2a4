import pytest

from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.config.read import read_configuration

TLS = "{key_store: {path: a.pem}}"


def problems(text: str, enforcement: Enforcement) -> list[str]:
    """Returns line, column and message of what is insecure."""
    configuration = read_configuration(text, "edgeauth.yaml", {})
    return [
        f"{one.line}:{one.column}: {one.message}" for one in enforcement.problems(configuration)
    ]


def test_everything_is_enforced_unless_told_otherwise():
    assert Enforcement() == Enforcement(True, True, True, True, True)


@pytest.mark.parametrize(
    ("text", "without"),
    [
        pytest.param("", ["serve", "management"], id="nothing said"),
        pytest.param("serve: {port: 1}", ["serve", "management"], id="no tls"),
        pytest.param(f"serve: {{tls: {TLS}}}", ["management"], id="management"),
        pytest.param(f"management: {{tls: {TLS}}}", ["serve"], id="serve"),
        pytest.param(f"serve: {{tls: {TLS}}}\nmanagement: {{tls: {TLS}}}", [], id="both have"),
    ],
)
def test_listeners_have_to_have_tls(text: str, without: list[str]):
    found = problems(text, Enforcement(secure_trusted_proxies=False))

    assert [one.partition(": ")[2] for one in found] == [f'"{name}" has no tls' for name in without]
    assert problems(text, Enforcement(ingress_tls=False)) == []


@pytest.mark.parametrize(
    "network",
    [
        "0.0.0.0/0",
        "::/0",
        "0:0:0:0:0:0:0:0/0",
        "0::0/0",
        "::ffff:0:0/96",
        "::ffff:0.0.0.0/96",
    ],
)
def test_trusting_everybody_is_refused(network: str):
    text = f'serve:\n  trusted_proxies: ["192.0.2.1", "{network}"]'

    (found,) = problems(text, Enforcement(ingress_tls=False))

    assert found.startswith("2:34: this trusts everybody")
    assert problems(text, Enforcement(ingress_tls=False, secure_trusted_proxies=False)) == []


REDIS = """\
cache:
  type: redis
  config:
    address: redis.test
    encryption_key: 0123456789abcdef0123456789abcdef
    tls: {disabled: true}
"""


def test_redis_without_tls_is_refused():
    quiet = {"ingress_tls": False, "secure_trusted_proxies": False}

    assert problems(REDIS, Enforcement(**quiet)) == ["6:21: this speaks to Redis without TLS"]
    assert problems(REDIS, Enforcement(**quiet, egress_tls=False)) == []
    assert problems(REDIS.replace("true", "false"), Enforcement(**quiet)) == []


@pytest.mark.parametrize(
    "networks", [["0.0.0.0/1", "128.0.0.0/1"], ["8000::/1", "::/2", "192.0.2.1", "4000::/2"]]
)
def test_trusting_everybody_piece_by_piece_is_refused(networks: list[str]):
    text = f"serve:\n  trusted_proxies: {networks}"

    (found,) = problems(text, Enforcement(ingress_tls=False))

    assert found.startswith("2:20: this trusts everybody")


@pytest.mark.parametrize(
    "network",
    [
        "192.0.2.1",
        "0.0.0.0/1",
        "10.0.0.0/8",
        "2001:db8::/32",
        "::1",
        "fc00::/7",
        "::ffff:10.0.0.0/104",
    ],
)
def test_trusting_some_is_not_refused(network: str):
    assert (
        problems(f'serve: {{trusted_proxies: ["{network}"]}}', Enforcement(ingress_tls=False)) == []
    )


def test_everybody_may_not_say_whose_a_connection_is():
    text = 'serve:\n  proxy_protocol: {from: ["192.0.2.1", "::/0"]}'

    (found,) = problems(text, Enforcement(ingress_tls=False))

    assert found.startswith("2:40: this trusts everybody")
    assert problems(text, Enforcement(ingress_tls=False, secure_trusted_proxies=False)) == []
