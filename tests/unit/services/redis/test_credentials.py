"""Users of Redis from files."""

import pytest
from structlog.testing import capture_logs

from edgeauth.config.models.cache import RedisCredentials
from edgeauth.config.models.secret_management import FileSource
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.redis.credentials import Logins
from tests.fakes.driving import run


def told(logins):
    login = run(logins.current())
    return login.username, login.password.get_secret_value()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "can not be read"),
        (b"", "is not one YAML document"),
        (b"- password", "is not one YAML document"),
        (b"password: [secret]", "is not one YAML document"),
        (b"password: ''", "is not one YAML document"),
        (b"username: edge", "is not one YAML document"),
        (b"password: secret\nuser: edge", "is not one YAML document"),
        (b"password: secret\n---\npassword: secret", "is not one YAML document"),
        (b"path: other.yaml", "does not lead to another one"),
        (b"password: \xff", "is not one YAML document"),
        (b"password: secret\npassword: secret", "is not one YAML document"),
        (b"#" * 70_000, "is larger than"),
    ],
    ids=[
        "missing",
        "empty",
        "list",
        "no-text",
        "empty-password",
        "no-password",
        "unknown-key",
        "two-documents",
        "leads-on",
        "no-utf-8",
        "twice",
        "too-large",
    ],
)
def test_a_file_that_can_not_be_used_is_refused_and_not_shown(tmp_path, text, problem):
    file = tmp_path / "credentials.yaml"
    if text is not None:
        file.write_bytes(text)

    with pytest.raises(ValueError, match=problem) as refused:
        Logins(RedisCredentials(path=str(file)), HeldSecrets())

    assert "secret" not in str(refused.value)


def test_a_file_is_read_again_and_the_last_good_one_counts(tmp_path):
    file = tmp_path / "credentials.yaml"
    file.write_text("username: edge\npassword: first-secret\n")
    logins = Logins(RedisCredentials(path=str(file)), HeldSecrets())
    assert told(logins) == ("edge", "first-secret")

    file.write_text("password: [first-secret")
    with capture_logs() as logs:
        assert told(logins) == ("edge", "first-secret")
    assert [line["log_level"] for line in logs] == ["warning"]
    assert "first-secret" not in repr(logs)

    file.write_text("password: second-secret\n")
    assert told(logins) == (None, "second-secret")


def test_what_is_configured_is_used():
    assert told(Logins(RedisCredentials(username="edge", password="secret"), HeldSecrets())) == (
        "edge",
        "secret",
    )


def sources(file):
    held = HeldSecrets()
    source = FileSource.model_validate({"type": "file", "config": {"path": str(file)}})
    held.add("redis", source, {})
    return held


@pytest.mark.parametrize(
    ("text", "selector", "problem"),
    [
        ("username: edge", {}, "holds no password"),
        ("password: secret\nhost: redis.test", {}, "holds no password"),
        ("other: {password: secret}", {"selector": "edge"}, "source"),
    ],
    ids=["no-password", "something-else", "no-such-entry"],
)
def test_a_source_without_a_password_is_refused(tmp_path, text, selector, problem):
    file = tmp_path / "secrets.yaml"
    file.write_text(text)
    reference = RedisCredentials(source="redis", **selector)

    with pytest.raises(ValueError, match=problem):
        Logins(reference, sources(file))


def test_a_source_that_nobody_configured_is_refused():
    with pytest.raises(ValueError, match='no secret source "vault" is configured'):
        Logins(RedisCredentials(source="vault"), HeldSecrets())


def test_a_source_that_has_changed_is_used(tmp_path):
    file = tmp_path / "secrets.yaml"
    file.write_text("edge: {username: edge, password: first-secret}")
    held = sources(file)
    logins = Logins(RedisCredentials(source="redis", selector="edge"), held)
    assert told(logins) == ("edge", "first-secret")

    file.write_text("edge: {username: edge}")
    (source,) = held.all()
    with pytest.raises(ValueError, match="holds no password"):
        source.reload()
    assert told(logins) == ("edge", "first-secret")

    file.write_text("edge: {password: second-secret}")
    source.reload()
    assert told(logins) == (None, "second-secret")
