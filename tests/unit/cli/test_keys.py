import os
import re
import stat

import pytest
from click.testing import CliRunner

from edgeauth.cli.main import main
from edgeauth.contract.keystore import read_key_store


def run(*arguments, status=0, environment=None):
    result = CliRunner().invoke(main, ["keys", *arguments], env=environment)
    assert result.exit_code == status, result.output
    return result.output


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "signer.pem"
    run("new", "--store", str(path), "--key-id", "first")
    return path


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("new", "--store", "{}"), 1),
        (("new", "--store", "{}/below"), 1),
        (("new", "--store", "{}x", "--algorithm", "HS256"), 2),
        (("new", "--store", "{}x", "--key-id", "a b"), 2),
        (("new", "--store", "{}x", "--password-variable", "NOT_SET"), 2),
        (("rotate", "--store", "{}x"), 1),
        (("rotate", "--store", "{}", "--publish-before", "soon"), 2),
        (("rotate", "--store", "{}", "--key-id", "first"), 3),
        (("list", "--store", "{}x"), 1),
        (("list", "--store", "{}.broken"), 3),
    ],
)
def test_what_can_not_be_done_changes_nothing(store, arguments, status):
    broken = store.with_name("signer.pem.broken")
    broken.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    before = store.read_bytes()
    told = run(*(each.format(store) for each in arguments), status=status)
    assert told
    assert "PRIVATE KEY-----" not in told
    assert store.read_bytes() == before
    assert sorted(each.name for each in store.parent.iterdir()) == [
        "signer.pem",
        "signer.pem.broken",
    ]


def test_a_store_is_for_its_owner_alone(store):
    assert stat.S_IMODE(store.stat().st_mode) == 0o600


def test_a_rotation_keeps_the_group_that_reads_the_store_and_shuts_everybody_else_out(store):
    store.chmod(0o644)
    run("rotate", "--store", str(store))
    assert stat.S_IMODE(store.stat().st_mode) == 0o640
    assert store.stat().st_uid == os.geteuid()


def test_a_rotation_through_a_link_changes_the_file_behind_it(store):
    link = store.with_name("link.pem")
    link.symlink_to(store)
    run("rotate", "--store", str(link))
    assert link.is_symlink()
    assert len(read_key_store(store).keys) == 2


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES384", "PS256"])
def test_a_rotation_keeps_the_algorithm_of_the_key_that_signs(tmp_path, algorithm):
    store = str(tmp_path / "other.pem")
    run("new", "--store", store, "--algorithm", algorithm)
    run("rotate", "--store", store)
    _, *keys = run("list", "--store", store).splitlines()
    assert [each.split()[1] for each in keys] == [algorithm, algorithm]


def test_a_second_rotation_waits_for_the_first(store):
    run("rotate", "--store", str(store), "--key-id", "second")
    told = run("rotate", "--store", str(store), status=3)
    assert "second is waiting for its turn already" in told


def test_keys_are_listed_without_key_material__attack_178(store):
    run("rotate", "--store", str(store), "--algorithm", "EdDSA", "--key-id", "second")
    head, first, second = run("list", "--store", str(store)).splitlines()
    assert head.split() == [
        "KEY",
        "ALGORITHM",
        "STATE",
        "ACTIVE",
        "FROM",
        "AGE",
        "CERTIFICATE",
        "ENDS",
    ]
    assert re.fullmatch(r"first +ES256 +active +\S+Z +\d+s +-", first)
    assert re.fullmatch(r"second +EdDSA +next +\S+Z +- +-", second)


def test_an_encrypted_store_stays_one(tmp_path):
    path = str(tmp_path / "signer.pem")
    password = ("--password-variable", "SIGNER_PASSWORD")
    environment = {"SIGNER_PASSWORD": "s3cret"}
    run("new", "--store", path, *password, environment=environment)
    run("rotate", "--store", path, *password, environment=environment)
    told = run("rotate", "--store", path, status=3) + run("list", "--store", path, status=3)
    assert "there is no password" in told
    assert (tmp_path / "signer.pem").read_bytes().count(b"ENCRYPTED PRIVATE KEY") == 4
    assert "s3cret" not in told


@pytest.mark.parametrize("command", ["new", "rotate", "list"])
def test_each_command_shows_an_example_and_its_exit_codes(command):
    told = run(command, "--help")
    assert "Example:" in told
    assert "Exit codes:" in told
