"""Rule sets from a file, or from the files of a directory.

Trust: whoever may write these files decides about everything; what is in them is still parsed as
if it came from a stranger, because tenants may be allowed to write single files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edgeauth.config.decode import collect
from edgeauth.config.errors import ConfigurationError, Problem
from edgeauth.config.models.configuration import FileSystem
from edgeauth.config.read import RuleSet, read_rule_sets

_LARGEST: Final = 16 * 1024 * 1024
"""Octets of a file."""


def load_rule_sets(source: FileSystem, environment: Mapping[str, str]) -> list[RuleSet]:
    """Returns the rule sets of a file, or of every file of a directory in the order of names.

    Hidden files and directories below are passed over.

    Args:
        source: `providers.file_system`.
        environment: the variables, used when `env_vars_enabled` is true.

    Raises:
        ConfigurationError: holds every problem of every file.
    """
    root = Path(source.src)
    if not root.exists():
        raise ConfigurationError([source.problem(f"{root} does not exist", "src")])
    files = [root]
    if root.is_dir():
        files = sorted(path for path in root.iterdir() if _is_rule_set(path))
        if not files:
            raise ConfigurationError([source.problem(f"{root} holds no rule sets", "src")])
    return read_files(files, environment if source.env_vars_enabled else None)


def read_files(files: list[Path], environment: Mapping[str, str] | None) -> list[RuleSet]:
    """Returns the rule sets of files.

    Args:
        files: in the order in which their rules count where expressions are equal.
        environment: replaces `${V}` in values; None leaves them as they are.

    Raises:
        ConfigurationError: holds every problem of every file.
    """
    found: list[RuleSet] = []
    with collect() as problems:
        for path in files:
            with problems:
                found += read_rule_sets(read_text(path), str(path), environment)
    return found


def read_text(path: Path) -> str:
    """Returns the text of a file.

    Raises:
        ConfigurationError: it can not be read, is too large or not UTF-8.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError([Problem(str(path), 0, 0, reason.lower())]) from None
    if len(octets) > _LARGEST:
        raise ConfigurationError([Problem(str(path), 0, 0, "the file is larger than 16 MiB")])
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8 (octet {error.start})"
        raise ConfigurationError([Problem(str(path), 0, 0, message)]) from None


def _is_rule_set(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")
