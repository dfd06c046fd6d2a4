"""TLS of listeners: the key and chain of a key store as a server context."""

import ssl
import tempfile
from pathlib import Path
from secrets import token_hex
from typing import Final

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from edgeauth.config.models.serve import Tls
from edgeauth.contract.keystore import read_key_store

_VERSIONS: Final = {"TLS1.2": ssl.TLSVersion.TLSv1_2, "TLS1.3": ssl.TLSVersion.TLSv1_3}


def server_context(settings: Tls, now: float) -> ssl.SSLContext:
    """Returns the context of a listener.

    Args:
        settings: `tls` of the listener.
        now: seconds since the epoch; certificates have to be current.

    Raises:
        KeyStoreError: the store can not be read, or has no key with a chain under that id.
    """
    store = settings.key_store
    password = None if store.password is None else store.password.get_secret_value()
    key = read_key_store(Path(store.path), password).tls_key(settings.key_id, now)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.set_alpn_protocols(["http/1.1"])
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
    return context
