"""Files that commands write."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgeauth.cli.loading import EXIT_FAILED, fail


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other commands from changing the files of the same directory meanwhile.

    Without such a directory the process ends with 1.
    """
    import fcntl

    try:
        descriptor = os.open(Path(os.path.realpath(path)).parent, os.O_RDONLY)
    except OSError as error:
        fail(EXIT_FAILED, f"{path}: {error.strerror or error}")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_file(path: Path, octets: bytes) -> None:
    """Writes a file as a whole, so that nobody ever reads half of it.

    A file that is there keeps its permissions; through a link it is the file behind it.

    Raises:
        OSError: it can not be written; what was there is still there.
    """
    target = Path(os.path.realpath(path))
    _replace(path, octets, _mode(target))


def replace_secret_file(path: Path, octets: bytes) -> None:
    """Writes a file in the same way that nobody but its owner and group may read.

    A new one is for its owner alone; one that is there keeps owner and group, so that a process
    of another user goes on reading it.

    Raises:
        OSError: it can not be written; what was there is still there.
    """
    target = Path(os.path.realpath(path))
    if not target.exists():
        _replace(path, octets, 0o600)
        return
    known = target.stat()
    mode = stat.S_IMODE(known.st_mode) & 0o640 | 0o600
    _replace(path, octets, mode, (known.st_uid, known.st_gid))


def _replace(path: Path, octets: bytes, mode: int, owner: tuple[int, int] | None = None) -> None:
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(octets)  # a device or a pipe is written to, not replaced
        return
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _mode(path: Path) -> int:
    """Returns the permissions of a file, or those that a new one gets."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        current = os.umask(0)
        os.umask(current)
        return 0o666 & ~current
