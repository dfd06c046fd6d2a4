import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from edgeauth.model.errors import Malformed
from edgeauth.services.trust_stores import TrustStoreFiles
from tests.fakes.certificates import NOW, certificate, pem

KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
ROOT = certificate(KEY, "root", authority=True)
LEAF = certificate(OTHER, "issuer", KEY, "root")


@pytest.mark.parametrize(
    "content", [None, b"", pem(KEY)], ids=["missing", "empty", "no-certificate"]
)
def test_attack_153_a_store_without_authorities_is_refused(tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ValueError, match=r"ca\.pem"):
        TrustStoreFiles().anchors(str(path))


def test_a_store_is_read_once_and_known_by_its_content(tmp_path):
    first, second = tmp_path / "a.pem", tmp_path / "b.pem"
    first.write_bytes(pem(ROOT))
    second.write_bytes(pem(LEAF))
    stores = TrustStoreFiles()

    found = stores.anchors(str(first))

    assert found.check((LEAF,), NOW) > NOW
    assert stores.anchors(str(first)) is found
    assert stores.anchors(str(second)).fingerprint != found.fingerprint


def test_the_systems_authorities_do_not_know_ours():
    with pytest.raises(Malformed):
        TrustStoreFiles().anchors(None).check((LEAF,), NOW)
