import base64

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.base64url import decode_base64url, encode_base64url


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"YQ==", id="attack-108-padding"),
        pytest.param(b"YQ=", id="attack-108-half-padding"),
        pytest.param(b"YWI=", id="attack-108-one-padding"),
        pytest.param(b"YR", id="attack-108-bits-behind-one-octet"),
        pytest.param(b"YWJ", id="attack-108-bits-behind-two-octets"),
        pytest.param(b"YW\nJj", id="attack-108-newline"),
        pytest.param(b" YWJj", id="attack-108-blank"),
        pytest.param(b"YWJj\n", id="attack-108-newline-at-the-end"),
        pytest.param(b"__+_", id="standard-alphabet-plus"),
        pytest.param(b"__/_", id="standard-alphabet-slash"),
        pytest.param(b"A", id="impossible-length"),
        pytest.param(b"AAAAA", id="impossible-length-five"),
        pytest.param(b"A\x00AA", id="nul"),
        pytest.param(b"A\xffAA", id="no-ascii"),
        pytest.param(b"A!AA", id="punctuation"),
    ],
)
def test_a_second_spelling_is_refused(text):
    with pytest.raises(Malformed):
        decode_base64url(text)


@pytest.mark.parametrize("length", range(9))
def test_every_length_comes_back(length):
    octets = bytes(range(256 - length, 256))

    text = encode_base64url(octets)

    assert text == base64.urlsafe_b64encode(octets).rstrip(b"=")
    assert decode_base64url(text) == octets
