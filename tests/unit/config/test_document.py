import pytest
from yaml import StreamEndEvent

from edgeauth.config.document import (
    MAX_DEPTH,
    MAX_OCTETS,
    Mapping,
    Scalar,
    Sequence,
    end_position,
    plain,
    position,
    read_documents,
)
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.parsers import event_reader
from edgeauth.model.json import Json


def read(text: str) -> Json:
    (document,) = read_documents(text, "f.yaml")
    return plain(document)


REFUSED = [
    pytest.param("a: 1\na: 2", (2, 1), 'duplicate key "a"', id="attack-174-duplicate-key"),
    pytest.param(
        "{a: 1, 'a': 2}", (1, 8), 'duplicate key "a"', id="attack-174-duplicate-quoted-key"
    ),
    pytest.param("1: x", (1, 1), "a key must be text", id="attack-174-number-as-key"),
    pytest.param("null: x", (1, 1), "a key must be text", id="attack-174-null-as-key"),
    pytest.param("[a]: x", (1, 1), "a key must be text", id="attack-174-list-as-key"),
    pytest.param("? {a: 1}\n: x", (1, 3), "a key must be text", id="attack-174-map-as-key"),
    pytest.param("a: &k x\n*k : y", (2, 1), "a key must be text", id="attack-174-alias-as-key"),
    pytest.param("<<: {a: 1}", (1, 1), "merge keys (<<) are not part of YAML 1.2", id="merge-key"),
    pytest.param("a: !!python/none x", (1, 4), "unknown tag", id="attack-174-python-tag"),
    pytest.param("a: !x {b: 1}", (1, 4), "unknown tag", id="attack-174-tag-on-map"),
    pytest.param("a: !!set {b}", (1, 4), "unknown tag", id="attack-174-set"),
    pytest.param("a: !!timestamp 2001-01-01", (1, 4), "unknown tag", id="attack-174-timestamp"),
    pytest.param("a: !!int x", (1, 4), "the value does not fit its tag", id="tag-does-not-fit"),
    pytest.param("a: *b", (1, 4), 'unknown alias "b"', id="unknown-alias"),
    pytest.param("&a x\n---\n*a", (3, 1), 'unknown alias "a"', id="alias-of-another-document"),
    pytest.param(
        "a: &a\n  - *a", (2, 5), 'alias "a" stands inside what it refers to', id="attack-174-cycle"
    ),
    pytest.param(
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        (1, MAX_DEPTH + 1),
        "more than 64 lists and maps inside each other",
        id="attack-174-nesting",
    ),
    pytest.param(
        "\n".join(["n0: &n0 [x]", *(f"n{i}: &n{i} [*n{i - 1}]" for i in range(1, 70))]),
        (64, 12),
        "more than 64 lists and maps inside each other",
        id="attack-174-nesting-by-aliases",
    ),
    pytest.param("a: .inf", (1, 4), None, id="infinity"),
    pytest.param("a: 1e999", (1, 4), "this number is too large", id="overflow"),
    pytest.param("a: " + "9" * 101, (1, 4), None, id="a-hundred-digits"),
    pytest.param("a: x\x07", (1, 5), "character U+0007 is not allowed in YAML", id="bell"),
    pytest.param('a: "\\0"', (1, 4), "the text holds the character U+0000", id="NUL"),
    pytest.param("é: \ud800", (1, 4), "character U+D800 is not allowed in YAML", id="surrogate"),
    pytest.param("x" * (MAX_OCTETS + 1), (0, 0), "the text is larger than 16 MiB", id="size"),
    pytest.param("é" * (MAX_OCTETS // 2 + 1), (0, 0), None, id="size-in-octets"),
]


@pytest.mark.parametrize(("text", "place", "message"), REFUSED)
def test_what_is_refused_is_refused_at_its_place(
    text: str, place: tuple[int, int], message: str | None
):
    with pytest.raises(ConfigurationError) as refused:
        read_documents(text, "f.yaml")

    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == place
    assert message is None or problem.message == message


SCALARS = [
    pytest.param(text, value, id=text or "empty")
    for text, value in [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("010", 10),
        ("0o17", 15),
        ("0xFF", 255),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-3", -3),
        ("1e3", 1000.0),
        (".", "."),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("tRue", "tRue"),
        ("", None),
        ("~", None),
        ("Null", None),
        ('"5"', "5"),
        ("'true'", "true"),
        ("!!str 5", "5"),
        ("!!int 5", 5),
        ("!!float 5", 5),
        ("é|🙂", "é|🙂"),
    ]
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_plain_scalars_are_read_as_yaml_1_2_does(text: str, value: Json):
    result = read(f"a: {text}\n")

    assert result == {"a": value}
    assert type(result["a"]) is type(value)


def test_every_key_and_value_knows_where_it_begins_and_ends():
    (root,) = read_documents("é: [x, 'y z']\n'k e': |\n  text\nm:\n  n: 1\n", "f.yaml")

    assert isinstance(root, Mapping)
    listed, block, inner = root.entries.values()
    assert isinstance(listed, Sequence)
    assert isinstance(inner, Mapping)
    assert [(position(item), end_position(item)) for item in listed.items] == [
        ((1, 5), (1, 6)),
        ((1, 8), (1, 13)),
    ]
    assert (position(root.key("k e")), end_position(root.key("k e"))) == ((2, 1), (2, 6))
    assert isinstance(block, Scalar)
    assert (position(block), block.style) == ((2, 8), "|")
    assert (position(inner), position(inner.key("n"))) == ((5, 3), (5, 3))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_lines_are_counted_whatever_ends_them(end: str):
    (root,) = read_documents(f"a: 1{end}b:{end}  c: 2{end}", "f.yaml")

    assert isinstance(root, Mapping)
    assert position(root.entries["b"]) == (3, 3)
    assert root.source.line(3) == "  c: 2"


def test_a_byte_order_mark_is_not_part_of_the_text():
    (root,) = read_documents("\ufeffa: 1", "f.yaml")

    assert position(root) == (1, 1)


def test_an_alias_stands_for_what_it_refers_to():
    assert read("a: &x {b: [1]}\nc: *x\nd: [*x, *x]") == {
        "a": {"b": [1]},
        "c": {"b": [1]},
        "d": [{"b": [1]}, {"b": [1]}],
    }


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n"], ids=["empty", "comment", "lines"])
def test_a_text_without_content_has_no_documents(text: str):
    assert read_documents(text, "f.yaml") == []


def test_both_parsers_give_the_same_events():
    text = "a: &x [1, 'two', \"three\"]\nb: |\n  block\nc: !!str 4\nd: *x\n"
    native, pure = event_reader(text, pure=False), event_reader(text, pure=True)

    while True:
        one, other = native(), pure()
        assert type(one) is type(other)
        assert one.start_mark.index == other.start_mark.index
        if isinstance(one, StreamEndEvent):
            break
