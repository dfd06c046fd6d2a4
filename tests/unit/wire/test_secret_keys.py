import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.json import dumps
from edgeauth.wire.secret_keys import parse_secret_keys

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQ"


def oct_key(k=SECRET, **members):
    return {"kty": "oct", "k": k, **members}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"c2VjcmV0",
        b"not base64!",
        SECRET.encode() + b"=",
        b"{}",
        b"{",
        b'{"keys":[]}',
        b'{"keys":{}}',
        dumps({"keys": [oct_key()] * 17}),
        dumps(oct_key(k="c2VjcmV0")),
        dumps(oct_key(kty="RSA")),
        dumps({"kty": "oct"}),
        dumps({"keys": [oct_key(), {"kty": "EC"}]}),
        dumps({"keys": ["x"]}),
    ],
    ids=[
        "attack-190-empty", "short", "no-base64", "padding", "no-key", "no-json", "no-keys",
        "keys-are-no-list", "too-many", "short-key", "public-key", "no-secret", "one-is-public",
        "text",
    ],
)  # fmt: skip
def test_what_is_no_strong_secret_is_malformed_and_never_shown(text):
    with pytest.raises(Malformed) as refused:
        parse_secret_keys(text)

    assert SECRET[:6] not in str(refused.value)


def test_one_key_may_stand_for_itself_or_as_a_jwk():
    assert parse_secret_keys(f" {SECRET}\n".encode()) == (b"secret-secret-secret",)
    assert parse_secret_keys(dumps(oct_key())) == (b"secret-secret-secret",)


def test_several_keys_keep_their_order():
    other = "b3RoZXItb3RoZXItb3RoZXI"

    found = parse_secret_keys(dumps({"keys": [oct_key(k=other), oct_key()]}))

    assert found == (b"other-other-other", b"secret-secret-secret")
