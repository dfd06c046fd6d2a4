"""What expressions see as the body of a request; nothing that is sent makes it fail."""

import gzip

import pytest
from hypothesis import given, settings, strategies as st

from edgeauth.expressions.content import (
    MAX_FORM_FIELDS,
    MAX_YAML_VALUES,
    decode,
    read_request_content,
)
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.content_type import ContentType
from edgeauth.wire.json import MAX_DEPTH, MAX_VALUES

JSON, YAML, FORM = "application/json", "application/yaml", "application/x-www-form-urlencoded"


def body(content: bytes, kind: str = "", *fields: tuple[bytes, bytes]) -> object:
    typed = ((b"content-type", kind.encode()),) if kind else ()
    return read_request_content(content, Headers((*typed, *fields)))


BOMB = (
    b"a: &a ["
    + b"1, " * 60
    + b"1]\n"
    + b"".join(
        b"%c: &%c [%s*%c]\n" % (c + 1, c + 1, b"*%c, " % c * 60, c)
        for c in range(ord("a"), ord("f"))
    )
)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(b"{", JSON, id="attack-077-malformed JSON"),
        pytest.param(b'{"a":1}x', JSON, id="attack-077-text behind the JSON"),
        pytest.param(b'{"a":1,"a":2}', JSON, id="attack-078-repeated name"),
        pytest.param(b'{"a":1,"\\u0061":2}', JSON, id="attack-078-repeated name, escaped"),
        pytest.param(b'{"a":NaN}', JSON, id="attack-078-NaN"),
        pytest.param(b"1e999", JSON, id="attack-078-a number beyond a double"),
        pytest.param(b"9" * 400, JSON, id="attack-078-an integer beyond a double"),
        pytest.param(b"[" * 100_000, JSON, id="attack-078-nesting"),
        pytest.param(
            b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), JSON, id="attack-078-one too deep"
        ),
        pytest.param(b'"\\ud800"', JSON, id="half a character"),
        pytest.param(b"a: 1\na: 2\n", YAML, id="attack-078-repeated key"),
        pytest.param(b"a: 1\n---\nb: 2\n", YAML, id="two documents"),
        pytest.param(b"# nothing\n", YAML, id="no document"),
        pytest.param(b"a: *b\n", YAML, id="an alias of nothing"),
        pytest.param(b"a: !!python/object:os.system x\n", YAML, id="a tag"),
        pytest.param(b"a: \x07\n", YAML, id="a control character"),
        pytest.param(BOMB, YAML, id="attack-174-alias bomb"),
        pytest.param(b"[" * 4000, YAML, id="nesting in YAML"),
        pytest.param(b"[" + b"[]," * MAX_VALUES + b"1]", JSON, id="much JSON"),
        pytest.param(b"- a\n" * MAX_YAML_VALUES, YAML, id="much YAML"),
        pytest.param(b"[" + b"1," * MAX_YAML_VALUES + b"1]", YAML, id="much YAML in one line"),
        pytest.param(b"role=user;role=admin", FORM, id="a semicolon"),
        pytest.param(b"a=%zz", FORM, id="an escape that is none"),
        pytest.param(b"a=%", FORM, id="half an escape"),
        pytest.param(b"a=%ff", FORM, id="an escape that gives no UTF-8"),
        pytest.param(b"a&" * MAX_FORM_FIELDS + b"b", FORM, id="too many fields"),
        pytest.param(b'{"a":1}', f"{JSON}; charset=utf-16", id="attack-079-charset"),
        pytest.param(b"a=b", f"{FORM}; charset=ibm037", id="attack-079-charset of a form"),
        pytest.param(b"a=b", f"{FORM}; charset=utf-7", id="attack-079-utf-7"),
        pytest.param(b'{"a":1}', "text/plain", id="attack-079-JSON as text"),
        pytest.param(b'{"a":1}', "application/json, text/plain", id="attack-079-two types"),
        pytest.param(b'{"a":1}', "", id="no type"),
        pytest.param(b'--x\r\n{"a":1}', "multipart/form-data; boundary=json", id="multipart"),
    ],
)
def test_what_is_not_what_it_claims_to_be_is_its_text(content: bytes, kind: str):
    assert body(content, kind) == content.decode()


@pytest.mark.parametrize("kind", [JSON, YAML, FORM, "text/plain", "application/octet-stream", ""])
def test_octets_that_are_no_utf_8_are_replaced(kind: str):
    assert body(b'{"a": "\xff"}', kind) == '{"a": "�"}'


@pytest.mark.parametrize("coding", [b"gzip", b"GZIP", b"br", b"identity, gzip", b"x"])
def test_attack_075_compressed_content_is_never_unpacked(coding: bytes):
    packed = gzip.compress(b'{"a":"' + b"x" * 1_000_000 + b'"}')
    assert body(packed, JSON, (b"content-encoding", coding)) == packed.decode("utf-8", "replace")
    assert body(b'{"a":1}', JSON, (b"content-encoding", coding)) == '{"a":1}'


@pytest.mark.parametrize("kind", [JSON, YAML, FORM, "text/plain", ""])
def test_no_content_is_an_empty_text_whatever_its_type(kind: str):
    assert body(b"", kind) == ""


@pytest.mark.parametrize(
    ("content", "kind", "value"),
    [
        (b'{"a":[1,2.5,{"b":null}]}', JSON, {"a": [1.0, 2.5, {"b": None}]}),
        (b"null", JSON, None),
        (b'"x"', JSON, "x"),
        (b'{"a":"\xc3\xa9"}', "Application/Vnd.Api+JSON; charset=UTF-8", {"a": "é"}),
        (b'{"a":1}', 'application/json; charset="us-ascii"', {"a": 1.0}),
        (b"a: 1\nb: [x, on, 2.5]\n", YAML, {"a": 1, "b": ["x", "on", 2.5]}),
        (b"a: &x {b: 1}\nc: *x\n", "text/yaml", {"a": {"b": 1}, "c": {"b": 1}}),
        (b"a: 18446744073709551616\n", YAML, {"a": 2.0**64}),
        (b"a=1&b=x+y&a=%C3%A9&c", FORM, {"a": ["1", "é"], "b": ["x y"], "c": [""]}),
        (b"hello", "text/plain", "hello"),
    ],
)
def test_json_yaml_and_forms_are_decoded(content: bytes, kind: str, value: object):
    found = body(content, kind)
    assert found == value
    assert repr(found) == repr(value), "numbers of JSON are doubles"


def test_identity_is_no_coding():
    assert body(b"{}", JSON, (b"content-encoding", b"Identity")) == {}


@given(st.binary(max_size=300), st.sampled_from([JSON, YAML, FORM, "text/plain", "x"]))
@settings(max_examples=300, deadline=None)
def test_any_octets_give_a_value(content: bytes, kind: str):
    value = body(content, kind)
    assert value is None or isinstance(value, str | float | int | list | dict)


@given(st.text("[]{}:,-?&*!|>'\"%#ab \n\t", max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_of_yamls_own_characters_gives_a_value(text: str):
    body(text.encode(), YAML)


@pytest.mark.parametrize("kind", [JSON, YAML, FORM])
def test_errors_hold_no_data(kind: str):
    with pytest.raises(Malformed) as caught:
        decode(b"{secret; %zz: [", ContentType(kind))
    assert "secret" not in str(caught.value)
