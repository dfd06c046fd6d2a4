import json
from types import MappingProxyType

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.json import MAX_DEPTH, MAX_VALUES, as_doubles, dumps, loads


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"role":"admin","role":"user"}', id="attack-78-repeated-name"),
        pytest.param(b'{"a":{"b":1,"c":2,"b":3}}', id="attack-78-repeated-name-below"),
        pytest.param(b'[{"a":1},{"b":{"a":1,"a":1}}]', id="repeated-name-in-a-list"),
        pytest.param(b'{"role":1,"\\u0072ole":2}', id="repeated-name-spelled-differently"),
        pytest.param(b'{"a":1,"a":"\\u003a"}', id="escaped-colon-hides-a-repeated-name"),
        pytest.param(b'{"a":1,"a":"\\u003A"}', id="escaped-colon-in-capitals"),
        pytest.param(b'{"a":":","a":1}', id="repeated-name-over-a-colon"),
        pytest.param(b'{"a:b":1,"a:b":1}', id="repeated-name-with-a-colon"),
        pytest.param(b"NaN", id="nan"),
        pytest.param(b"[Infinity]", id="infinity"),
        pytest.param(b"[-Infinity]", id="minus-infinity"),
        pytest.param(b"1e400", id="attack-111-beyond-a-double"),
        pytest.param(b"9" * 5000, id="thousands-of-digits"),
        pytest.param(b'"\xff"', id="no-utf-8"),
        pytest.param(b'"\xed\xa0\x80"', id="surrogate-in-utf-8"),
        pytest.param(b'"\\ud800"', id="lone-surrogate"),
        pytest.param("\ud800", id="lone-surrogate-in-text"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte-order-mark"),
        pytest.param('"a"'.encode("utf-16"), id="utf-16"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}{}", id="two-documents"),
        pytest.param(b"{'a':1}", id="single-quotes"),
        pytest.param(b'{"a":1,}', id="comma-at-the-end"),
        pytest.param(b"01", id="leading-zero"),
        pytest.param(b'"a\nb"', id="control-character"),
        pytest.param(b"/* */ 1", id="comment"),
        pytest.param(b"[" * 65 + b"]" * 65, id="one-level-too-deep"),
        pytest.param(b'{"a":' * 65 + b"1" + b"}" * 65, id="one-object-too-deep"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="far-too-deep"),
        pytest.param(b"[" + b"1," * MAX_VALUES + b"1]", id="attack-188-too-many-values"),
        pytest.param(b"[" + b"[]," * (MAX_VALUES // 2) + b"1]", id="attack-188-too-many-lists"),
    ],
)
def test_a_document_that_parsers_disagree_on_is_refused(text):
    with pytest.raises(Malformed):
        loads(text)


def test_an_error_does_not_repeat_the_document():
    with pytest.raises(Malformed) as caught:
        loads(b'{"secret":1,"secret":2}')

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[1,-2,3.5,1e3],"b":{"a":null,"c":true},"d":"x:y"}',
        '{"url":"https://a.example:8443/x?y=:","t":"12:30:00"}',
        '{"a":"\\u003a","b":"\\u003c\\u003e"}',
        '{"a:":{"a:":":"}}',
        '"\\ud83d\\ude00 é"',
        "123456789012345678901234567890",
        " [ ] ",
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        json.dumps([{"a": [{}]}] * 100),
    ],
)
def test_a_good_document_reads_as_the_standard_library_reads_it(text):
    assert loads(text) == json.loads(text)
    assert loads(text.encode()) == json.loads(text)


def test_integers_keep_every_digit():
    assert loads(b"9007199254740993") == 9007199254740993


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1.0", b"1"),
        ("1e+06", b"1000000"),
        ("1e20", b"100000000000000000000"),
        ("1e21", b"1e21"),
        ("12345678901234567890", b"12345678901234567890"),
        ("12345678901234567890.0", b"12345678901234567000"),
        ("-2.50", b"-2.5"),
    ],
)
def test_a_number_that_is_whole_is_written_without_a_point(text, written):
    assert dumps(loads(text)) == written


def test_attack_78_a_number_that_no_double_comes_near_is_none():
    with pytest.raises(Malformed):
        as_doubles(loads('{"a": [' + "9" * 400 + "]}"))


def test_every_number_becomes_a_double_and_nothing_else_changes():
    found = as_doubles(loads('{"a": [1, -2.5, "3", true, null], "b": {"c": 9007199254740993}}'))

    assert found == {"a": [1.0, -2.5, "3", True, None], "b": {"c": 9007199254740992.0}}
    assert isinstance(found, dict)
    assert [type(item) for item in found["a"]] == [float, float, str, bool, type(None)]


def test_writing_is_canonical():
    assert (
        dumps({"b": 1, "a": {"d": [1, None], "c": "é"}})
        == '{"a":{"c":"é","d":[1,null]},"b":1}'.encode()
    )


def test_any_mapping_and_sequence_can_be_written():
    assert dumps(MappingProxyType({"b": (1, 2), "a": range(2)})) == b'{"a":[0,1],"b":[1,2]}'


def test_what_is_no_json_is_not_written():
    with pytest.raises(TypeError):
        dumps({"a": object()})
