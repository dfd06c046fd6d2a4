from collections.abc import Mapping
from pathlib import Path

import pytest

from edgeauth.config.errors import Collector, ConfigurationError
from edgeauth.config.models.configuration import FileSystem
from edgeauth.config.read import RuleSet, read_configuration
from edgeauth.providers.files import decode_text, load_rule_sets, read_text

MEBIBYTE = 1024 * 1024


def rules(name: str, host: str = "a.test") -> str:
    return f"""\
version: "1alpha4"
name: "{name}"
rules:
  - id: "{name}"
    match: {{routes: [{{path: "/{name}"}}]}}
    forward_to: {{host: "{host}"}}
    execute: [{{authorizer: allow}}]
"""


def load(
    source: Path,
    environment: Mapping[str, str] | None = None,
    *,
    substituted: bool = False,
    watched: bool = False,
) -> tuple[list[RuleSet], list[str]]:
    """Returns the rule sets, and file with line and message of each problem."""
    text = f"""\
providers:
  file_system:
    src: "{source}"
    watch: {str(watched).lower()}
    env_vars_enabled: {str(substituted).lower()}
"""
    configured = read_configuration(text, "edgeauth.yaml", {}).providers.file_system
    assert isinstance(configured, FileSystem)
    problems = Collector()
    found = load_rule_sets(configured, environment or {}, problems)
    return found, [f"{one.file}:{one.line}: {one.message}" for one in problems.found]


def names(found: list[RuleSet]) -> list[str]:
    return [each.name for each in found]


def test_what_does_not_exist_is_reported_where_it_is_named(tmp_path: Path):
    path = tmp_path / "none.yaml"

    assert load(path) == ([], [f"edgeauth.yaml:3: {path} does not exist"])


def test_a_link_to_nothing_is_reported(tmp_path: Path):
    path = tmp_path / "link.yaml"
    path.symlink_to(tmp_path / "none.yaml")

    assert load(path) == ([], [f"edgeauth.yaml:3: {path} does not exist"])


def test_a_directory_without_rule_sets_is_reported(tmp_path: Path):
    (tmp_path / ".hidden.yaml").write_text(rules("hidden"))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.yaml").write_text(rules("below"))

    assert load(tmp_path) == ([], [f"edgeauth.yaml:3: {tmp_path} holds no rule sets"])


def test_a_directory_that_is_watched_may_be_empty_until_rule_sets_come(tmp_path: Path):
    assert load(tmp_path, watched=True) == ([], [])


def test_what_does_not_exist_is_reported_though_it_is_watched(tmp_path: Path):
    path = tmp_path / "none"

    assert load(path, watched=True) == ([], [f"edgeauth.yaml:3: {path} does not exist"])


def test_a_link_to_nothing_in_a_directory_is_reported(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(rules("a"))
    (tmp_path / "b.yaml").symlink_to(tmp_path / "none.yaml")

    found, problems = load(tmp_path)

    assert names(found) == ["a"]
    assert problems == [f"{tmp_path / 'b.yaml'}:0: no such file or directory"]


def test_a_file_that_is_not_utf_8_is_reported(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"name: \xe4\n")

    assert load(path) == ([], [f"{path}:1: the file is not UTF-8"])


def test_a_file_that_is_too_large_is_reported(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * (16 * MEBIBYTE + 1))

    assert load(path) == ([], [f"{path}:0: the file is larger than 16 MiB"])


def test_an_empty_file_is_reported(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("")

    assert load(path) == ([], [f"{path}:0: no rule set in this file"])


def test_every_broken_file_is_reported_and_the_others_are_read(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("rules: [\n")
    (tmp_path / "b.yaml").write_text(rules("b"))
    (tmp_path / "c.yaml").write_bytes(b"\xff")
    (tmp_path / "d.yaml").write_text(rules("d").replace("match", "mtch"))
    (tmp_path / "e.yaml").write_text(rules("e"))

    found, problems = load(tmp_path)

    assert [each for each in names(found) if each] == ["b", "e"]
    broken = {problem.partition(".yaml")[0][-1] for problem in problems}
    assert broken == {"a", "c", "d"}


def test_a_file_of_exactly_the_largest_size_is_read(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * (16 * MEBIBYTE))

    assert len(read_text(path)) == 16 * MEBIBYTE


def test_a_byte_order_mark_is_no_text(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + rules("a").encode())

    found, problems = load(path)

    assert (names(found), problems) == (["a"], [])


def test_a_single_file_is_read_whatever_it_is_called(tmp_path: Path):
    path = tmp_path / ".rules"
    path.write_text(rules("a"))

    assert names(load(path)[0]) == ["a"]


def test_files_of_a_directory_are_read_in_the_order_of_their_names(tmp_path: Path):
    for name in ("c", "a", "B", "10", "9"):
        (tmp_path / f"{name}.yaml").write_text(rules(name))
    (tmp_path / ".hidden.yaml").write_text("broken: [")
    (tmp_path / "below").mkdir()

    found, problems = load(tmp_path)

    assert (names(found), problems) == (["10", "9", "B", "a", "c"], [])


def test_documents_of_one_file_are_read_in_their_order(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text(f"{rules('b')}---\n{rules('a')}")

    assert names(load(path)[0]) == ["b", "a"]


def test_variables_are_left_alone_unless_they_are_enabled(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text(rules("${NAME}").replace('id: "${NAME}"', 'id: "a"').replace("/${NAME}", "/a"))

    found, problems = load(path, {"NAME": "secret"})

    assert (names(found), problems) == (["${NAME}"], [])


def test_variables_are_replaced_when_they_are_enabled(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text(rules("a", "${HOST:=b.test}").replace('name: "a"', 'name: "${NAME}"'))

    found, problems = load(path, {"NAME": "known"}, substituted=True)

    assert (names(found), problems) == (["known"], [])
    target = found[0].rules[0].forward_to
    assert target is not None
    assert target.host.host == "b.test"


def test_a_variable_that_is_not_set_is_reported_in_its_file(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text(rules("a", "${HOST}"))

    found, problems = load(path, {}, substituted=True)

    assert [rule for each in found for rule in each.rules] == []
    assert len(problems) == 1
    assert problems[0].startswith(f"{path}:6: ")


@pytest.mark.parametrize(
    ("octets", "place", "message"),
    [
        pytest.param(b"a: 1\nb: caf\xe9\n", (2, 7), "the file is not UTF-8", id="latin-1"),
        pytest.param(
            "caf\N{LATIN SMALL LETTER E WITH ACUTE}: ".encode() + b"\xff",
            (1, 7),
            "the file is not UTF-8",
            id="columns-are-characters",
        ),
        pytest.param(b"\xef\xbb\xbfa: \xff", (1, 4), "the file is not UTF-8", id="byte-order-mark"),
        pytest.param("a: 1".encode("utf-16"), (1, 1), "the file is UTF-16, not UTF-8", id="utf-16"),
    ],
)
def test_octets_that_are_no_text_are_told_with_their_place(
    octets: bytes, place: tuple[int, int], message: str
):
    with pytest.raises(ConfigurationError) as refused:
        decode_text(octets, "f.yaml")

    (problem,) = refused.value.problems
    assert ((problem.line, problem.column), problem.message) == (place, message)
    assert problem.expected == "save it as UTF-8"


def test_a_device_without_an_end_is_too_large():
    with pytest.raises(ConfigurationError, match="larger than 16 MiB"):
        read_text(Path("/dev/zero"))
