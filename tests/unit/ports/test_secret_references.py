import pytest

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import Collector, ConfigurationError
from edgeauth.config.models.configuration import Configuration
from edgeauth.mechanisms.authenticators import basic_auth
from edgeauth.model.decision import Refusal
from edgeauth.ports.endpoint_authentication import ApiKey, BasicAuth, ClientCredentials
from edgeauth.ports.endpoint_settings import CallSettings, token_settings
from edgeauth.secret_sources.sources import load_secrets
from tests.fakes.driving import run
from tests.fakes.requests import matched
from tests.fakes.services import World

GOOD = "{user: {user_id: alice, password: one}, client: {client_id: a, client_secret: b}, key: k}"


@pytest.fixture
def held(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(GOOD)
    (document,) = read_documents(
        "secret_management: {s: {type: file, config: {path: s.yaml}}}", "edgeauth.yaml"
    )
    return load_secrets(decode(Configuration, document), {}, Collector())


def becomes(held, text):
    """Writes another content and has it read."""
    with open("s.yaml", "w") as file:
        file.write(text)
    held.all()[0].reload()


def decoded(model, text, held):
    (node,) = read_documents(text, "edgeauth.yaml")
    return decode(model, node, {"secrets": held})


@pytest.mark.parametrize(
    ("model", "text", "told"),
    [
        (BasicAuth, "credentials: {source: t, selector: user}", 'configured sources: s'),
        (BasicAuth, "credentials: {selector: user}", "source"),
        (BasicAuth, "credentials: {source: s, selector: nobody}", "holds nothing there"),
        (BasicAuth, "credentials: {source: s, selector: key}", "no credentials"),
        (BasicAuth, "credentials: {source: s, selector: client}", "no user_id"),
        (BasicAuth, "{credentials: {source: s, selector: user}, user: a}", "no effect beside"),
        (BasicAuth, "user: a", 'missing key "password"'),
        (ApiKey, "{in: header, name: a, secret: {source: s, selector: user}}", "and no text"),
        (ApiKey, "{in: header, name: a, secret: {source: s}}", "a selector is required"),
        (ApiKey, "{in: header, name: a, value: b, secret: {source: s, selector: key}}", "beside"),
        (ClientCredentials, "{token_url: https://a, credentials: {source: s, selector: user}}",
         "no client_id"),
        (CallSettings, "tls: {secret: {source: s}, key_store: {path: a}}", "beside secret"),
    ],
)  # fmt: skip
def test_a_reference_that_leads_nowhere_is_refused_with_its_place(held, model, text, told):
    with pytest.raises(ConfigurationError) as caught:
        decoded(model, text, held)
    (problem, *_) = caught.value.problems
    assert told in f"{problem.message} {problem.expected} {problem.suggestion}"
    assert problem.line == 1


def test_a_reference_is_looked_up_at_each_use_and_shows_nothing(held):
    user = decoded(BasicAuth, "credentials: {source: s, selector: user}", held)
    key = decoded(ApiKey, "{in: header, name: a, secret: {source: s, selector: key}}", held)
    client = decoded(
        ClientCredentials,
        "{token_url: https://a, credentials: {source: s, selector: client}}",
        held,
    )
    assert (user.current(), key.current()) == (("alice", "one"), "k")
    assert client.current() == ("a", "b")
    assert token_settings(client).auth is None

    becomes(held, GOOD.replace("one", "two").replace("key: k", "key: other"))

    assert (user.current(), key.current()) == (("alice", "two"), "other")
    assert "two" not in f"{user!r} {user.model_dump()} {user.credentials.current()!r}"


@pytest.mark.parametrize(
    "text",
    ["key: k", GOOD.replace("password: one", "passwort: one"), GOOD.replace("alice", '"a:b"')],
    ids=["gone", "a-field-is-gone", "of-no-use"],
)
def test_a_content_without_what_is_referred_to_is_refused(held, text):
    user = decoded(BasicAuth, "credentials: {source: s, selector: user}", held)
    with pytest.raises(ValueError, match="holds"):
        becomes(held, text)
    assert user.current() == ("alice", "one")


def test_a_key_that_a_header_can_not_hold_is_refused_at_a_reload_too(held):
    key = decoded(ApiKey, "{in: header, name: a, secret: {source: s, selector: key}}", held)
    with pytest.raises(ValueError, match="a header can not hold this key"):
        becomes(held, GOOD.replace("key: k", 'key: "k\\r\\nHost: evil"'))
    assert key.current() == "k"


def test_the_fingerprint_of_settings_changes_with_the_secret__attack_193(held):
    settings = decoded(
        CallSettings,
        "auth: {type: basic_auth, config: {credentials: {source: s, selector: user}}}",
        held,
    )
    before = settings.fingerprint
    assert settings.fingerprint == before
    becomes(held, GOOD.replace("one", "two"))
    assert settings.fingerprint != before


def test_the_former_password_is_refused_as_soon_as_it_has_changed__attack_193(held):
    world = World(secrets=held)
    authenticator = world.build(
        basic_auth.TYPE, {"credentials": {"source": "s", "selector": "user"}}
    )

    def passes(credentials: str) -> bool:
        headers = {"authorization": f"Basic {credentials}"}
        return not isinstance(run(authenticator.authenticate(matched(headers=headers))), Refusal)

    one, two = "YWxpY2U6b25l", "YWxpY2U6dHdv"
    assert (passes(one), passes(two)) == (True, False)
    becomes(held, GOOD.replace("one", "two"))
    assert (passes(one), passes(two)) == (False, True)
