"""The corpus: raw octets that clients send, and what has to become of them. See README.md."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import yaml

FOLDER = Path(__file__).parent
_KEPT_OPEN = frozenset({200, 403})
"""The last status of a connection that goes on, unless a case says otherwise."""

Field = tuple[bytes, bytes]
Tree = dict[str, object]


@dataclass(frozen=True)
class Forwarded:
    """A request as the upstream has to read it.

    Attributes:
        fields: those of the client, in order; the edge adds its own, which are the same each time.
    """

    method: bytes
    target: bytes
    host: bytes
    fields: tuple[Field, ...]
    content: bytes


@dataclass(frozen=True, repr=False)
class Case:
    """Octets, and what has to become of them.

    Attributes:
        attack: the number in the catalogue of attacks; 0 for ordinary requests.
        sent: by the client, at once.
        answers: the statuses, in order, but for 100.
        forwarded: what reaches the upstream, in order.
        closed: whether the connection ends; else it has to serve another request.
    """

    file: str
    name: str
    attack: int
    sent: bytes
    answers: tuple[int, ...]
    forwarded: tuple[Forwarded, ...]
    closed: bool

    @property
    def title(self) -> str:
        """Returns the name for a report."""
        number = f"attack-{self.attack:03} " if self.attack else ""
        return f"{self.file}: {number}{self.name}"


def octets(written: object) -> bytes:
    """Returns what a text stands for: a character is an octet, lists are joined."""
    if isinstance(written, list):
        return b"".join(octets(each) for each in written)
    if isinstance(written, dict):
        return octets(written["text"]) * int(written["times"])
    return str(written).encode("latin-1")


def several(written: object) -> list[object]:
    """Returns what a list stands for: `of` is repeated so many `times`."""
    if isinstance(written, dict):
        return list(written["of"]) * int(written["times"])
    return list(cast("list[object]", written))


def _forwarded(tree: Tree) -> Forwarded:
    fields = cast("list[list[object]]", several(tree.get("fields", [])))
    return Forwarded(
        octets(tree.get("method", "GET")),
        octets(tree.get("target", "/")),
        octets(tree.get("host", "a.test")),
        tuple((octets(name), octets(value)) for name, value in fields),
        octets(tree.get("content", "")),
    )


def _case(file: str, tree: Tree) -> Case:
    unknown = set(tree) - {"name", "attack", "sent", "answers", "forwarded", "closed"}
    assert not unknown, f"{file}: {tree['name']}: {unknown}"
    answers = tuple(cast("list[int]", several(tree["answers"])))
    return Case(
        file,
        str(tree["name"]),
        int(cast("int", tree.get("attack", 0))),
        octets(tree["sent"]),
        answers,
        tuple(_forwarded(each) for each in cast("list[Tree]", several(tree.get("forwarded", [])))),
        bool(tree.get("closed", answers[-1] not in _KEPT_OPEN)),
    )


@cache
def corpus() -> tuple[Case, ...]:
    """Returns every case, in the order of the files."""
    found = [
        _case(file.stem, tree)
        for file in sorted(FOLDER.glob("*.yaml"))
        for tree in yaml.load(file.read_text(), yaml.CSafeLoader)
    ]
    assert len({case.title for case in found}) == len(found), "two cases have one name"
    return tuple(found)
