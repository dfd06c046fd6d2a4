"""TLS of listeners: the key and chain of a key store as a server context."""

import ssl
from pathlib import Path
from typing import Final

from edgeauth.config.models.serve import Tls
from edgeauth.contract.keystore import read_key_store
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.contract.tls_identities import load_identity

_VERSIONS: Final = {"TLS1.2": ssl.TLSVersion.TLSv1_2, "TLS1.3": ssl.TLSVersion.TLSv1_3}


def listener_key(settings: Tls, now: float) -> StoredKey:
    """Returns the key of a listener with its chain.

    Args:
        settings: `tls` of the listener.
        now: seconds since the epoch; certificates have to be current.

    Raises:
        KeyStoreError: the store can not be read, or has no key with a chain under that id.
    """
    store = settings.key_store
    password = None if store.password is None else store.password.get_secret_value()
    return read_key_store(Path(store.path), password).tls_key(settings.key_id, now)


def server_context(settings: Tls, key: StoredKey) -> ssl.SSLContext:
    """Returns the context of a listener that shows a key's certificate.

    Args:
        settings: `tls` of the listener.
        key: what `listener_key` returns.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.set_alpn_protocols(["http/1.1"])
    load_identity(context, key)
    return context
