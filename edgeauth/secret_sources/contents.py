"""What a secret source holds: texts and credentials, keys, certificates, or API keys.

Trust: secrets. No error and no representation shows one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cryptography import x509
from pydantic import SecretStr

from edgeauth.contract.keystore import KeyStore
from edgeauth.model.api_key import ApiKeys
from edgeauth.model.errors import Malformed
from edgeauth.ports.credentials import Credentials

Entry: TypeAlias = SecretStr | Credentials
"""What stands at a selector."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts and credentials.

    Attributes:
        entries: by selector.
    """

    entries: Mapping[str, Entry]

    def text(self, selector: str | None) -> str:
        """Returns the text at a selector, or the only one.

        Raises:
            Malformed: there is none.
        """
        if selector is None:
            found = list(self.entries.values())
            if len(found) != 1:
                raise Malformed("holds several entries: a selector is required")
            entry: Entry | None = found[0]
        else:
            entry = self.entries.get(selector)
        if entry is None:
            raise Malformed("holds nothing there")
        if isinstance(entry, Credentials):
            raise Malformed("holds credentials there, and no text")
        return entry.get_secret_value()

    def credentials(self, selector: str | None) -> Credentials:
        """Returns the credentials at a selector; without one, all texts together.

        Raises:
            Malformed: there are none.
        """
        if selector is None:
            return Credentials(
                {
                    name: entry.get_secret_value()
                    for name, entry in self.entries.items()
                    if isinstance(entry, SecretStr)
                }
            )
        entry = self.entries.get(selector)
        if entry is None:
            raise Malformed("holds nothing there")
        if not isinstance(entry, Credentials):
            raise Malformed("holds a text there, and no credentials")
        return entry


@dataclass(frozen=True, slots=True)
class Keys:
    """Private keys, and symmetric ones.

    Attributes:
        store: the private keys.
        symmetric: secrets by key id.
    """

    store: KeyStore
    symmetric: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"Keys({self.store!r}, {len(self.symmetric)} symmetric keys)"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Certificates that are trusted.

    Attributes:
        pem: as they stand in the file.
        certificates: the same, read.
    """

    pem: bytes
    certificates: tuple[x509.Certificate, ...]

    def __repr__(self) -> str:
        return f"Certificates({len(self.certificates)})"


Content: TypeAlias = Texts | Keys | Certificates | ApiKeys
"""What a source holds."""


def refuse_change_of_kind(former: Content, changed: Content) -> None:
    """Refuses a content that holds something of another kind at a place of the former one.

    Raises:
        Malformed: says where.
    """
    if type(former) is not type(changed):
        raise Malformed("holds another kind of secrets than before")
    if isinstance(former, Texts) and isinstance(changed, Texts):
        for selector, entry in changed.entries.items():
            known = former.entries.get(selector)
            if known is not None and isinstance(known, Credentials) != isinstance(
                entry, Credentials
            ):
                raise Malformed("holds another kind of secret at a place than before")
    if isinstance(former, Keys) and isinstance(changed, Keys):
        private = {key.kid for key in changed.store.keys} & former.symmetric.keys()
        symmetric = {key.kid for key in former.store.keys} & changed.symmetric.keys()
        for kid in sorted(private | symmetric):
            raise Malformed(f"has a key {kid} of another kind than before")
