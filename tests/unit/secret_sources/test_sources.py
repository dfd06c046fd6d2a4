import json
import os

import pytest

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import Collector, ConfigurationError, render_problems
from edgeauth.config.models.configuration import Configuration
from edgeauth.contract.keystore import KeyStoreError
from edgeauth.model.errors import Malformed
from edgeauth.ports.key_places import KeyPlace
from edgeauth.secret_sources.sources import load_secrets
from tests.fakes.certificates import certificate, pem
from tests.fakes.keys import signing_key

EC, ED = signing_key("ES256"), signing_key("EdDSA")
OCT = {"kty": "oct", "kid": "one", "k": "a" * 24}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys.pem").write_bytes(pem(EC, kid="ec") + pem(ED, kid="ed"))
    (tmp_path / "roots.pem").write_bytes(pem(certificate(EC, "root", authority=True)))
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [OCT, {**OCT, "kid": "two"}]}))
    (tmp_path / "secrets.yaml").write_text("token: t0k3n\nclient: {client_id: a, client_secret: b}")
    mounted = tmp_path / "mounted"
    (mounted / "..2026").mkdir(parents=True)
    (mounted / "..2026" / "token").write_text("t0k3n\n")
    (mounted / "..data").symlink_to("..2026")
    (mounted / "token").symlink_to("..data/token")
    (mounted / "client").mkdir()
    (mounted / "client" / "client_id").write_text("a")
    (mounted / "client" / "client_secret").write_text("b\n\n")
    return tmp_path


def load(text, environment=None, problems=None):
    (document,) = read_documents("secret_management:\n" + text, "edgeauth.yaml")
    found = Collector() if problems is None else problems
    held = load_secrets(decode(Configuration, document), environment or {}, found)
    if problems is None:
        assert not found.found
    return held


def source(kind, config, more=""):
    return f"  s: {{type: {kind}, config: {config}{more}}}\n"


INLINE = source("inline", "{token: t0k3n, client: {client_id: a, client_secret: b}}")
ENVIRONMENT = source(
    "environment", "{variables: {token: T, client: {client_id: I, client_secret: S}}}"
)
TEXTS = [
    pytest.param(INLINE, id="inline"),
    pytest.param(ENVIRONMENT, id="environment"),
    pytest.param(source("file", "{path: secrets.yaml}"), id="file"),
    pytest.param(source("directory", "{path: mounted}"), id="directory"),
]
VARIABLES = {"T": "t0k3n", "I": "a", "S": "b"}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.usefixtures("folder")
def test_every_source_of_texts_holds_texts_and_credentials(text):
    held = load(text, VARIABLES)
    assert held.text("s", "token") == "t0k3n"
    assert held.find("s", "token") == "t0k3n"
    client = held.credentials("s", "client")
    assert (client["client_id"], client["client_secret"].strip()) == ("a", "b")
    assert held.find("s", "nothing") is None
    for kind, selector in ((held.text, "client"), (held.credentials, "token"), (held.text, None)):
        with pytest.raises(Malformed):
            kind("s", selector)
    with pytest.raises(KeyStoreError, match="no keys"):
        held.key_store(KeyPlace(None, None, "s")).key_store  # noqa: B018  (raises)


@pytest.mark.usefixtures("folder")
def test_a_selector_is_one_key_of_the_top_level__measured_66():
    held = load('  s: {type: inline, config: {"a/b": c, client: {d: e}}}')
    assert held.text("s", "a/b") == "c"
    assert held.find("s", "client/d") is None


def test_a_directory_holds_the_fields_of_credentials_too(folder):
    held = load(source("directory", "{path: mounted}"))
    assert held.text("s", "client/client_id") == "a"
    (folder / "whole").mkdir()
    (folder / "whole" / "user_id").write_text("alice")
    held = load(source("directory", "{path: whole}"))
    assert held.credentials("s", None).names == ("user_id",)
    assert held.text("s", None) == "alice"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (source("environment", "{variables: {token: MISSING}}"), "MISSING of the environment"),
        (source("environment", "{variables: {token: EMPTY}}"), "EMPTY of the environment"),
        (source("file", "{path: none.yaml}"), "can not be read"),
        (source("file", "{path: empty.yaml}"), "no single map"),
        (source("file", "{path: list.yaml}"), "no single map"),
        (source("file", "{path: blank.yaml}"), "token is neither"),
        (source("file", "{path: nested.yaml}"), "client is neither"),
        (source("file", "{path: number.yaml}"), "pin is neither"),
        (source("file", "{path: broken.yaml}"), "line 2"),
        (source("file", "{path: binary.yaml}"), "UTF-8"),
        (source("file", "{path: large.yaml}"), "larger"),
        (source("directory", "{path: none}"), "can not be read"),
        (source("directory", "{path: hollow}"), "holds no secret"),
        (source("directory", "{path: blank}"), "is empty"),
        (source("pem", "{path: broken.yaml}"), "no private key"),
        (source("pem", "{path: keys.json}"), "no private key"),
        (source("jwks", "{path: keys.pem}"), "JSON"),
    ],
)
def test_a_source_that_can_not_be_used_is_refused__attack_190(folder, text, told):
    for name, content in {
        "empty.yaml": "", "list.yaml": "[s3cret]", "blank.yaml": "token: ''",
        "nested.yaml": "client: {a: {b: s3cret}}", "number.yaml": "pin: 73311",
        "broken.yaml": "a: s3cret\nb: [s3cret", "large.yaml": "a: " + "b" * 1_048_576,
    }.items():  # fmt: skip
        (folder / name).write_text(content)
    (folder / "binary.yaml").write_bytes(b"a: \xff")
    for name in ("hollow", "blank"):
        (folder / name).mkdir()
    (folder / "blank" / "token").write_text("\n")
    problems = Collector()

    held = load(text, {"EMPTY": ""}, problems)

    (problem,) = problems.found
    assert told in problem.message
    assert problem.line == 2
    assert "s3cret" not in render_problems(problems.found, colour=False)
    with pytest.raises(ConfigurationError) as told_already:
        held.text("s", None)
    assert told_already.value.problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "  s: {type: inline, config: {a: ''}}",
        "  s: {type: inline, config: {a: {b: ''}}}",
        "  s: {type: inline, config: {a: {b: {c: s3cret}}}}",
        "  s: {type: inline, config: {a: 73311}}",
        "  s: {type: inline, config: [s3cret]}",
        "  s: {type: inline, config: {}}",
        "  s: {type: vault, config: {a: s3cret}}",
        "  s: {type: file, config: {path: a, password: s3cret}}",
        "  s: {type: environment, config: {variables: {a: 1}}}",
    ],
)
def test_what_is_wrong_is_refused_and_not_shown__attacks_178_190(text):
    (document,) = read_documents("secret_management:\n" + text, "edgeauth.yaml")
    with pytest.raises(ConfigurationError) as caught:
        decode(Configuration, document)
    shown = render_problems(caught.value.problems, colour=False)
    assert "s3cret" not in shown
    assert "73311" not in shown


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.usefixtures("folder")
def test_nothing_shows_a_secret__attack_178(text):
    held = load(text, VARIABLES)
    shown = repr(
        [held.all(), [each.content for each in held.all()], held.credentials("s", "client")]
    )
    assert "t0k3n" not in shown
    (document,) = read_documents("secret_management:\n" + INLINE, "edgeauth.yaml")
    assert "t0k3n" not in repr(decode(Configuration, document))
    assert "t0k3n" not in str(decode(Configuration, document).model_dump())


@pytest.mark.usefixtures("folder")
def test_keys_and_certificates_are_found_by_their_ids():
    held = load(
        "  k: {type: pem, config: {path: keys.pem}}\n"
        "  j: {type: jwks, config: {path: keys.json}}\n"
        "  r: {type: pem, config: {path: roots.pem}, allow_in_rules: true}\n"
    )
    assert held.sources == {"k": False, "j": False, "r": True}
    assert [key.kid for key in held.key_store(KeyPlace(None, None, "k")).key_store.keys] == [
        "ec",
        "ed",
    ]
    assert held.authorities("r").fingerprint == held.authorities("r").fingerprint
    octets = held.symmetric_keys("j", None)[0]
    assert held.symmetric_keys("j", "two") == (octets, octets)
    assert held.find("k", "ec") is None
    for wrong in (
        lambda: held.authorities("k"),
        lambda: held.symmetric_keys("j", "three"),
        lambda: held.symmetric_keys("k", None),
        lambda: held.text("k", None),
        lambda: held.text("none", None),
    ):
        with pytest.raises(Malformed):
            wrong()
    with pytest.raises(KeyStoreError, match='no secret source "none"'):
        held.key_store(KeyPlace(None, None, "none"))


@pytest.mark.parametrize(
    "text",
    [
        "", "token: {client_id: a}", "token: ''", "client: {client_id: a, client_secret: b}",
        "client: {client_id: a}\ntoken: b", "- a",
    ],
)  # fmt: skip
def test_a_reload_that_is_wrong_keeps_the_last_good_content(folder, text):
    held = load(source("file", "{path: secrets.yaml, watch: true}"))
    held.require("s", "client", lambda found: found.credentials("s", "client")["client_secret"])
    held.require("s", "token", lambda found: found.text("s", "token"))
    (only,) = held.all()
    (folder / "secrets.yaml").write_text(text)

    with pytest.raises((ValueError, KeyError)):
        only.reload()

    assert held.text("s", "token") == "t0k3n"


def test_a_reload_puts_another_content_in_force(folder):
    held = load(source("file", "{path: secrets.yaml}"))
    held.require("s", "token", lambda found: found.text("s", "token"))
    before = held.credentials("s", "client")
    (folder / "secrets.yaml").write_text("token: other\nclient: {client_id: a, client_secret: c}")
    held.all()[0].reload()
    assert held.text("s", "token") == "other"
    assert held.credentials("s", "client").fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("path", "octets"),
    [
        ("keys.pem", pem(certificate(EC, "root", authority=True))),
        ("roots.pem", pem(EC)),
        ("keys.json", b'{"keys": []}'),
    ],
)
def test_another_kind_of_secrets_is_refused_at_a_reload(folder, path, octets):
    held = load(source("jwks" if path.endswith("json") else "pem", f"{{path: {path}}}"))
    (folder / path).write_bytes(octets)
    before = held.all()[0].content
    with pytest.raises(ValueError, match=r"kind|no key"):
        held.all()[0].reload()
    assert held.all()[0].content is before


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_store_that_can_not_be_read_any_more_stays__attack_216(folder):
    held = load(source("pem", "{path: keys.pem}"))
    (folder / "keys.pem").chmod(0)
    with pytest.raises(ValueError, match="can not be read"):
        held.all()[0].reload()
    assert len(held.key_store(KeyPlace(None, None, "s")).key_store.keys) == 2


def test_a_store_that_is_gone_stays_in_force__attack_216(folder):
    held = load(source("pem", "{path: keys.pem}"))
    (folder / "keys.pem").unlink()
    with pytest.raises(ValueError, match="can not be read"):
        held.all()[0].reload()
    assert len(held.key_store(KeyPlace(None, None, "s")).key_store.keys) == 2
