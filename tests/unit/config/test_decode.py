from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field

from edgeauth.config.decode import MAX_PROBLEMS, decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError, Problem
from edgeauth.config.findings import Finding, bad_expression, refuse
from edgeauth.config.scalars import Duration, ListOf
from edgeauth.config.specification import NOT_YET, Specification


def check_expression(text: str) -> str:
    if "?" in text:
        raise bad_expression("unexpected ?", text.index("?"), 'did you mean "!"?')
    return text


def check_pair(pair: tuple[int, ...]) -> tuple[int, ...]:
    refuse(Finding("an odd number", (at,)) for at, one in enumerate(pair) if one % 2)
    return pair


class Endpoint(Specification):
    refused: ClassVar = {"retry": NOT_YET}

    url: str
    method: Literal["GET", "POST"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)


class Settings(Specification):
    endpoint: str | Endpoint = "https://default.test"
    either: Endpoint | ListOf[str] | None = None
    expression: Annotated[str, AfterValidator(check_expression)] = ""
    even: Annotated[ListOf[int], AfterValidator(check_pair)] = ()
    ratio: float = 1.0
    level: Annotated[int, Field(ge=1, lt=5)] = 1
    name: Annotated[str, Field(min_length=3)] = "abc"
    ttl: Duration = 1.0
    flag: bool = False
    parts: dict[str, Endpoint] = Field(default_factory=dict)
    condition: str | None = Field(default=None, alias="if")


def problems_of(text: str, model: type[BaseModel] = Settings) -> list[Problem]:
    (root,) = read_documents(text, "f.yaml")
    with pytest.raises(ConfigurationError) as refused:
        decode(model, root)
    return list(refused.value.problems)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        pytest.param("flag: 1", 7, '"flag" is a whole number, not true or false', id="int-bool"),
        pytest.param("flag: 'true'", 7, '"flag" is text, not true or false', id="text-bool"),
        pytest.param("level: true", 8, '"level" is a truth value, not a whole number', id="bool"),
        pytest.param("level: 1.0", 8, '"level" is a fraction, not a whole number', id="float"),
        pytest.param("level: 5", 8, '"level" is out of range', id="range"),
        pytest.param("name: 5", 7, '"name" is a whole number, not text', id="int-text"),
        pytest.param("name: ab", 7, '"name" is too short', id="short"),
        pytest.param("name: ''", 7, '"name" is empty', id="empty"),
        pytest.param("name:", 1, '"name" is empty, not text', id="null"),
        pytest.param("either:", 1, '"either" is empty, not a map or a list', id="null-optional"),
        pytest.param("name: [a]", 7, '"name" is a list, not text', id="list-text"),
        pytest.param("ttl: 5", 6, 'wrong value for "ttl"', id="duration"),
        pytest.param("even: [x]", 8, 'entry 1 of "even" is text, not a whole number', id="item"),
        pytest.param("even: {a: 1}", 7, '"even" is a map, not a list', id="map-list"),
        pytest.param("parts: {a: {}}", 12, 'missing key "url"', id="missing"),
        pytest.param("parts: {a: {url: x, retry: 1}}", 21, f'"retry" is {NOT_YET}', id="not-yet"),
        pytest.param("expression: a ? b", 15, "unexpected ?", id="expression"),
        pytest.param("even: [2, 3]", 11, "an odd number", id="finding"),
        pytest.param("condition: x", 1, 'unknown key "condition"', id="name-behind-an-alias"),
        pytest.param("[a]", 1, "the document is a list, not a map", id="root"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_problem(text: str, column: int, message: str):
    (problem,) = problems_of(text)

    assert (problem.column, problem.message) == (column, message)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        pytest.param("endpoint: 5", 11, '"endpoint" is a whole number, not text or a map', id="no"),
        pytest.param("endpoint: {urll: x}", 12, 'unknown key "urll"', id="inside-the-map"),
        pytest.param("endpoint: {url: 5}", 17, '"url" is a whole number, not text', id="value"),
        pytest.param("endpoint: {url: x, method: PUT}", 28, 'unknown method "PUT"', id="literal"),
        pytest.param("either: [[]]", 10, 'entry 1 of "either" is a list, not text', id="list"),
        pytest.param("either: x", 9, '"either" is text, not a map or a list', id="neither"),
    ],
)  # fmt: skip
def test_alternatives_give_one_readable_problem(text: str, column: int, message: str):
    (problem,) = problems_of(text)

    assert (problem.column, problem.message) == (column, message)


def test_every_problem_is_told_at_once():
    found = problems_of("nam: x\nlevel: 9\nparts:\n  a: {urll: x}\n  b: 5\neven: [1, 3]\n")

    assert [(one.line, one.message) for one in found] == [
        (1, 'unknown key "nam"'),
        (2, '"level" is out of range'),
        (4, 'unknown key "urll"'),
        (5, '"b" is a whole number, not a map'),
        (6, "an odd number"),
        (6, "an odd number"),
    ]


def test_the_problems_of_a_hostile_text_are_told_up_to_a_limit():
    found = problems_of("".join(f"k{index}: 1\n" for index in range(MAX_PROBLEMS + 5)))

    assert len(found) == MAX_PROBLEMS + 1
    assert found[0].message == "5 more problems are not shown"


def test_what_is_known_and_what_is_near_is_told():
    (problem,) = problems_of("parts: {a: {url: x, metod: GET}}")

    assert problem.suggestion == 'did you mean "method"?'
    assert problem.expected == "known keys: url, method, headers"


def test_values_do_not_get_into_messages():
    found = problems_of("password: hunter2\nttl: hunter2\nlevel: hunter2\n")

    assert all("hunter2" not in one.message + one.expected + one.suggestion for one in found)


def test_an_offset_counts_in_a_block():
    (problem,) = problems_of("expression: |\n  first\n  second ?\n")

    assert (problem.line, problem.column, problem.width) == (3, 10, 1)


def test_what_is_decoded_is_typed_and_located():
    (root,) = read_documents("ttl: 5m\nparts: {a: {url: x}}\nendpoint: {url: y}\nif: z\n", "f.yaml")

    settings = decode(Settings, root)

    assert (settings.ttl, settings.condition) == (300.0, "z")
    assert settings.node is root
    assert settings.parts["a"].problem("bad", "url").column == 18
    assert isinstance(settings.endpoint, Endpoint)
    assert settings.endpoint.problem("bad", "url").line == 3
    assert settings.endpoint.problem("bad", "method").column == 11


def test_two_specifications_written_in_two_places_are_equal():
    (one, other) = (read_documents(text, "f")[0] for text in ("url: x", "\n\nurl: x"))

    assert decode(Endpoint, one) == decode(Endpoint, other)


def test_a_specification_made_in_code_has_no_place():
    problem = Endpoint(url="x").problem("bad", "url")

    assert (problem.line, problem.source_line) == (0, "")


def test_any_pydantic_model_can_be_decoded():
    class Plain(BaseModel):
        count: int

    (root,) = read_documents("count: 5", "f.yaml")

    assert decode(Plain, root).count == 5
    assert problems_of("count: x", Plain)[0].column == 8
