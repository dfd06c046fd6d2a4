"""One source: its content, and the only way to another content."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

from edgeauth.contract.keystore import KeyStore, KeyStoreError
from edgeauth.secret_sources.contents import Content, Keys, refuse_change_of_kind


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the content of a source comes from.

    Attributes:
        read: returns the content; raises ValueError when it can not be used.
        path: the file or directory that is read; None when nothing can change.
        watch: whether changes are noticed.
        lists: returns the files that are looked at, given the path.
    """

    read: Callable[[], Content]
    path: Path | None = None
    watch: bool = False
    lists: Callable[[Path], list[Path]] = lambda path: [path]

    def files(self) -> list[Path]:
        """Returns the files that the content stands in.

        Raises:
            OSError: a directory can not be listed.
        """
        return [] if self.path is None else self.lists(self.path)


class HeldSource:
    """A source whose content is exchanged as a whole, and only for one that its users can use.

    Args:
        name: what errors call it.
        origin: where the content comes from.

    Attributes:
        content: what it holds now.
        origin: the same.

    Raises:
        ValueError: the content can not be read.
    """

    def __init__(self, name: str, origin: Origin) -> None:
        self.name = name
        self.origin = origin
        self.content = origin.read()
        self._checks: dict[Hashable, Callable[[Content], object]] = {}

    def reload(self) -> None:
        """Reads the content anew and puts it in force, unless it is of no use.

        Raises:
            ValueError: it can not be read, is of another kind, or a user could not go on with
                it. The former content stays in force.
        """
        changed = self.origin.read()
        refuse_change_of_kind(self.content, changed)
        for check in list(self._checks.values()):
            check(changed)
        self.content = changed

    def require_content(self, name: Hashable, check: Callable[[Content], object]) -> None:
        """Has the content checked, and every later one before it is put in force.

        Args:
            name: of the check; one that is known takes the place of the former.
            check: raises ValueError where the content is of no use.

        Raises:
            ValueError: the present content is of no use.
        """
        check(self.content)
        self._checks[name] = check

    @property
    def key_store(self) -> KeyStore:
        """Returns the private keys as they are now.

        Raises:
            KeyStoreError: the source is not one of keys.
        """
        content = self.content
        if isinstance(content, Keys):
            return content.store
        raise self._no_keys()

    def require(self, name: Hashable, check: Callable[[KeyStore], None]) -> None:
        """Has the private keys checked, and later ones before they are put in force.

        Args:
            name: of the check; one that is known takes the place of the former.
            check: raises KeyStoreError where the keys are of no use.

        Raises:
            KeyStoreError: the present keys are of no use.
        """

        def check_keys(content: Content) -> None:
            if not isinstance(content, Keys):
                raise self._no_keys()
            check(content.store)

        self.require_content(name, check_keys)

    def _no_keys(self) -> KeyStoreError:
        return KeyStoreError(f"{self.name}: holds no keys")

    def __repr__(self) -> str:
        return f"HeldSource({self.name}, {type(self.content).__name__})"
