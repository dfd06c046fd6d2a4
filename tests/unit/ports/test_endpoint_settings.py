"""What an endpoint may be told, and what is refused with its place."""

import json

import pytest
from pydantic import ValidationError

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.mechanisms.authenticators.issuers import MetadataEndpoint
from edgeauth.ports.endpoint_settings import DEFAULT_SETTINGS, CallSettings
from edgeauth.ports.endpoints import IssuerEndpoint, StepEndpoint

URL = "https://pdp.test/v1"
BASIC = {"type": "basic_auth", "config": {"user": "a", "password": "b"}}
STORE = {"key_store": {"path": "a.pem"}}


def auth(kind, **config):
    return {"auth": {"type": kind, "config": config}}


def basic(**more):
    return auth("basic_auth", **{"user": "a", "password": "b", **more})


def key(place, name="key", value="v", **more):
    return auth("api_key", **{"in": place, "name": name, "value": value, **more})


def token(**more):
    config = {"token_url": "https://id.test", "client_id": "a", "client_secret": "b", **more}
    return auth("oauth2_client_credentials", **config)


def signed(**more):
    return auth("http_message_signatures", **{"signer": STORE, "components": ["@method"], **more})


def told(config, model=StepEndpoint):
    """Returns what is wrong, as an operator is told."""
    (node,) = read_documents(json.dumps({"url": URL, **config}), "edgeauth.yaml")
    with pytest.raises(ConfigurationError) as caught:
        decode(model, node, {"egress_tls": True})
    return [f"{each.message}; {each.expected}{each.suggestion}" for each in caught.value.problems]


@pytest.mark.parametrize(
    ("config", "part"),
    [
        ({"auth": {"type": "basic", "config": {}}}, "basic_auth"),
        ({"auth": {"config": {}}}, "type"),
        ({"auth": {"type": "basic_auth"}}, "config"),
        ({"auth": {**BASIC, "x": 1}}, '"x"'),
        (auth("basic_auth", credentials={"source": "x"}), "configured"),
        (basic(user="a:b"), "without colons"),
        (basic(user=""), "user"),
        (basic(password=""), "password"),
        (basic(password="a\nb"), "control characters"),
        (key("body"), "header"),
        (key("header", "a b"), "name of a header"),
        (key("header", "Host"), "name of a header"),
        (key("header", "Content-Length"), "name of a header"),
        (key("header", value="a\r\nb"), "can not hold"),
        (key("header", value=""), "value"),
        (key("cookie", "a=b"), "name of a cookie"),
        (key("cookie", value="a;b"), "can not hold"),
        (key("cookie", value="a b"), "can not hold"),
        (auth("api_key", **{"in": "header", "name": "a", "secret": {"source": "x"}}), "configured"),
        (token(token_url="http://id.test"), "https URL"),
        (token(token_url="https://{{ .Values.a }}"), "absolute URL"),
        (token(token_url="https://id.test/{{ .Values.a }}"), "without templates"),
        (token(token_url="https://id.test/#a"), "without a fragment"),
        (token(token_url="https://a:b@id.test/"), "no credentials"),
        (token(scopes=["a b"]), "one word"),
        (token(scopes=[""]), "entry 1"),
        (token(auth_method="jwt"), "request_body"),
        (token(header={"name": "a", "scheme": "a b"}), "scheme"),
        (token(credentials={"source": "x"}), "configured"),
        (token(client_secret=""), "client_secret"),
        (token(timeout="0s"), "1ms or more"),
        (token(timeout=2), "duration"),
        (token(response_limit="0B"), "1B or more"),
        (token(retry={"attempts": 3}), "max_delay"),
        (token(circuit_breaker={"failures": 0}), "1"),
        (token(concurrency=0), "1"),
        (token(http_cache={"enabled": True}), '"http_cache"'),
        (token(follow_redirects=True), '"follow_redirects"'),
        (signed(components=[]), "components"),
        (signed(components=["@status"]), "no such component"),
        (signed(components=["@path", "@path"]), "covered already"),
        (signed(components=["X-A", "x-a"]), "covered already"),
        (signed(signer={"secret": {"source": "x"}, "key_id": "a"}), "no effect"),
        (signed(ttl="0s"), "1s or more"),
        (signed(label="A"), "label"),
        (signed(signer={**STORE, "name": "ä"}), "ASCII"),
        ({"timeout": "0s"}, "1ms or more"),
        ({"timeout": 5}, "duration"),
        ({"response_limit": "1"}, "size"),
        ({"response_limit": "0B"}, "1B or more"),
        ({"concurrency": 0}, "1"),
        ({"circuit_breaker": {"failures": 0}}, "1"),
        ({"circuit_breaker": {"open_for": "0s"}}, "1ms or more"),
        ({"retry": {"attempts": 3}}, "max_delay"),
        ({"http_cache": {}}, "enabled"),
        ({"http_cache": {"enabled": True}}, "POST are never used again"),
        ({"tls": {"key_id": "a"}}, "without a key_store"),
        ({"tls": {"min_version": "TLS1.1"}}, "TLS1.2"),
        ({"tls": {"secret": {"source": "a"}, "key_store": {"path": "b"}}}, "no effect"),
        ({"follow_redirects": "yes"}, "true or false"),
    ],
    ids=lambda each: str(each)[:60] if isinstance(each, dict) else "",
)
def test_what_is_wrong_is_refused_in_words(config, part):
    problems = told(config)
    assert any(part in each for each in problems), problems
    assert len(problems) <= 3


def test_a_mistake_of_a_strategy_is_told_once_and_at_its_place():
    (node,) = read_documents(
        f"url: {URL}\nauth:\n  type: basic_auth\n  config:\n    user: a:b\n    password: pass\n",
        "edgeauth.yaml",
    )
    with pytest.raises(ConfigurationError) as caught:
        decode(StepEndpoint, node, {})
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (5, 11)


def test_tls_of_a_connection_without_tls_is_refused():
    with pytest.raises(ValidationError, match="findings"):
        StepEndpoint.model_validate(
            {"url": "http://pdp.test", "tls": {"ca_file": "a"}}, context={"egress_tls": False}
        )
    config = token(token_url="http://id.test", tls={"ca_file": "a"})
    with pytest.raises(ValidationError, match="findings"):
        StepEndpoint.model_validate({"url": URL, **config}, context={"egress_tls": False})


@pytest.mark.parametrize(
    "config",
    [
        {},
        basic(),
        key("header", "X-Key"),
        key("cookie"),
        key("query", "an odd name"),
        token(scopes=["a"], cache_ttl="5m", header={"name": "X-T", "scheme": ""}),
        signed(components=["@method", "Content-Type", '@query-param;name="a"'], ttl="5m"),
        {"retry": {}, "circuit_breaker": {}, "concurrency": 1, "response_limit": "1GB"},
        {"http_cache": {"enabled": False, "default_ttl": "5m"}},
        {"tls": {"ca_file": "a", **STORE, "key_id": "k", "min_version": "TLS1.3"}},
        {"tls": {"trust_store": "a"}},
        {"method": "GET", "http_cache": {"enabled": True}},
    ],
    ids=lambda each: str(each)[:60],
)
def test_the_rest_is_taken(config):
    endpoint = StepEndpoint.model_validate({"url": URL, **config})
    assert (endpoint.settings == DEFAULT_SETTINGS) == (config == {})
    assert endpoint.settings is endpoint.settings
    assert "password='b'" not in repr(endpoint)


@pytest.mark.parametrize(
    "config",
    [basic(), basic(user="c"), basic(password="c"), key("header"), key("cookie"), key("query"),
     key("header", value="w"), token(), token(client_secret="c"), signed(), {"timeout": "1s"},
     {"retry": {}}, {"tls": {}}, {"tls": {"ca_file": "a"}}, {"follow_redirects": True},
     {"deny_private_addresses": True}],
    ids=lambda each: str(each)[:70],
)  # fmt: skip
def test_attack_157_other_settings_have_other_fingerprints(config):
    plain = StepEndpoint.model_validate(URL)
    one = StepEndpoint.model_validate({"url": URL, **config})
    again = StepEndpoint.model_validate({"url": URL, **config})
    assert one.fingerprint != plain.fingerprint
    assert one.fingerprint == again.fingerprint
    assert one.call({}).fingerprint != plain.call({}).fingerprint
    assert hash(one.settings) == hash(again.settings)
    others = [basic(user="d"), key("header", "y"), token(client_id="d"), signed(label="d")]
    found = {StepEndpoint.model_validate({"url": URL, **each}).fingerprint for each in others}
    assert len(found) == len(others)
    assert one.fingerprint not in found


def test_credentials_are_for_the_configured_url_alone():
    tls = {"ca_file": "ca.pem", **STORE, "key_id": "k"}
    config = {**basic(), "tls": tls, "timeout": "3s", "deny_private_addresses": True}
    endpoint = IssuerEndpoint.model_validate({"url": URL, **config})
    _ = endpoint.settings.fingerprint
    other = endpoint.settings.for_another_resource()
    expected = {"tls": {"ca_file": "ca.pem"}, "timeout": "3s", "deny_private_addresses": True}
    assert other == CallSettings.model_validate(expected)
    assert other.fingerprint == CallSettings.model_validate(expected).fingerprint
    assert DEFAULT_SETTINGS.for_another_resource() == DEFAULT_SETTINGS


def test_metadata_is_kept_unless_configured_otherwise():
    cache = MetadataEndpoint.model_validate(URL).settings.http_cache
    assert cache is not None
    assert (cache.enabled, cache.default_ttl) == (True, 1800.0)
    config = {"url": URL, "http_cache": {"enabled": False}}
    off = MetadataEndpoint.model_validate(config).settings.http_cache
    assert off is not None
    assert not off.enabled
    assert MetadataEndpoint.model_validate({"url": URL, "method": "POST"}).method == "POST"
    assert IssuerEndpoint.model_validate(URL).settings.http_cache is None
