from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edgeauth.contract.client_authorities import read_authorities, read_revocation_lists
from edgeauth.contract.keystore import KeyStoreError
from tests.fakes.handshakes import DAY, NOW, Authority

MOMENT = NOW.timestamp()


@pytest.mark.parametrize("text", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\n"], ids=repr)
def test_attack_153_without_authorities_there_is_no_trust_store(
    tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes(text)

    with pytest.raises(KeyStoreError, match=r"ca\.pem"):
        read_authorities(path)


def test_attack_153_a_missing_trust_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match=r"ca\.pem: can not be read: No such file"):
        read_authorities(tmp_path / "ca.pem")


def test_a_trust_store_holds_authorities_only(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    leaf = authority.issue("leaf.test")

    with pytest.raises(KeyStoreError, match="something else than CERTIFICATE"):
        read_authorities(leaf.path)
    certificate = leaf.certificate.public_bytes(Encoding.PEM)
    leaf.path.write_bytes(authority.path.read_bytes() + certificate)
    with pytest.raises(KeyStoreError, match="certificate 2 is not one of an authority"):
        read_authorities(leaf.path)


def test_the_certificates_of_a_trust_store_are_read(tmp_path: Path) -> None:
    one, other = Authority(tmp_path, "one"), Authority(tmp_path, "other")
    expected = read_authorities(one.path) + read_authorities(other.path)
    one.path.write_bytes(one.path.read_bytes() + other.path.read_bytes())

    assert read_authorities(one.path) == expected


def test_a_revocation_list_that_is_out_of_date_is_refused(tmp_path: Path) -> None:
    path = Authority(tmp_path).revoke(end=NOW - DAY)

    with pytest.raises(KeyStoreError, match="list 1 is out of date"):
        read_revocation_lists(path, MOMENT)


def test_a_revocation_file_brings_no_authorities(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    path = authority.revoke()
    path.write_bytes(path.read_bytes() + authority.path.read_bytes())

    with pytest.raises(KeyStoreError, match="something else than X509 CRL"):
        read_revocation_lists(path, MOMENT)


def test_what_is_no_revocation_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crl.pem"
    path.write_bytes(b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")

    with pytest.raises(KeyStoreError, match="list 1 can not be read"):
        read_revocation_lists(path, MOMENT)
