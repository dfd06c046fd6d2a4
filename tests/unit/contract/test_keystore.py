import base64
import hashlib
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from edgeauth.contract.keystore import (
    MAX_STORE_OCTETS,
    KeyStoreError,
    parse_key_store,
    read_key_store,
)
from tests.fakes.certificates import BEGIN, NOW, certificate, pem
from tests.fakes.keys import signing_key

EC = signing_key("ES256")
OTHER = ec.generate_private_key(ec.SECP256R1())
ED = signing_key("EdDSA")
RSA = signing_key("PS256")
ROOT = ec.generate_private_key(ec.SECP256R1())
MIDDLE = ec.generate_private_key(ec.SECP256R1())
ROOT_CERTIFICATE = certificate(ROOT, "root", authority=True)
MIDDLE_CERTIFICATE = certificate(MIDDLE, "middle", ROOT, "root", authority=True)
OWN_CERTIFICATE = certificate(EC, "edge", MIDDLE, "middle")


def mismatched():
    """A key whose public part is that of another key."""
    point = [
        key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        for key in (EC, OTHER)
    ]
    octets = EC.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    body = base64.encodebytes(octets.replace(*point))
    return b"-----BEGIN PRIVATE KEY-----\n" + body + b"-----END PRIVATE KEY-----\n"


def legacy():
    return EC.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret")
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", "no private key", id="nothing"),
        pytest.param(b"\x00\xff" * 100, "no private key", id="binary"),
        pytest.param(pem(ROOT_CERTIFICATE), "no private key", id="certificate-only"),
        pytest.param(pem(EC)[:-30], "has no end", id="cut-off"),
        pytest.param(pem(EC) + pem(EC), "two keys are called", id="twice-the-same-key"),
        pytest.param(pem(EC, kid="a") + pem(ED, kid="a"), "are called a", id="twice-the-same-id"),
        pytest.param(pem(EC, kid="k" * 256) + pem(ED, kid="k" * 257), "header", id="endless-id"),
        pytest.param(pem(EC, password="right"), "there is no password", id="encrypted"),
        pytest.param(legacy(), "other than X-Key-ID", id="old-encryption"),
        pytest.param(mismatched(), "can not be read", id="attack-117-public-part-of-another-key"),
        pytest.param(
            pem(rsa.generate_private_key(65537, 1024)), "2048, 3072 or 4096", id="rsa-1024"
        ),
        pytest.param(
            pem(ec.generate_private_key(ec.SECP256K1())), "P-256, P-384 or P-521", id="secp256k1"
        ),
        pytest.param(pem(ed448.Ed448PrivateKey.generate()), "not supported", id="ed448"),
        pytest.param(
            EC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "neither a private key nor a certificate",
            id="public-key",
        ),
        pytest.param(
            pem(EC).replace(b"PRIVATE KEY", b"OPENSSH PRIVATE KEY"), "neither", id="openssh"
        ),
        pytest.param(
            pem(EC) + pem(certificate(OTHER, "other")),
            "belongs to no key",
            id="foreign-certificate",
        ),
        pytest.param(
            pem(EC) + pem(OWN_CERTIFICATE) + pem(certificate(EC, "edge")),
            "more than one certificate",
            id="two-certificates",
        ),
        pytest.param(
            pem(EC) + pem(ROOT_CERTIFICATE).replace(b"M", b"N"), "can not be read", id="broken"
        ),
        pytest.param(
            pem(EC)
            + pem(certificate(EC, "edge", OTHER, "middle"))
            + pem(MIDDLE_CERTIFICATE)
            + pem(ROOT_CERTIFICATE),
            "belongs to no key",
            id="signed-by-another-key-of-the-same-name",
        ),
        pytest.param(
            pem(EC)
            + pem(certificate(EC, "edge", MIDDLE, "middle"))
            + pem(certificate(MIDDLE, "middle")),
            "belongs to no key",
            id="signed-by-no-authority",
        ),
    ],
)
def test_a_store_with_anything_wrong_is_refused(text, expected):
    with pytest.raises(KeyStoreError, match=expected) as caught:
        parse_key_store(text, name="keys.pem")

    assert str(caught.value).startswith("keys.pem: ")


def test_a_wrong_password_is_refused_and_not_shown():
    with pytest.raises(KeyStoreError, match="can not be decrypted") as caught:
        parse_key_store(pem(EC, password="right"), "hunter2")

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_can_not_be_read_is_named(tmp_path):
    path = tmp_path / "missing.pem"
    with pytest.raises(KeyStoreError, match=r"missing\.pem: can not be read"):
        read_key_store(path)
    with pytest.raises(KeyStoreError, match="can not be read"):
        read_key_store(tmp_path)

    path.write_bytes(b"x" * (MAX_STORE_OCTETS + 1))
    with pytest.raises(KeyStoreError, match="is larger than"):
        read_key_store(path)


def test_an_unknown_key_id_is_refused_and_the_known_ones_named():
    store = parse_key_store(pem(EC, kid="a") + pem(ED, kid="b"))

    with pytest.raises(KeyStoreError, match=r"no key c \(there are: a, b\)"):
        store.signing_key("c", NOW)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param(
            certificate(EC, "edge", digital_signature=False), "digital signatures", id="usage"
        ),
        pytest.param(
            certificate(EC, "edge", digital_signature=None), "digital signatures", id="no-usage"
        ),
        pytest.param(
            certificate(EC, "edge", end=BEGIN + timedelta(hours=1)), "has expired", id="expired"
        ),
    ],
)
def test_a_certificate_that_does_not_vouch_for_signatures_is_refused(own, expected):
    store = parse_key_store(pem(EC) + pem(own))

    with pytest.raises(KeyStoreError, match=expected):
        store.signing_key(None, NOW)


def test_an_expired_issuer_is_refused():
    middle = certificate(
        MIDDLE, "middle", ROOT, "root", authority=True, end=BEGIN + timedelta(hours=1)
    )
    store = parse_key_store(pem(EC) + pem(OWN_CERTIFICATE) + pem(middle))

    with pytest.raises(KeyStoreError, match="has expired"):
        store.tls_key(None, NOW)
    with pytest.raises(KeyStoreError, match="not valid yet"):
        parse_key_store(pem(EC) + pem(OWN_CERTIFICATE)).tls_key(None, 0.0)


def test_a_key_without_certificate_does_not_serve_tls():
    with pytest.raises(KeyStoreError, match="has no certificate"):
        parse_key_store(pem(EC)).tls_key(None, NOW)


def test_nothing_shows_key_material():
    store = parse_key_store(pem(EC, kid="a"))
    secret = str(EC.private_numbers().private_value)

    shown = f"{store!r} {store.keys!r} {store.keys[0]!s}"
    assert secret not in shown
    assert "PRIVATE" not in shown


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ED, "EdDSA"),
        (EC, "ES256"),
        (signing_key("ES384"), "ES384"),
        (signing_key("ES512"), "ES512"),
        (RSA, "PS256"),
    ],
    ids=["Ed25519", "P-256", "P-384", "P-521", "RSA-2048"],
)
def test_the_key_decides_the_algorithm(key, algorithm):
    (stored,) = parse_key_store(pem(key)).keys

    assert stored.algorithm == algorithm
    assert stored.public_key == key.public_key()


@pytest.mark.parametrize(("bits", "algorithm"), [(3072, "PS384"), (4096, "PS512")])
@pytest.mark.slow
def test_a_longer_rsa_key_takes_a_longer_digest(bits, algorithm):
    key = rsa.generate_private_key(65537, bits)

    assert parse_key_store(pem(key)).keys[0].algorithm == algorithm


@pytest.mark.parametrize(
    ("text", "password"),
    [
        pytest.param(pem(RSA, PrivateFormat.TraditionalOpenSSL), None, id="pkcs-1"),
        pytest.param(pem(EC, PrivateFormat.TraditionalOpenSSL), None, id="sec-1"),
        pytest.param(
            b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
            + pem(EC, PrivateFormat.TraditionalOpenSSL),
            None,
            id="sec-1-with-parameters",
        ),
        pytest.param(pem(ED), None, id="pkcs-8"),
        pytest.param(pem(ED, password="pässword"), "pässword", id="encrypted-pkcs-8"),
        pytest.param(pem(ED), "unused", id="password-that-is-not-needed"),
    ],
)
def test_every_form_of_private_key_is_read(text, password):
    assert len(parse_key_store(text, password).keys) == 1


def test_a_key_is_called_by_its_header_then_its_certificate_then_its_public_key():
    own = certificate(EC, "edge", key_identifier=b"\x01\xab")
    plain = certificate(ED, "plain")
    other, ed = (
        hashlib.sha1(
            key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest()
        for key in (OTHER, ED)
    )

    assert parse_key_store(pem(EC, kid="me") + pem(own)).keys[0].kid == "me"
    assert parse_key_store(pem(EC) + pem(own)).keys[0].kid == "01ab"
    assert parse_key_store(pem(OTHER)).keys[0].kid == other
    assert parse_key_store(pem(ED) + pem(plain)).keys[0].kid == ed


def test_chains_are_found_in_any_order():
    text = (
        pem(ROOT_CERTIFICATE) + pem(ED) + pem(OWN_CERTIFICATE) + pem(EC) + pem(MIDDLE_CERTIFICATE)
    )

    store = parse_key_store(text)

    lone, chained = store.keys
    assert lone.chain == ()
    assert chained.chain == (OWN_CERTIFICATE, MIDDLE_CERTIFICATE, ROOT_CERTIFICATE)
    assert store.tls_key(chained.kid, NOW) is chained
    assert store.signing_key(chained.kid, NOW) is chained
    assert store.signing_key(None, NOW) is lone


def test_authorities_that_vouch_for_each_other_end_the_chain():
    cross = certificate(ROOT, "root", MIDDLE, "middle", authority=True)

    (key,) = parse_key_store(
        pem(EC) + pem(OWN_CERTIFICATE) + pem(MIDDLE_CERTIFICATE) + pem(cross)
    ).keys

    assert key.chain == (OWN_CERTIFICATE, MIDDLE_CERTIFICATE, cross)


def test_a_store_is_read_from_a_file(tmp_path):
    path = tmp_path / "keys.pem"
    path.write_bytes(pem(Ed25519PrivateKey.generate(), password="a") + pem(EC, password="a"))

    store = read_key_store(path, "a")

    assert [key.algorithm for key in store.keys] == ["EdDSA", "ES256"]
    assert store.name == str(path)
