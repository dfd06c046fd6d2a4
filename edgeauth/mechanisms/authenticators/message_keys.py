"""Where the keys are that requests are signed with: at an endpoint, or in a secret source."""

from typing import Final, Protocol

from edgeauth.model.errors import Malformed
from edgeauth.ports.issuers import KeySource, VerificationKeys
from edgeauth.ports.secret_references import TextReference
from edgeauth.wire.json import loads
from edgeauth.wire.jwk import PublicKey
from edgeauth.wire.known_keys import parse_known_keys

_NO_ISSUER: Final = ""


class MessageKeys(Protocol):
    """Keys by their names."""

    async def find(self, key_id: str) -> PublicKey | None:
        """Returns the key of that name; None when there is none.

        Raises:
            Fault: nobody could tell.
        """
        ...


class FetchedKeys:
    """The keys of an endpoint; a name that is not among them has them fetched again, now and then.

    Args:
        source: the endpoint.
        keys: fetches and remembers.
    """

    def __init__(self, source: KeySource, keys: VerificationKeys) -> None:
        self._source = source
        self._keys = keys

    async def find(self, key_id: str) -> PublicKey | None:
        """Returns the key of that name; None when there is none.

        Raises:
            Fault: the endpoint could not be asked, or what it said is no key set.
        """
        found = await self._keys.resolve(self._source, _NO_ISSUER, key_id)
        return found.candidates[0] if found.candidates else None


class KnownKeys:
    """The keys of a text in a secret source, as it is now.

    Args:
        reference: where the text is.
    """

    def __init__(self, reference: TextReference) -> None:
        self._reference = reference
        self._text = ""
        self._keys: dict[str, PublicKey] = {}

    async def find(self, key_id: str) -> PublicKey | None:
        """Returns the key of that name; None when there is none."""
        text = self._reference.current()
        if text != self._text:
            self._keys = read_known_keys(text)
            self._text = text
        return self._keys.get(key_id)


def read_known_keys(text: str) -> dict[str, PublicKey]:
    """Returns the keys of a key set.

    Raises:
        Malformed: the text is none that can be used.
    """
    try:
        document = loads(text.encode())
    except (Malformed, UnicodeEncodeError):
        raise Malformed("is no JSON") from None
    return parse_known_keys(document)
