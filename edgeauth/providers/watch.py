"""Notices that files have changed, by looking at them again and again.

Looking works where being told does not: on network file systems, in directories that are mounted
over, and where Kubernetes exchanges the link that all files of a volume go through. A file that is
being written looks different every time; it counts when it has looked the same twice.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from edgeauth.providers.files import rule_files

_SCARCE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


class _Look(NamedTuple):
    """What tells one state of a file from another; links are followed."""

    inode: int
    size: int
    modified: int
    changed: int
    """When anything about it changed; both times in nanoseconds."""


class FileWatch:
    """Looks at a file, or at files of a directory.

    Args:
        root: the file or directory.
        files: returns what is looked at; may raise OSError.
    """

    def __init__(self, root: Path, files: Callable[[Path], list[Path]] = rule_files) -> None:
        self._root = root
        self._files = files
        self._seen = self._look() or {}
        self._told = dict(self._seen)

    def changed(self) -> bool:
        """Looks, and returns whether a file has changed, come or gone and is still again.

        Each change is told once. What can not be looked at has not changed.
        """
        seen = self._look()
        if seen is None:
            return False
        paths = seen.keys() | self._seen.keys() | self._told.keys()
        still = [path for path in paths if seen.get(path) == self._seen.get(path)]
        news = [path for path in still if seen.get(path) != self._told.get(path)]
        if any(path in seen and _is_out_of_reach(path) for path in news):
            return False  # whoever is told once could not read it, and would not be told again
        for path in news:
            self._told.pop(path, None)
            if path in seen:
                self._told[path] = seen[path]
        self._seen = seen
        return bool(news)

    def _look(self) -> dict[Path, _Look] | None:
        """Returns how each file looks; None when that can not be told."""
        found: dict[Path, _Look] = {}
        try:
            for path in self._files(self._root):
                if path.exists():
                    status = path.stat()
                    times = (status.st_mtime_ns, status.st_ctime_ns)
                    found[path] = _Look(status.st_ino, status.st_size, *times)
        except OSError:  # no longer there, or nobody may look: the next look will tell
            return None
        return found


def _is_out_of_reach(path: Path) -> bool:
    """Returns whether nothing can be read at present, because file descriptors have run out."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError as error:
        return error.errno in _SCARCE
    return False
