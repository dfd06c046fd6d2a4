"""The keys and certificates of key stores, as TLS contexts take them."""

import ssl
import tempfile
from secrets import token_hex

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from edgeauth.contract.stored_keys import StoredKey


def load_identity(context: ssl.SSLContext, key: StoredKey) -> None:
    """Makes a context show a key's certificate and its chain."""
    chain = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in key.chain)
    # OpenSSL's loader reads files only: the key is written encrypted, readable by us alone, and
    # is gone before anything else happens.
    passphrase = token_hex(32)
    secret = key.private_key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(chain + secret)
        file.flush()
        context.load_cert_chain(file.name, password=passphrase)
