import pytest

from edgeauth.mechanisms.content import decode_content
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.services import EndpointAnswer


def decoded(media_type, body):
    return decode_content(EndpointAnswer(200, media_type, body))


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        pytest.param("application/json", b"{", id="attack-77-malformed"),
        pytest.param("application/json", b"9" * 400, id="attack-78-number-beyond-a-double"),
        pytest.param("application/yaml", b"n: " + b"9" * 400, id="attack-78-number-of-yaml"),
        pytest.param("application/yaml", b"a: 1\n---\nb: 2\n", id="two-documents"),
        pytest.param("application/json", b"\xff", id="no-utf-8"),
        pytest.param("application/json", b"[" + b"1," * 100_000 + b"1]", id="attack-188-much-json"),
        pytest.param("application/yaml", b"-\n" * 2_501, id="attack-188-much-yaml"),
        pytest.param("application/x-www-form-urlencoded", b"a=1&" * 1001, id="many-fields"),
    ],
)
def test_an_answer_that_is_not_what_it_says_is_a_fault(media_type, body):
    with pytest.raises(Fault) as caught:
        decoded(media_type, body)

    assert caught.value.reason is Reason.INTERNAL
    assert "9" not in caught.value.detail


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("application/json", b'{"n": 3, "l": [1e6]}', "{'n': 3.0, 'l': [1000000.0]}"),
        ("application/problem+json", b"9007199254740993", "9007199254740992.0"),
        ("application/yaml", b"n: 3\nl: [1.5, true]\n", "{'n': 3, 'l': [1.5, True]}"),
        ("application/yaml", b"[9223372036854775807]", "[9223372036854775807]"),
        ("application/yaml", b"[9223372036854775808]", "[9.223372036854776e+18]"),
        ("application/x-www-form-urlencoded", b"n=3&n=4&m=", "{'n': ['3', '4'], 'm': ['']}"),
        ("text/plain", b"3", "'3'"),
        ("", b"3", "'3'"),
        ("application/json", b"", "None"),
    ],
    ids=[
        "json",
        "json-suffix",
        "yaml",
        "yaml-largest-integer",
        "yaml-beyond-64-bits",
        "form",
        "text",
        "no-type",
        "nothing",
    ],
)
def test_numbers_are_doubles_in_json_integers_in_yaml_and_texts_in_forms(
    media_type, body, expected
):
    assert repr(decoded(media_type, body)) == expected
