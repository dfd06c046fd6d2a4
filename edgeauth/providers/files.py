"""Rule sets from a file, or from the files of a directory.

Trust: whoever may write these files decides about everything; what is in them is still parsed as
if it came from a stranger, because tenants may be allowed to write single files.
"""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edgeauth.config.codes import Code
from edgeauth.config.errors import Collector, ConfigurationError, Problem
from edgeauth.config.models.configuration import FileSystem
from edgeauth.config.read import RuleSet, salvage_rule_sets

LARGEST: Final = 16 * 1024 * 1024
"""Octets of a file."""


def load_rule_sets(
    source: FileSystem, environment: Mapping[str, str], problems: Collector
) -> list[RuleSet]:
    """Returns the rule sets of a file, or of every file of a directory in the order of names.

    Hidden files and directories below are passed over. A directory that is watched may be empty:
    what it is to hold comes later.

    Args:
        source: `providers.file_system`.
        environment: the variables, used when `env_vars_enabled` is true.
        problems: receives what is wrong; rules that are wrong are not among those returned.
    """
    root = Path(source.src)
    files = rule_files(root) if root.exists() else []
    if not files and not (source.watch and root.is_dir()):
        wrong = "holds no rule sets" if root.exists() else "does not exist"
        problems.add(source.problem(f"{root} {wrong}", "src", code=Code.UNREADABLE_FILE))
        return []
    return read_files(files, environment if source.env_vars_enabled else None, problems)


def rule_files(root: Path) -> list[Path]:
    """Returns a file, or the files of a directory in the order of names.

    Args:
        root: need not exist if it is a file.

    Raises:
        OSError: the directory can not be listed.
    """
    if not root.is_dir():
        return [root]
    return sorted(path for path in root.iterdir() if _is_rule_set(path))


def read_files(
    files: list[Path], environment: Mapping[str, str] | None, problems: Collector
) -> list[RuleSet]:
    """Returns the rule sets of files.

    Args:
        files: in the order in which their rules count where expressions are equal.
        environment: replaces `${V}` in values; None leaves them as they are.
        problems: receives what is wrong; rules that are wrong are not among those returned.
    """
    found: list[RuleSet] = []
    for path in files:
        with problems:
            found += salvage_rule_sets(read_text(path), str(path), environment, problems)
    return found


def read_text(path: Path) -> str:
    """Returns the text of a file.

    Raises:
        ConfigurationError: it can not be read, is too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST + 1)  # of a device there is no end
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _unreadable(str(path), reason.lower()) from None
    return decode_text(octets, str(path))


def decode_text(octets: bytes, name: str) -> str:
    """Returns the text that octets stand for.

    Args:
        octets: what was read, at least the first octet beyond `LARGEST` of it.
        name: what the file is called in messages.

    Raises:
        ConfigurationError: they are too many or not UTF-8.
    """
    if len(octets) > LARGEST:
        raise _unreadable(name, "the file is larger than 16 MiB")
    marked = octets.removeprefix(BOM_UTF8)
    try:
        return marked.decode()
    except UnicodeDecodeError as error:
        before = marked[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        wide = octets.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
        message = "the file is UTF-16, not UTF-8" if wide else "the file is not UTF-8"
        raise _unreadable(name, message, line, column, "save it as UTF-8") from None


def _unreadable(
    name: str, message: str, line: int = 0, column: int = 0, expected: str = ""
) -> ConfigurationError:
    code = Code.UNREADABLE_FILE
    return ConfigurationError([Problem(name, line, column, message, expected, code=code)])


def _is_rule_set(path: Path) -> bool:
    # A link to nothing counts: its rules shall not vanish without a word.
    leads_nowhere = path.is_symlink() and not path.exists()
    return (path.is_file() or leads_nowhere) and not path.name.startswith(".")
