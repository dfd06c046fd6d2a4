"""Asks the reference and edgeauth about cases side by side, and prints where they part.

python -m tests.oracle.reference.beside --release BINARY --main BINARY FILE ...

The files are golden files whose cases need no answers. Everything counts: every field and the body
of the answer, and all that upstreams and services received. It is how differences are looked for
before there are cases for them.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from tests.golden.cases import LOADS, REFUSED, Case, Group, Outcome, read_section
from tests.golden.edge import Made, Refused
from tests.golden.messages import Message
from tests.golden.outcomes import decoded
from tests.golden.stage import Stage
from tests.oracle.reference import heimdall

_UNCOUNTED = {"date"}
"""Fields that are never the same."""
_COMMON = {
    ("accept", "*/*"),
    ("accept-encoding", "gzip"),
    ("accept-encoding", "identity"),
    ("user-agent", "Go-http-client/1.1"),
}
"""Fields of requests that only some programs send."""


class Beside:
    """Asks both about groups.

    Args:
        binaries: of the reference, by version.
        stage: what surrounds them.
        folder: for the files that edgeauth reads.
    """

    def __init__(self, binaries: dict[str, Path], stage: Stage, folder: Path) -> None:
        self._binaries = binaries
        self._stage = stage
        self._folder = folder

    async def compare(self, group: Group) -> int:
        """Prints the cases of a group in which both part, and returns how many."""
        self._stage.set(group)
        theirs = await self._theirs(group, group.cases)
        ours, why = await self._ours(group)
        parted = 0
        refused = sum(theirs[case.name] == ours[case.name] == REFUSED for case in group.cases)
        if refused:
            print(f"\n{group.name}: both refuse {refused}; e.g. {next(iter(why.values()))}")
        for case in group.cases:
            lines = list(_parting("", theirs[case.name], ours[case.name]))
            if lines:
                parted += 1
                print(f"\n{group.name}: {case.name}")
                print("\n".join(f"    {line}" for line in lines))
                if case.name in why:
                    print(f"    because: {why[case.name]}")
        return parted

    async def _theirs(self, group: Group, cases: tuple[Case, ...]) -> dict[str, Outcome]:
        binary = self._binaries[group.reference]
        try:
            async with heimdall.running(binary, group, cases, self._stage) as process:
                return {case.name: await self._told(process, case) for case in cases}
        except heimdall.Refused:
            if len(cases) == 1:
                return {cases[0].name: REFUSED}
        middle = len(cases) // 2
        return {
            **await self._theirs(group, cases[:middle]),
            **await self._theirs(group, cases[middle:]),
        }

    async def _ours(self, group: Group) -> tuple[dict[str, Outcome], dict[str, str]]:
        why: dict[str, str] = {}
        served = group.cases
        found: dict[str, Outcome] = {}
        async with AsyncExitStack() as stack:
            while served:
                try:
                    made = Made(group, served, self._stage, self._folder)
                except Refused as refused:
                    blamed = group.blamed(served, refused.lines)
                    why |= blamed or {case.name: str(refused) for case in served}
                    served = tuple(case for case in served if case.name not in why)
                    continue
                edge = await stack.enter_async_context(made.running())
                found = {case.name: await self._told(edge, case) for case in served}
                break
        return {case.name: found.get(case.name, REFUSED) for case in group.cases}, why

    async def _told(self, asked: object, case: Case) -> Outcome:
        if not case.asks:
            return LOADS
        try:
            answer, _ = await asked.ask(case, self._stage)  # type: ignore[attr-defined]
        except TimeoutError:
            return {"answer": "none in time"}
        except (ValueError, asyncio.IncompleteReadError):
            return {"answer": "cut off"}
        await asyncio.sleep(0.01)
        stage = self._stage
        return {
            "answer": _whole(answer, stage) if answer else "none",
            "upstream": [_whole(message, stage) for message in stage.arrived],
            "services": [_whole(message, stage) for message in stage.asked],
        }


def _whole(message: Message, stage: Stage) -> dict[str, object]:
    fields: dict[str, list[object]] = {}
    for name, value in message.fields:
        if name not in _UNCOUNTED and (name, value) not in _COMMON:
            fields.setdefault(name, []).append(decoded(stage.anonymous(value)))
    start = stage.anonymous(message.start)
    if start.startswith("HTTP/"):
        start = " ".join(start.split(" ")[:2])
    return {
        "start": start,
        "fields": {name: fields[name] for name in sorted(fields)},
        "body": stage.anonymous(message.body.decode("utf-8", "backslashreplace")),
    }


def _parting(place: str, left: object, right: object) -> Iterator[str]:
    if left == right:
        return
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(key for key in right if key not in left)]:
            yield from _parting(f"{place}.{key}", left.get(key), right.get(key))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _parting(f"{place}[{number}]", one, other)
    else:
        yield f"{place or '.'}: {_shown(left)}  |  {_shown(right)}"


def _shown(value: object) -> str:
    if isinstance(value, dict) and isinstance(value.get("answer"), dict):
        return str(value["answer"]["start"])
    return json.dumps(value, ensure_ascii=False)


async def _compare(paths: list[Path], binaries: dict[str, Path], only: str) -> None:
    asked = parted = 0
    stage = Stage()
    await stage.open()
    with tempfile.TemporaryDirectory() as folder:
        beside = Beside(binaries, stage, Path(folder))
        for path in paths:
            for group in read_section(path.read_text("utf-8"), path.stem):
                if only in group.name:
                    asked += len(group.cases)
                    parted += await beside.compare(group)
    await stage.close()
    print(f"\n{asked} cases, {parted} with differences")


def main() -> None:
    """Compares."""
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m tests.oracle.reference.beside"
    )
    parser.add_argument("--release", type=Path, required=True, help="heimdall 0.17")
    parser.add_argument("--main", type=Path, required=True, help="heimdall, branch main")
    parser.add_argument("--only", default="", help="groups whose name contains this")
    parser.add_argument("files", type=Path, nargs="+")
    given = parser.parse_args()
    binaries = {"0.17": given.release.resolve(), "main": given.main.resolve()}
    asyncio.run(_compare(given.files, binaries, given.only))


if __name__ == "__main__":
    main()
