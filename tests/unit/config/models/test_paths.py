import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from edgeauth.config.models.paths import (
    Kind,
    PathExpression,
    Segment,
    parse_path,
    wildcard_names,
)

STATIC, SINGLE, FREE = Kind.STATIC, Kind.SINGLE, Kind.FREE


@pytest.mark.parametrize(
    ("expression", "offset"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("a/b", 0, id="51-no-slash"),
        pytest.param("/x/:", 3, id="51-colon-without-a-name"),
        pytest.param("/x/*", 3, id="51-single-star"),
        pytest.param("/x/**a", 3, id="51-name-after-two-stars"),
        pytest.param("/x/***", 3, id="51-three-stars"),
        pytest.param("/x/:a/:a", 6, id="51-name-twice"),
        pytest.param("/:a/*a", 4, id="51-name-twice-in-two-kinds"),
        pytest.param("/x/**/y", 3, id="free-wildcard-in-the-middle"),
        pytest.param("/x/*rest/", 3, id="free-wildcard-before-a-slash"),
        pytest.param("/x/:a b", 3, id="blank-in-a-name"),
        pytest.param("//x", 1, id="empty-segment"),
        pytest.param("/x/../y", 3, id="dot-segment"),
        pytest.param("/x/.", 3, id="dot-at-the-end"),
        pytest.param("/x?y=1", 2, id="query"),
        pytest.param("/x#y", 2, id="fragment"),
        pytest.param("/a b", 2, id="blank"),
        pytest.param("/é", 1, id="beyond-ascii"),
        pytest.param("/a%2", 2, id="half-an-escape"),
        pytest.param("/a%zz", 2, id="no-escape"),
        pytest.param("/a\\b", 2, id="backslash-inside"),
        pytest.param("/\\:a\x00", 4, id="nul"),
    ],
)
def test_what_no_request_can_match_is_refused_at_its_character(expression: str, offset: int):
    with pytest.raises(ValidationError):
        TypeAdapter(PathExpression).validate_python(expression)
    with pytest.raises(PydanticCustomError) as refused:
        parse_path(expression)

    assert refused.value.context is not None
    assert refused.value.context["offset"] == offset


@pytest.mark.parametrize(
    ("expression", "segments"),
    [
        ("/", [(STATIC, "")]),
        ("/a/", [(STATIC, "a"), (STATIC, "")]),
        ("/fruit/:kind", [(STATIC, "fruit"), (SINGLE, "kind")]),
        ("/:*/b", [(SINGLE, ""), (STATIC, "b")]),
        ("/**", [(FREE, "")]),
        ("/a/*rest", [(STATIC, "a"), (FREE, "rest")]),
        ("/a/b:c", [(STATIC, "a"), (STATIC, "b:c")]),
        ("/a/b*c", [(STATIC, "a"), (STATIC, "b*c")]),
        ("/\\:lit/\\*lit", [(STATIC, ":lit"), (STATIC, "*lit")]),
        ("/a%20b/~x.y", [(STATIC, "a%20b"), (STATIC, "~x.y")]),
        ("/:article_id/:b-c", [(SINGLE, "article_id"), (SINGLE, "b-c")]),
    ],
)
def test_an_expression_is_cut_into_segments(expression: str, segments: list[tuple[Kind, str]]):
    assert TypeAdapter(PathExpression).validate_python(expression) == expression
    assert parse_path(expression) == tuple(Segment(*segment) for segment in segments)


def test_only_named_wildcards_have_names():
    assert wildcard_names("/:*/:a/b/*c") == ["a", "c"]
