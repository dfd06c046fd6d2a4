"""Passwords of encrypted keys that stand in another source."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import Collector, ConfigurationError
from edgeauth.config.models.configuration import Configuration
from edgeauth.ports.key_places import KeyPlace
from edgeauth.providers.watch import FileWatch
from edgeauth.secret_sources.sources import load_secrets
from tests.fakes.keys import signing_key

ENCRYPTED = "{type: pem, config: {path: keys.pem, password_from: {source: words, selector: keys}}}"


def encrypted(password):
    return signing_key("EdDSA").private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys.pem").write_bytes(encrypted("first-word"))
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "keys").write_text("first-word\n")
    return tmp_path


def load(words):
    # The source that is referred to stands behind the one that refers.
    text = f"secret_management:\n  s: {ENCRYPTED}\n{words}"
    (document,) = read_documents(text, "edgeauth.yaml")
    found = Collector()
    return load_secrets(decode(Configuration, document), {}, found), found.found


MOUNTED = "  words: {type: directory, config: {path: words}}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param("", 'no secret source "words" of texts is configured', id="no-source"),
        pytest.param(
            "  words: {type: inline, config: {other: first-word}}",
            'keys.pem: its password: secret source "words" holds nothing there',
            id="no-entry",
        ),
        pytest.param(
            "  words: {type: inline, config: {keys: wrong-word}}", "password", id="wrong-password"
        ),
        pytest.param(
            f"  words: {ENCRYPTED.replace('words', 's')}",
            "of texts is configured",
            id="in-a-circle",
        ),
    ],
)
@pytest.mark.usefixtures("folder")
def test_keys_without_their_password_are_refused(words, told):
    held, problems = load(words)

    with pytest.raises(ConfigurationError):
        held.key_store(KeyPlace(None, source="s"))
    assert told in problems[0].message
    assert "-word" not in "".join(each.message for each in problems)


@pytest.mark.parametrize(
    "words",
    [MOUNTED, "  words: {type: inline, config: {keys: first-word}}"],
    ids=["file", "inline"],
)
@pytest.mark.usefixtures("folder")
def test_keys_are_read_with_the_password_of_another_source(words):
    held, problems = load(words)

    assert not problems
    assert list(held.sources) != []
    assert len(next(each for each in held.all() if each.name.endswith(" s")).key_store.keys) == 1


def test_keys_and_password_are_exchanged_together(folder):
    held, _ = load(MOUNTED)
    source = next(each for each in held.all() if each.name.endswith(" s"))
    former = source.key_store
    watch = FileWatch(Path("keys.pem"), source.origin.lists)

    (folder / "keys.pem").write_bytes(encrypted("second-word"))
    with pytest.raises(ValueError, match="password"):
        source.reload()
    assert source.key_store is former

    (folder / "words" / "keys").write_text("second-word")
    assert not watch.changed()
    assert watch.changed(), "the password is looked at as well"
    source.reload()
    assert source.key_store is not former
