import json
import ssl
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edgeauth.contract.endpoint_keys import MessageKey, StoredEndpointKeys
from edgeauth.contract.keystore import KeyStoreError
from edgeauth.contract.signers import Signers
from edgeauth.ports.key_places import KeyPlace
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.wire.jwa import ALGORITHMS
from edgeauth.wire.signatures import SIGNATURE_ALGORITHMS
from tests.fakes.certificates import NOW, certificate, pem
from tests.fakes.keys import signing_key

EC = signing_key("ES256")
ED = signing_key("EdDSA")
RSA = signing_key("PS256")
P521 = ec.generate_private_key(ec.SECP521R1())


class Noon:
    def now(self):
        return NOW


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "keys.pem"
    path.write_bytes(b"".join(pem(key, kid=kid) for kid, key in
                              [("ec", EC), ("ed", ED), ("rsa", RSA), ("p521", P521)]))  # fmt: skip
    stores = HeldSecrets()
    signers = Signers(Noon(), stores)
    return signers, StoredEndpointKeys(signers, stores, Noon()), str(path)


@pytest.mark.parametrize(
    ("kid", "told"),
    [("p521", "p521: HTTP message signatures have no algorithm"), ("none", "there is no key none")],
)
def test_a_key_that_can_not_sign_messages_is_refused(made, kid, told):
    _, keys, path = made
    with pytest.raises(KeyStoreError, match=told):
        keys.message_signer(KeyPlace(path, key_id=kid), 60)


@pytest.mark.parametrize(
    ("kid", "algorithm"),
    [(None, "ecdsa-p256-sha256"), ("ed", "ed25519"), ("rsa", "rsa-pss-sha512")],
)
def test_the_key_decides_about_the_algorithm(made, kid, algorithm):
    _, keys, path = made
    signer = keys.message_signer(KeyPlace(path, key_id=kid), 60)
    assert signer.algorithm == algorithm
    assert signer.key_id == (kid or "ec")
    key = {"ecdsa-p256-sha256": EC, "ed25519": ED, "rsa-pss-sha512": RSA}[algorithm].public_key()
    jose = ALGORITHMS[SIGNATURE_ALGORITHMS[algorithm]]
    assert jose.verify(key, signer.sign(b"base"), b"base")
    assert isinstance(signer, MessageKey)
    assert "PRIVATE" not in repr(signer)


def test_keys_that_sign_messages_are_published_and_client_certificates_are_not(made, tmp_path):
    signers, keys, path = made
    client = tmp_path / "client.pem"
    client.write_bytes(pem(EC, kid="client") + pem(certificate(EC, "edge")))

    place = KeyPlace(str(client), key_id="client")
    keys.load_client_certificate(ssl.create_default_context(), place)
    assert json.loads(signers.published().body)["keys"] == []

    keys.message_signer(KeyPlace(path, key_id="ed"), 60)
    published = {key["kid"] for key in json.loads(signers.published().body)["keys"]}
    assert published == {"ec", "ed", "rsa", "p521"}


def test_certificates_that_are_shown_are_told_of_as_they_are_now(tmp_path):
    stores, path = HeldSecrets(), tmp_path / "client.pem"
    keys = StoredEndpointKeys(Signers(Noon(), stores), stores, Noon())
    first, second = certificate(EC, "first"), certificate(EC, "second")
    path.write_bytes(pem(EC, kid="client") + pem(first))
    assert list(keys.certificates()) == []

    for _ in range(2):
        place = KeyPlace(str(path), key_id="client")
        keys.load_client_certificate(ssl.create_default_context(), place)
    assert list(keys.certificates()) == [first]

    path.write_bytes(pem(EC, kid="client") + pem(second))
    for held in stores.all():
        held.reload()
    assert list(keys.certificates()) == [second]


def test_a_client_certificate_that_is_not_current_is_refused(tmp_path):
    path = tmp_path / "client.pem"
    expired = certificate(EC, "edge", end=datetime.fromtimestamp(NOW - 1, UTC))
    path.write_bytes(pem(EC) + pem(expired))
    stores = HeldSecrets()
    keys = StoredEndpointKeys(Signers(Noon(), stores), stores, Noon())
    with pytest.raises(KeyStoreError, match="expired"):
        keys.load_client_certificate(ssl.create_default_context(), KeyPlace(str(path)))
