"""TLS of listeners: keys and trust stores as contexts, replaced as a whole.

OpenSSL's session tickets are sealed with a key that lives as long as its context and is known to
no other process. So a ticket of another worker, or of a time before the last renewal, costs a full
handshake and nothing else. Where clients show certificates there are no tickets: who comes back
with one would not be asked again whether his certificate is still good.

Source:
    RFC 8446, RFC 5246, RFC 7301 (`http/1.1` is all that is offered), RFC 9325 section 4.
"""

import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from edgeauth.config.models.secret_management import SecretReference
from edgeauth.config.models.tls import CipherSuite, ClientCertificates, ShownKey, Tls
from edgeauth.contract.chains import dns_names
from edgeauth.contract.client_authorities import read_authorities, read_revocation_lists
from edgeauth.contract.keystore import KeyStoreError, read_key_store
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.contract.tls_identities import load_identity
from edgeauth.ports.key_places import KeyPlace
from edgeauth.secret_sources.source import HeldSource
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.wire.server_names import ServerNames, normal_name

_VERSIONS: Final = {"TLS1.2": ssl.TLSVersion.TLSv1_2, "TLS1.3": ssl.TLSVersion.TLSv1_3}
_SUITES: Final[dict[CipherSuite, str]] = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": "ECDHE-ECDSA-AES128-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256": "ECDHE-RSA-AES128-SHA256",
}
_USUAL_SUITES: Final = tuple(name for name in _SUITES if "CBC" not in name)


class TlsError(ValueError):
    """Raised for TLS settings that can not be used.

    Args:
        message: one sentence; names the file.
        path: where below `tls` the setting is.
    """

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


class _Clients(NamedTuple):
    """What clients are asked for.

    Attributes:
        mode: whether they may or have to show a certificate.
        authorities: in DER.
        revoked: in PEM; empty when nothing is checked.
    """

    mode: ssl.VerifyMode
    authorities: bytes
    revoked: bytes


class NamedConnection(ssl.SSLObject):
    """A connection that knows the name its client has asked for (SNI); empty for none."""

    asked = ""


def asked_name(connection: object) -> str:
    """Returns the name that a client has asked for, in normal form; empty for none.

    Args:
        connection: `ssl_object` of its transport.
    """
    return connection.asked if isinstance(connection, NamedConnection) else ""


class TlsContexts:
    """The contexts of a listener, one for each certificate.

    Args:
        settings: `tls` of the listener.
        now: seconds since the epoch; certificates have to be current.
        secrets: the sources that its keys may come from.

    Attributes:
        front: what handshakes begin with; it changes to another one when the client says a name.
        keys: what is shown.

    Raises:
        TlsError: a file can not be used, or a certificate would never be shown.
    """

    def __init__(self, settings: Tls, now: float, secrets: HeldSecrets) -> None:
        clients = _clients(settings.client_certificates, now)
        self.keys = tuple(_keys(settings, now, secrets))
        contexts = [_context(settings, key, clients) for key in self.keys]
        self.front = contexts[0]
        names = ServerNames(self.front)
        for index, (key, context) in enumerate(zip(self.keys, contexts, strict=True)):
            claimed = names.add(dns_names(key.chain[0]), context)
            if index and not claimed:
                problem = "the certificate has no name that those before it do not have"
                raise TlsError(problem, "certificates", index - 1)
        _check_suites(settings, self.keys)
        self.front.sslobject_class = NamedConnection
        self.front.sni_callback = _chooser(names)


def shown_keys(settings: Tls) -> Iterator[tuple[ShownKey, tuple[str | int, ...]]]:
    """Yields the keys that a listener shows, each with its place below `tls`."""
    yield settings, ()
    for index, each in enumerate(settings.certificates):
        yield each, ("certificates", index)


def _keys(settings: Tls, now: float, secrets: HeldSecrets) -> Iterator[StoredKey]:
    for shown, place in shown_keys(settings):
        try:
            yield _key(shown, now, secrets)
        except KeyStoreError as error:
            kind = "key_store" if shown.secret is None else "secret"
            raise TlsError(str(error), *place, kind) from None


def _key(shown: ShownKey, now: float, secrets: HeldSecrets) -> StoredKey:
    if shown.secret is not None:
        return held_store(shown.secret, secrets).key_store.tls_key(shown.secret.selector, now)
    if shown.key_store is None:
        raise TypeError("a key without a place")
    password = shown.key_store.password
    store = read_key_store(
        Path(shown.key_store.path), None if password is None else password.get_secret_value()
    )
    return store.tls_key(shown.key_id, now)


def held_store(secret: SecretReference, secrets: HeldSecrets) -> HeldSource:
    """Returns the source that a key comes from.

    Raises:
        KeyStoreError: there is no such source.
    """
    return secrets.key_store(KeyPlace(None, None, secret.source, secret.selector))


def _clients(settings: ClientCertificates | None, now: float) -> _Clients | None:
    if settings is None:
        return None
    mode = ssl.CERT_REQUIRED if settings.mode == "required" else ssl.CERT_OPTIONAL
    key = "trust_store"
    try:
        authorities, revoked = read_authorities(Path(settings.trust_store)), b""
        if settings.crl_file is not None:
            key = "crl_file"
            revoked = read_revocation_lists(Path(settings.crl_file), now)
    except KeyStoreError as error:
        raise TlsError(str(error), "client_certificates", key) from None
    return _Clients(mode, authorities, revoked)


def _context(settings: Tls, key: StoredKey, clients: _Clients | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers(":".join(_SUITES[each] for each in settings.cipher_suites or _USUAL_SUITES))
    context.set_alpn_protocols(["http/1.1"])
    load_identity(context, key)
    if clients is not None:
        _ask_clients(context, clients)
    return context


def _ask_clients(context: ssl.SSLContext, clients: _Clients) -> None:
    context.verify_mode = clients.mode
    # Whoever is in the trust store is trusted, also if it was vouched for by somebody else.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.load_verify_locations(cadata=clients.authorities)
    if clients.revoked:
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(clients.revoked)
            file.flush()
            context.load_verify_locations(cafile=file.name)


def _check_suites(settings: Tls, keys: tuple[StoredKey, ...]) -> None:
    """Refuses suites that leave a certificate useless for clients that speak TLS 1.2 only."""
    if settings.cipher_suites is None:
        return
    signed = {suite.split("_")[2] for suite in settings.cipher_suites}
    for key in keys:
        wanted = "RSA" if key.algorithm.startswith("PS") else "ECDSA"
        if wanted not in signed:
            problem = f"none of the suites is for key {key.kid}, which needs one with {wanted}"
            raise TlsError(problem, "cipher_suites")


def _chooser(
    names: ServerNames[ssl.SSLContext],
) -> Callable[[ssl.SSLObject, str | None, ssl.SSLContext], None]:
    def choose(handshake: ssl.SSLObject, name: str | None, front: ssl.SSLContext) -> None:
        if isinstance(handshake, NamedConnection):
            handshake.asked = normal_name(name or "")
        context = names.find(name)
        if context is not front:
            handshake.context = context

    return choose
