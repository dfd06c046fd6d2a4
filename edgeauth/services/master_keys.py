"""The master key of the configuration, read from its file or as it stands there."""

from pathlib import Path
from typing import Final

from edgeauth.config.models.master_key import MasterKey
from edgeauth.model.errors import Malformed
from edgeauth.ports.operator_files import read_octets
from edgeauth.wire.secret_keys import parse_secret_keys

_LARGEST_FILE: Final = 65_536


def read_master_keys(settings: MasterKey) -> tuple[bytes, ...]:
    """Returns the keys; the first one seals, every one opens.

    Raises:
        ValueError: the file can not be read, or what is there is no key; the text is for the
            operator and holds nothing of it.
    """
    place = "the master key" if settings.path is None else settings.path
    try:
        text = b"" if settings.path is None else read_octets(Path(settings.path), _LARGEST_FILE)
        if settings.value is not None:
            text = settings.value.get_secret_value().encode("utf-8", "replace")
        return parse_secret_keys(text)
    except Malformed as problem:
        raise ValueError(f"{place}: {problem}") from None
