import json

import pytest

from edgeauth.contract.keystore import KeyStoreError
from edgeauth.contract.signers import Signers
from edgeauth.ports.key_places import KeyPlace
from edgeauth.secret_sources.sources import HeldSecrets
from tests.fakes.certificates import NOW, certificate, pem
from tests.fakes.keys import signing_key

EC = signing_key("ES256")
ED = signing_key("EdDSA")


class Noon:
    def now(self):
        return NOW


def test_a_key_that_may_not_sign_is_refused(tmp_path):
    path = tmp_path / "keys.pem"
    path.write_bytes(pem(EC) + pem(certificate(EC, "edge", digital_signature=False)))

    with pytest.raises(KeyStoreError, match="does not allow digital signatures"):
        Signers(Noon(), HeldSecrets()).signer("edge", KeyPlace(str(path)), 300)
    with pytest.raises(ValueError, match="can not be read"):
        Signers(Noon(), HeldSecrets()).signer("edge", KeyPlace(str(tmp_path / "none.pem")), 300)


def test_every_key_of_the_stores_in_use_is_published(tmp_path):
    path = tmp_path / "keys.pem"
    path.write_bytes(pem(EC, kid="new") + pem(ED, kid="old"))
    signers = Signers(Noon(), HeldSecrets())

    first = signers.signer("edge", KeyPlace(str(path)), 300)
    second = signers.signer("edge", KeyPlace(str(path), key_id="old"), 300)

    assert first.fingerprint != second.fingerprint
    keys = json.loads(signers.published().body)["keys"]
    assert [key["kid"] for key in keys] == ["new", "old"]


def test_a_store_is_read_once(tmp_path):
    path = tmp_path / "keys.pem"
    path.write_bytes(pem(EC))
    signers = Signers(Noon(), HeldSecrets())
    first = signers.signer("edge", KeyPlace(str(path)), 300)

    path.unlink()

    assert signers.signer("edge", KeyPlace(str(path)), 300).fingerprint == first.fingerprint
