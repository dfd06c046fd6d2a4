import pytest

from edgeauth.contract.keystore import KeyStoreError, parse_key_store
from edgeauth.contract.rotation import ALGORITHMS, NewKey, new_store, rotate
from tests.fakes.certificates import NOW, certificate, pem
from tests.fakes.keys import signing_key

EC = signing_key("ES256")
DAY = 86_400.0


def key(seconds: float = 0.0, **more: str) -> NewKey:
    return NewKey("EdDSA", NOW + seconds, **more)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_new_store_holds_a_key_that_signs_from_now_on(algorithm):
    made = new_store(NewKey(algorithm, NOW))
    (found,) = parse_key_store(made.text).keys
    assert (found.algorithm, found.kid) == (algorithm, made.key_id)
    assert found.active_from == int(NOW)


def test_an_id_that_is_there_is_refused():
    with pytest.raises(KeyStoreError, match="two keys are called a"):
        rotate(pem(EC, kid="a"), key(600, key_id="a"), DAY, NOW)


def test_a_second_rotation_waits_for_the_first():
    first = rotate(pem(EC), key(600), DAY, NOW)
    with pytest.raises(KeyStoreError, match="is waiting for its turn already"):
        rotate(first.text, key(600), DAY, NOW)


def test_whatever_stands_in_the_store_stays_as_it_is():
    text = b"# of the edge\n" + pem(EC, kid="old") + b"between\n" + pem(certificate(EC, "edge"))
    made = rotate(text, key(600, key_id="new"), DAY, NOW)
    assert made.text.startswith(text)
    assert [each.kid for each in parse_key_store(made.text).keys] == ["old", "new"]
    assert made.removed == ()


def test_a_key_goes_when_its_place_was_taken_long_ago_unless_it_has_a_certificate():
    with_chain = pem(EC, kid="chain") + pem(certificate(EC, "edge"))
    text = rotate(with_chain, key(-3 * DAY, key_id="first"), DAY, NOW - 3 * DAY).text
    text = rotate(text, key(-2 * DAY, key_id="second"), DAY, NOW - 2 * DAY).text
    made = rotate(text, key(600, key_id="third"), DAY, NOW)
    assert made.removed == ("first",)
    assert [each.kid for each in parse_key_store(made.text).keys] == ["chain", "second", "third"]


def test_the_key_that_was_removed_is_not_in_the_text_any_more():
    text = pem(EC, kid="old") + new_store(key(-2 * DAY, key_id="now")).text
    made = rotate(text, key(600), DAY, NOW)
    assert made.removed == ("old",)
    assert made.text.count(b"BEGIN PRIVATE KEY") == 2


def test_a_key_of_an_encrypted_store_is_encrypted__attack_178():
    text = new_store(key(key_id="a", password="secret")).text
    made = rotate(text, key(600, key_id="b", password="secret"), DAY, NOW)
    assert made.text.count(b"BEGIN ENCRYPTED PRIVATE KEY") == 2
    with pytest.raises(KeyStoreError, match="no password"):
        rotate(text, key(600), DAY, NOW)
    assert "PRIVATE" not in repr(made)
    assert "secret" not in repr(key(password="secret"))
