import jwt as pyjwt
import pytest

from edgeauth.contract.keystore import parse_key_store
from edgeauth.contract.signer import Signer
from tests.fakes.certificates import pem
from tests.fakes.keys import signing_key

NOW = 4_000_000_000.0


def stored(algorithm, kid="key-1"):
    return parse_key_store(pem(signing_key(algorithm), kid=kid)).keys[0]


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "ES384", "ES512", "PS256"])
def test_a_service_believes_a_contract_while_it_is_current_and_as_it_was_signed(algorithm):
    signer = Signer("edge", stored(algorithm))
    contract = signer.sign("alice", {"sub": "root"}, 1000.0, 300)
    another = signer.sign("bob", {}, 1000.0, 300)
    mixed = contract.rpartition(b".")[0] + b"." + another.rpartition(b".")[2]

    with pytest.raises(pyjwt.InvalidSignatureError):
        pyjwt.decode(mixed, signing_key(algorithm).public_key(), [algorithm])
    with pytest.raises(pyjwt.ExpiredSignatureError):
        pyjwt.decode(contract, signing_key(algorithm).public_key(), [algorithm])

    claims = pyjwt.decode(
        contract, signing_key(algorithm).public_key(), [algorithm], options={"verify_exp": False}
    )
    assert (claims["iss"], claims["sub"], claims["exp"]) == ("edge", "alice", 1300)
    assert pyjwt.get_unverified_header(contract) == {
        "alg": algorithm,
        "kid": "key-1",
        "typ": "JWT",
    }


def test_two_contracts_are_never_the_same():
    signer = Signer("edge", stored("EdDSA"))

    assert signer.sign("alice", {}, NOW, 300) != signer.sign("alice", {}, NOW, 300)


def test_the_fingerprint_changes_with_name_key_and_key_id():
    signers = [
        Signer("edge", stored("EdDSA")),
        Signer("edge2", stored("EdDSA")),
        Signer("edge", stored("EdDSA", "key-2")),
        Signer("edge", stored("ES256")),
    ]

    assert len({signer.fingerprint for signer in signers}) == 4
    assert signers[0].fingerprint == Signer("edge", stored("EdDSA")).fingerprint


def test_a_signer_shows_its_name_and_no_key():
    assert repr(Signer("edge", stored("EdDSA"))) == "Signer(edge, StoredKey(key-1, EdDSA))"
