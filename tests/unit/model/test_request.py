"""Header fields in their order, and looked up by name."""

from edgeauth.model.request import Headers

HOST = (b"host", b"a.test")


def test_repeated_fields_are_joined_and_known_as_repeated():
    fields = (HOST, (b"accept", b"a"), (b"cookie", b"a=1"), (b"accept", b"b"), (b"cookie", b"b=2"))
    headers = Headers(fields)
    assert headers.fields == fields
    assert dict(headers) == {b"host": b"a.test", b"accept": b"a,b", b"cookie": b"a=1; b=2"}
    assert list(headers) == [b"host", b"accept", b"cookie"]
    assert set(headers.repeated) == {b"accept", b"cookie"}


def test_each_field_once_is_not_repeated():
    headers = Headers([HOST, (b"accept", b"a")])
    assert headers.fields == (HOST, (b"accept", b"a"))
    assert dict(headers) == dict(headers.fields)
    assert headers.repeated == ()


def test_fields_do_not_change_with_the_list_that_they_were_made_of():
    fields = [HOST]
    headers = Headers(fields)
    fields.append((b"accept", b"a"))
    assert headers.fields == (HOST,)


def test_a_field_is_read_as_text_in_any_case():
    headers = Headers(each for each in [HOST, (b"x-name", b"\xc3\xa9\xff")])
    assert headers.text("HOST") == "a.test"
    assert headers.text("X-Name") == "é\N{REPLACEMENT CHARACTER}"
    assert headers.text("X-Other") == Headers().text("héader") == ""
