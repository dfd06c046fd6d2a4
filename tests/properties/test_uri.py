"""Two spellings of a path are one path, and no spelling hides another."""

import re
from urllib.parse import unquote_to_bytes

from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.wire.uri import decode_slashes, parse_path, parse_resolved_path

UNRESERVED = b"abzABZ019-._~"
PIECES = st.sampled_from(
    [
        b"/",
        b"/",
        b"a",
        b"B",
        b".",
        b"..",
        b"%2e",
        b"%2E",
        b"%2f",
        b"%2F",
        b"%5c",
        b"%25",
        b"%20",
        b"%00",
        b";",
        b"\\",
        b"%",
        b"2e",
        b"2f",
        b"%c3%a9",
        b"%c0%af",
        "é".encode(),
        b"|",
        b"[",
        b"~",
        b"%7e",
        b"%41",
        b"?",
    ]
)
PATHS = st.lists(PIECES, max_size=12).map(lambda pieces: b"/" + b"".join(pieces))
ANY = PATHS | st.binary(max_size=40) | st.binary(max_size=40).map(lambda octets: b"/" + octets)


def normal(raw: bytes) -> str | None:
    try:
        return parse_path(raw)
    except Malformed:
        return None


@given(ANY)
def test_the_normal_form_of_a_normal_form_is_itself(raw):
    path = normal(raw)
    if path is not None:
        assert parse_path(path.encode("ascii")) == path


@given(ANY)
def test_nothing_that_another_reader_could_misread_is_left(raw):
    path = normal(raw)
    if path is None:
        return
    assert path.startswith("/")
    assert "//" not in path
    assert re.fullmatch(r"(?:%[0-9A-F]{2}|[!-~])+", path)
    assert not re.search(r'[\\;?#"<>^`{|}]', path)
    decoded = unquote_to_bytes(path)
    assert b"\\" not in decoded
    assert not re.search(rb"[\x00-\x1f\x7f]", decoded)
    decoded.decode("utf-8")
    assert not {b".", b".."} & set(re.split(rb"/", decoded))
    assert b"/../" not in unquote_to_bytes(decoded) + b"/"
    for escape in re.findall(r"%..", path):
        assert unquote_to_bytes(escape) not in {bytes((octet,)) for octet in UNRESERVED}


@given(st.lists(st.sampled_from(list(UNRESERVED)), min_size=1, max_size=8), st.data())
def test_two_spellings_of_unreserved_characters_are_one_path(octets, data):
    spelled = b"/x" + b"".join(
        bytes((octet,)) if data.draw(st.booleans()) else b"%%%02x" % octet for octet in octets
    )
    assert parse_path(spelled) == "/x" + bytes(octets).decode()


@given(PATHS)
def test_decoded_slashes_hide_nothing(raw):
    path = normal(raw)
    if path is None:
        return
    try:
        decoded = decode_slashes(path)
    except Malformed:
        return
    assert "%2F" not in decoded
    assert parse_path(decoded.encode("ascii")) == decoded


@given(ANY)
def test_a_resolved_path_has_the_segments_that_came(raw):
    """Whoever forwards it as it came, and whoever resolves it again, means the same segments."""
    try:
        path = parse_resolved_path(raw)
    except Malformed:
        return
    assert path == parse_path(raw)
    came = [unquote_to_bytes(segment) for segment in raw.split(b"/")]
    assert came == [unquote_to_bytes(segment) for segment in path.split("/")]
