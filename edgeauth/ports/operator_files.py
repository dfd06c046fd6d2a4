"""Files of the operator, read as a whole: keys, certificates, credentials.

Trust: whoever may write the file. A path may still lead to something without an end.
"""

from pathlib import Path

from edgeauth.model.errors import Malformed


def read_octets(path: Path, most: int) -> bytes:
    """Returns the content of a file.

    Args:
        path: of the file; errors do not name it.
        most: octets that it may have.

    Raises:
        Malformed: it can not be read, or is larger.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(most + 1)
    except OSError as error:
        raise Malformed(f"can not be read: {error.strerror}") from None
    if len(octets) > most:
        raise Malformed(f"is larger than {most} octets")
    return octets
