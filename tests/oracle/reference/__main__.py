"""Asks the reference about golden cases, and writes its answers into their files.

python -m tests.oracle.reference --release BINARY --main BINARY [FILE ...]
"""

import argparse
import asyncio
from pathlib import Path

from tests.golden.cases import LOADS, REFUSED, Case, Group, Outcome, read_section, sections
from tests.golden.outcomes import outcome
from tests.golden.stage import Stage
from tests.oracle.reference.heimdall import Refused, running
from tests.oracle.reference.writing import updated


async def record(group: Group, binary: Path, stage: Stage) -> dict[str, Outcome]:
    """Returns what the reference makes of each case of a group.

    A rule that a case brings along may be refused, and with it the whole group: then each case is
    asked about alone first.
    """
    stage.set(group)
    asking = group.cases
    found: dict[str, Outcome] = {}
    try:
        return await _answers(group, asking, binary, stage)
    except Refused:
        for case in group.cases:
            if await _refused(group, case, binary, stage):
                found[case.name] = REFUSED
    rest = tuple(case for case in asking if case.name not in found)
    if not rest and len(asking) > 1:
        print(f"{group.name}: every case is refused; is the group itself wrong?")
    return found | (await _answers(group, rest, binary, stage) if rest else {})


async def _refused(group: Group, case: Case, binary: Path, stage: Stage) -> bool:
    try:
        async with running(binary, group, (case,), stage):
            return False
    except Refused:
        return True


async def _answers(
    group: Group, cases: tuple[Case, ...], binary: Path, stage: Stage
) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    async with running(binary, group, cases, stage) as process:
        for case in cases:
            if not case.asks:
                found[case.name] = LOADS
                continue
            answer, rule = await process.ask(case, stage)
            await asyncio.sleep(0)
            found[case.name] = outcome(
                group, answer, {"rule": rule}, stage.arrived, stage.asked, stage.anonymous
            )
    return found


async def record_file(path: Path, binaries: dict[str, Path], *, missing: bool) -> None:
    """Asks about the cases of a file and writes the answers into it.

    Args:
        path: of the file.
        binaries: of the reference, by version.
        missing: whether to leave out groups that have all their answers.
    """
    text = path.read_text("utf-8")
    stage = Stage()
    await stage.open()
    recorded: dict[str, Outcome] = {}
    for group in read_section(text, path.stem):
        if any(case.specified for case in group.cases):
            continue
        if missing and all(case.heimdall is not None for case in group.cases):
            continue
        answers = await record(group, binaries[group.reference], stage)
        recorded |= {case.place: answers[case.name] for case in group.cases}
    await stage.close()
    path.write_text(updated(text, recorded), "utf-8")
    print(f"{path.name}: {len(recorded)} cases asked about")


def main() -> None:
    """Records."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.oracle.reference")
    parser.add_argument("--release", type=Path, required=True, help="heimdall 0.17")
    parser.add_argument("--main", type=Path, required=True, help="heimdall, branch main")
    parser.add_argument("--missing", action="store_true", help="only groups without answers")
    parser.add_argument("files", type=Path, nargs="*", help="all of tests/golden by default")
    given = parser.parse_args()
    binaries = {"0.17": given.release.resolve(), "main": given.main.resolve()}
    for path in given.files or sections():
        asyncio.run(record_file(path, binaries, missing=given.missing))


if __name__ == "__main__":
    main()
