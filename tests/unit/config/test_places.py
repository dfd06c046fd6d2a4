import pytest

from edgeauth.config.document import Mapping, Scalar, position, read_documents
from edgeauth.config.places import place_of


def scalar(text: str) -> Scalar:
    (root,) = read_documents(text, "f.yaml")
    assert isinstance(root, Mapping)
    found = root.entries["a"]
    assert isinstance(found, Scalar)
    return found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: one X two\n", id="plain"),
        pytest.param("a: 'one X two'\n", id="single-quotes"),
        pytest.param("a: 'it''s X'\n", id="single-quotes-with-a-quote-before"),
        pytest.param('a: "one X two"\n', id="double-quotes"),
        pytest.param('a: "\\t\\u00e9\\x41 X"\n', id="double-quotes-with-escapes-before"),
        pytest.param("é: 1\na: é 🙂 X\n", id="beyond-ascii"),
        pytest.param("a: |\n  one\n\n    two X\n", id="literal-block"),
        pytest.param("a: |2-\n    one\n  X\n", id="literal-block-with-indicators"),
        pytest.param("a: |\n\n\n  X\n", id="literal-block-with-blank-lines-first"),
        pytest.param("a: >\n  one\n  two X\n\n  three\n", id="folded-block"),
        pytest.param("a: one\n  two X three\n", id="plain-over-lines"),
        pytest.param("a: !!str one X\n", id="tag-in-front"),
        pytest.param("a: |\r\n  one\r\n  X\r\n", id="literal-block-with-crlf"),
    ],
)
def test_a_character_of_a_value_is_found_in_the_file(text: str):
    value = scalar(text)

    place = place_of(value, value.text.index("X"))

    lines = text.replace("\r\n", "\n").split("\n")
    assert lines[place.line - 1][place.column - 1] == "X"


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        pytest.param('a: "one\n  X two"\n', 4, id="double-quotes-over-lines"),
        pytest.param("a: one\n", 4, id="behind-the-end"),
        pytest.param("a: one\n", -1, id="before-the-beginning"),
        pytest.param("a: 10\n", 1, id="not-text"),
    ],
)
def test_where_nothing_can_be_said_it_is_the_beginning(text: str, offset: int):
    value = scalar(text)

    place = place_of(value, offset)

    assert place == position(value)


def test_the_end_of_a_value_is_a_place_too():
    assert place_of(scalar("a: one\n"), 3) == (1, 7)
