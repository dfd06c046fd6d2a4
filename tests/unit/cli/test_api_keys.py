import stat

import pytest
from click.testing import CliRunner

from edgeauth.cli.main import main
from edgeauth.config.models.api_keys import read_api_keys
from edgeauth.model.errors import Malformed
from edgeauth.wire.api_keys import digest_of
from tests.fakes.api_keys import entry


def run(*arguments, status=0, environment=None):
    result = CliRunner().invoke(main, ["api-keys", "new", *arguments], env=environment)
    assert result.exit_code == status, result.output
    return result


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((), 2),
        (("--owner", ""), 2),
        (("--owner", "a\nb"), 2),
        (("--owner", "a", "--id", "a\tb"), 2),
        (("--owner", "a", "--scopes", "a b"), 2),
        (("--owner", "a", "--expires", "soon"), 2),
        (("--owner", "a", "--expires", "0d"), 2),
        (("--owner", "a", "--prefix", "A-"), 2),
        (("--owner", "a", "--pepper-variable", "NOT_SET"), 2),
        (("--owner", "a", "--pepper-variable", "SHORT"), 2),
        (("--owner", "a", "--file", "{}/below"), 1),
        (("--owner", "a", "--file", "{}"), 3),
        (("--owner", "a", "--file", "{}.utf"), 3),
        (("--owner", "a", "--id", "alice-1", "--file", "{}.good"), 3),
        (("--owner", "a", "--pepper-variable", "LONG", "--file", "{}.good"), 3),
    ],
)
def test_what_can_not_be_done_changes_nothing_and_shows_no_key(tmp_path, arguments, status):
    file = tmp_path / "keys.yaml"
    contents = {
        file: b"keys: []\n",
        file.with_name("keys.yaml.utf"): b"\xff",
        file.with_name("keys.yaml.good"): entry().encode(),
    }
    for path, octets in contents.items():
        path.write_bytes(octets)

    given = [each.format(file) for each in arguments]
    result = run(*given, status=status, environment={"SHORT": "p" * 15, "LONG": "p" * 16})

    assert "key_" not in result.output
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == contents


def test_the_entry_is_for_the_key_and_holds_it_not():
    result = run("--owner", "alice", "--scopes", "a,b", "--expires", "90d", "--prefix", "shop")
    key = result.stderr.split()[-1]

    (made,) = read_api_keys(result.stdout, "").entries

    assert made.digest == digest_of(key.encode())
    assert (made.owner, made.scopes) == ("alice", ("a", "b"))
    assert key.startswith("shop_")
    assert key not in result.stdout


def test_what_is_left_of_an_entry_that_is_cut_off_is_no_key():
    entry = run("--owner", "alice", "--scopes", "a,b", "--expires", "90d").stdout

    for length in range(1, len(entry) - 1):
        with pytest.raises(Malformed):
            read_api_keys(entry[:length], "")


def test_a_pepper_makes_another_digest():
    pepper = "p" * 16
    arguments = ("--owner", "alice", "--pepper-variable", "PEPPER")
    result = run(*arguments, environment={"PEPPER": pepper})
    key = result.stderr.split()[-1].encode()

    (made,) = read_api_keys(result.stdout, "").entries

    assert made.peppered
    assert made.digest == digest_of(key, pepper.encode())


def test_entries_are_added_to_a_file_that_only_its_owner_may_read(tmp_path):
    file = tmp_path / "keys.yaml"
    first = run("--owner", "alice", "--file", str(file)).stdout
    file.write_text(file.read_text().rstrip("\n"))
    second = run("--owner", "alice", "--file", str(file)).stdout

    digests = [digest_of(each.strip().encode()) for each in (first, second)]

    assert [each.digest for each in read_api_keys(file.read_text(), "").entries] == digests
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
