"""What a Content-Type field says, or that it says nothing."""

import pytest

from edgeauth.wire.content_type import NO_TYPE, ContentType, parse_content_type


@pytest.mark.parametrize(
    "field",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"json", id="no subtype"),
        pytest.param(b"application/", id="empty subtype"),
        pytest.param(b"application/json x", id="text behind the type"),
        pytest.param(b"application/json,text/plain", id="attack-079-two types"),
        pytest.param(b" application/json", id="a blank before"),
        pytest.param(b"application/json; charset", id="a parameter without value"),
        pytest.param(b"application/json; charset=", id="an empty value"),
        pytest.param(b'application/json; charset="utf-8', id="a quote that is not closed"),
        pytest.param(b'application/json; charset="a\\"b"', id="an escape"),
        pytest.param(b"application/json; charset=utf-8; charset=ibm037", id="attack-079-two"),
        pytest.param(b"application/json; charset=utf-8; Charset=utf-8", id="attack-079-twice"),
        pytest.param(b"application/json\x00", id="NUL"),
        pytest.param(b"application/json;" + b"a=b;" * 1000, id="too long"),
    ],
)
def test_what_can_be_read_in_two_ways_says_nothing(field: bytes):
    assert parse_content_type(field) == NO_TYPE


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (b"application/json", ContentType("application/json")),
        (b"Application/JSON", ContentType("application/json")),
        (b"application/json;", ContentType("application/json")),
        (b"text/plain ;\tcharset=UTF-8", ContentType("text/plain", "utf-8")),
        (b'text/plain;charset="utf-8" ; a=b', ContentType("text/plain", "utf-8")),
        (b'text/plain; a=";charset=x"', ContentType("text/plain")),
        (b"multipart/form-data; boundary=json", ContentType("multipart/form-data")),
    ],
)
def test_type_and_charset_are_read_without_regard_to_case(field: bytes, said: ContentType):
    assert parse_content_type(field) == said


@pytest.mark.parametrize(
    ("field", "json", "yaml", "form"),
    [
        (b"text/plain", False, False, False),
        (b"multipart/form-data; boundary=json", False, False, False),
        (b"application/json", True, False, False),
        (b"application/vnd.api+json", True, False, False),
        (b"application/yaml", False, True, False),
        (b"text/x-yaml", False, True, False),
        (b"application/x-www-form-urlencoded", False, False, True),
    ],
)
def test_formats_are_told_by_the_type_alone(field: bytes, json: bool, yaml: bool, form: bool):
    kind = parse_content_type(field)
    assert (kind.is_json, kind.is_yaml, kind.is_form) == (json, yaml, form)
