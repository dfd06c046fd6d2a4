import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.metadata import issuer_of, parse_metadata

ISSUER = "https://accounts.example/a"
URL = "https://accounts.example/a/.well-known/openid-configuration"
GOOD = {"issuer": ISSUER, "jwks_uri": "https://accounts.example/keys"}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param({}, id="empty"),
        pytest.param(GOOD | {"issuer": None}, id="no-issuer"),
        pytest.param(GOOD | {"issuer": ["https://accounts.example/a"]}, id="list-of-issuers"),
        pytest.param(GOOD | {"issuer": "https://evil.example/a"}, id="attack-128-other-host"),
        pytest.param(GOOD | {"issuer": "https://accounts.example"}, id="attack-128-other-path"),
        pytest.param(GOOD | {"issuer": "https://accounts.example/a/b"}, id="attack-128-below"),
        pytest.param(GOOD | {"issuer": "http://accounts.example/a"}, id="attack-128-other-scheme"),
        pytest.param(GOOD | {"issuer": "https://ACCOUNTS.example/a"}, id="attack-128-other-case"),
        pytest.param(GOOD | {"issuer": ISSUER + "//"}, id="two-slashes"),
        pytest.param(GOOD | {"jwks_uri": "https://a/{{ .TokenIssuer }}"}, id="attack-129-template"),
        pytest.param(
            GOOD | {"introspection_endpoint": "https://a/{{.x}}"}, id="attack-129-template-below"
        ),
        pytest.param(GOOD | {"jwks_uri": "file:///etc/passwd"}, id="file"),
        pytest.param(GOOD | {"jwks_uri": "/keys"}, id="relative"),
        pytest.param(GOOD | {"jwks_uri": "https://u:p@a.example/"}, id="user"),
        pytest.param(GOOD | {"jwks_uri": "https://a.example/#x"}, id="fragment"),
        pytest.param(GOOD | {"jwks_uri": "https://a.example:99999/"}, id="port"),
        pytest.param(GOOD | {"jwks_uri": "https://[::1/"}, id="bracket"),
        pytest.param(GOOD | {"jwks_uri": "https:///keys"}, id="no-host"),
        pytest.param(GOOD | {"jwks_uri": "https://a.example/\r\nx"}, id="line-break"),
        pytest.param(GOOD | {"jwks_uri": "https://ä.example/"}, id="no-ascii"),
        pytest.param(GOOD | {"jwks_uri": "https://a.example/" + "a" * 3000}, id="endless"),
        pytest.param(GOOD | {"jwks_uri": 1}, id="number"),
    ],
)
def test_metadata_that_is_not_this_issuers_or_not_plain_is_refused(document):
    with pytest.raises(Malformed):
        parse_metadata(document, URL)


@pytest.mark.parametrize(
    "url",
    [
        "https://accounts.example/metadata",
        "https://accounts.example/.well-known/",
        "https://accounts.example/a/.well-known/openid-configuration/b",
        "https://accounts.example/.well-known/x/.well-known/y",
    ],
)
def test_an_issuer_that_cannot_be_told_from_the_url_is_refused(url):
    with pytest.raises(Malformed):
        issuer_of(url)


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        ("https://a.test/.well-known/openid-configuration", "https://a.test"),
        ("https://a.test:8443/x/y/.well-known/openid-configuration", "https://a.test:8443/x/y"),
        ("https://a.test/.well-known/oauth-authorization-server/one", "https://a.test/one"),
        ("https://a.test/.well-known/oauth-authorization-server/x/y/z", "https://a.test/x/y/z"),
        ("https://a.test/x/.well-known/openid-configuration?p=1", "https://a.test/x"),
    ],
)
def test_both_placements_and_paths_of_any_length_are_known(url, issuer):
    assert issuer_of(url) == issuer
    assert parse_metadata({"issuer": issuer}, url).issuer == issuer


def test_an_issuer_may_end_in_a_slash_and_keeps_it():
    assert parse_metadata(GOOD | {"issuer": ISSUER + "/"}, URL).issuer == ISSUER + "/"


def test_endpoints_are_read():
    document = GOOD | {"introspection_endpoint": "https://b.example/introspect", "other": "{{ x }}"}

    metadata = parse_metadata(document, URL)

    assert metadata == (ISSUER, "https://accounts.example/keys", "https://b.example/introspect")


def test_the_check_of_the_issuer_can_be_left_out():
    document = {"issuer": "https://b.example"}

    assert parse_metadata(document, URL, check_issuer=False).issuer == "https://b.example"
