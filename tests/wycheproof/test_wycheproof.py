"""Every JOSE vector of Wycheproof: what is wrong is refused, what is right is accepted.

Sections G and H of the attacks. A token is verified as authenticators do it: against the keys that
its key id names, with whatever algorithm key and token agree on.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.jwa import ALGORITHMS
from edgeauth.wire.jws import parse_compact, verify_signature
from edgeauth.wire.known_keys import parse_known_keys

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/reference/vectors.md"
ENCRYPTED = {("json_web_crypto", 50), ("json_web_crypto", 67)}
"""Right tokens that are encrypted: nothing here decrypts, so they are refused."""
KEY_FOR_ANOTHER_ALGORITHM = {("json_web_signature", number) for number in (346, 347, 350, 351)}
"""Said to be right, but the key is for PS256, or for an `ES521` that does not exist (attack 96)."""
NOT_BASE64URL = {("json_web_signature", number) for number in (372, 373)}
"""Said to be right, but with a character that base64url does not have (attack 108)."""
WITHOUT_THE_FAULT = {("json_web_signature", number) for number in (367, 370)}
"""Said to be wrong, but octet for octet the right token: the padding got lost on its way there."""


class Vector(NamedTuple):
    """A token and what is to become of it."""

    file: str
    number: int
    keys: list[dict[str, str]]
    token: str
    is_right: bool
    title: str


def read(file: str) -> Iterator[Vector]:
    for group in json.loads((HERE / f"{file}.json").read_text())["groups"]:
        key = group.get("key", {"keys": []})
        for each in group["tests"]:
            title = f"{each['tcId']} {group['comment']} {each['comment']}"
            keys = key.get("keys", [key])
            token, is_right = each["token"], each["result"] == "valid"
            yield Vector(file, each["tcId"], keys, token, is_right, title)


FILES = ("json_web_signature", "json_web_key", "json_web_crypto", "json_web_encryption")
VECTORS = {file: list(read(file)) for file in FILES}
SIGNED = [each for file in FILES[:3] for each in VECTORS[file]]


def verifies(vector: Vector) -> bool:
    """Returns whether the token is accepted with the keys of the vector."""
    try:
        keys = parse_known_keys({"keys": vector.keys})
        compact = parse_compact(vector.token.encode())
    except Malformed:
        return False
    kid = compact.header.kid
    candidates = keys.values() if kid is None else [keys[kid]] if kid in keys else []
    return any(verify_signature(compact, key, ALGORITHMS) for key in candidates)


def expected(vector: Vector) -> bool:
    place = (vector.file, vector.number)
    if place in WITHOUT_THE_FAULT:
        return True
    return vector.is_right and place not in ENCRYPTED | KEY_FOR_ANOTHER_ALGORITHM | NOT_BASE64URL


@pytest.mark.parametrize(
    "vector", [pytest.param(each, id=f"{each.file} {each.title}") for each in SIGNED]
)
def test_signatures_are_verified_as_expected(vector):
    assert verifies(vector) is expected(vector)


def test_nothing_that_is_encrypted_is_taken_for_a_token__attack_105():
    for vector in VECTORS["json_web_encryption"]:
        with pytest.raises(Malformed):
            parse_compact(vector.token.encode())


def test_vectors_without_their_fault_are_right_tokens_of_others():
    tokens = {
        place: [each.token for each in SIGNED if (each.file, each.number) == place]
        for place in WITHOUT_THE_FAULT
    }
    right = {each.token for each in SIGNED if each.is_right}
    first, second = tokens.values()

    assert first == second
    assert first[0].count(".") == 2
    assert "=" not in first[0]
    # 372 is the same token with one character too many.
    assert any(token.replace("?", "") == first[0] for token in right)


@pytest.mark.parametrize("file", FILES)
def test_the_page_tells_the_numbers(file):
    vectors = VECTORS[file]
    accepted = [verifies(each) for each in vectors]
    counted = Counter(zip([each.is_right for each in vectors], accepted, strict=True))
    (row,) = re.findall(rf"^\| `{file}` \|(.*)\|$", PAGE.read_text(), re.MULTILINE)

    assert [int(number) for number in row.split("|")] == [
        len(vectors),
        counted[True, True],
        counted[True, False],
        counted[False, False],
        counted[False, True],
    ]
