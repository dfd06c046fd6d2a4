"""Every golden case: edgeauth answers as the reference did, or as its own answer says.

What the files say and how their answers are recorded is in README.md and
tests/oracle/reference/README.md.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from edgeauth.mechanisms.builtins import TYPES
from tests.golden.cases import LOADS, REFUSED, Case, Group, Outcome, read_section, sections
from tests.golden.edge import Edge, Made, Refused
from tests.golden.outcomes import outcome
from tests.golden.stage import Stage

GROUPS = [group for path in sections() for group in read_section(path.read_text(), path.stem)]
CASES = [(group, case) for group in GROUPS for case in group.cases]
ROOT = Path(__file__).parents[2]
DIFFERENCES = ROOT / "docs/reference/differences.md"
STANDARD = r"(RFC \d{4} (section [\d.]+|sections [\d.]+( and [\d.]+)?)|[A-Z].*: .+)"
"""An RFC and where in it, or the name of another text and of its part."""
DECIDED_HERE = ("Deciding", "Reading requests", "Loading")
"""Headings of the page whose entries have cases here. Templates have their own; what does not show
in one answer to one request stands under another heading."""
_PORTS = 3
"""How many ports are tried."""
REGISTERED = {f"{type_.kind.value} {type_.name}" for type_ in TYPES}


class Session:
    """One edge after the other, each as long as its group lasts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runner = asyncio.Runner()
        self._stage = Stage()
        self._stack = AsyncExitStack()
        self._group: Group | None = None
        self._edge: Edge | None = None
        self._refused: dict[str, str] = {}
        self._runner.run(self._stage.open())

    def outcome(self, group: Group, case: Case) -> Outcome:
        """Returns what becomes of a case."""
        return self._runner.run(self._outcome(group, case))

    def close(self) -> None:
        """Ends everything."""
        self._runner.run(self._stack.aclose())
        self._runner.run(self._stage.close())
        self._runner.close()

    async def _outcome(self, group: Group, case: Case) -> Outcome:
        if group is not self._group:
            await self._enter(group)
        if case.name in self._refused:
            why = self._stage.anonymous(self._refused[case.name])
            return {REFUSED: why} if "decision" in group.observe else REFUSED
        if not case.asks:
            return LOADS
        assert self._edge is not None
        answer, line = await self._edge.ask(case, self._stage)
        stage = self._stage
        return outcome(group, answer, line, stage.arrived, stage.asked, stage.anonymous)

    async def _enter(self, group: Group) -> None:
        await self._stack.aclose()
        self._group, self._edge, self._refused = group, None, {}
        self._stage.set(group)
        for left in reversed(range(_PORTS)):
            made = self._made(group)
            if made is None or not any(case.asks for case in group.cases):
                return
            try:
                self._edge = await self._stack.enter_async_context(made.running())
            except OSError:  # somebody else has taken the port meanwhile
                if not left:
                    raise
            else:
                return

    def _made(self, group: Group) -> Made | None:
        """Returns an edge that serves the group without the cases whose rules are refused."""
        served = group.cases
        while served:
            try:
                return Made(group, served, self._stage, self._folder)
            except Refused as refused:
                blamed = group.blamed(served, refused.lines)
                self._refused |= blamed or {case.name: str(refused) for case in served}
                served = tuple(case for case in served if case.name not in self._refused)
        return None


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    made = Session(tmp_path_factory.mktemp("golden"))
    yield made
    made.close()


def parameters() -> list[object]:
    """Returns every case with its marks."""
    found = []
    for group, case in CASES:
        marks = []
        missing = [need for need in case.needs if need not in REGISTERED]
        if missing:
            marks.append(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))
        elif case.fails:
            marks.append(pytest.mark.xfail(reason=case.fails, strict=True))
        found.append(pytest.param(group, case, marks=marks, id=_id(group, case)))
    return found


def _id(group: Group, case: Case) -> str:
    name = group.name if group.name.endswith(f": {case.name}") else f"{group.name}: {case.name}"
    return re.sub(r"[^ -~]", "?", name)


@pytest.mark.parametrize(("group", "case"), parameters())
def test_a_request_is_decided_as_recorded(session, group, case):
    assert case.expected is not None, "not recorded"

    assert session.outcome(group, case) == case.expected


def test_another_answer_than_the_reference_is_one_and_has_a_name():
    for _, case in CASES:
        if not case.specified:
            assert (case.edgeauth is None) == (not case.difference), case.name
            assert case.edgeauth != case.heimdall, case.name


def test_what_the_reference_can_not_do_is_specified_somewhere():
    for group, case in CASES:
        if case.specified:
            place = f"{group.name}: {case.name}"
            assert case.heimdall is None, place
            assert not case.difference, place
            is_page = case.specified.startswith("docs/") and (ROOT / case.specified).exists()
            assert is_page or re.fullmatch(STANDARD, case.specified), place


def test_every_difference_is_explained_and_every_explanation_has_a_case():
    topics = explained(DIFFERENCES.read_text("utf-8"))
    used = {case.difference for _, case in CASES if case.difference}
    meant = {name: [topic for topic in topics if topic.startswith(name)] for name in used}
    meant |= {name: [name] for name in used & topics.keys()}

    assert {name: found for name, found in meant.items() if len(found) != 1} == {}
    seen = {topic for found in meant.values() for topic in found}
    rest = {topic for topic, heading in topics.items() if heading in DECIDED_HERE} - seen
    assert sorted(rest) == []


def explained(page: str) -> dict[str, str]:
    """Returns the topics of the page of differences as plain text, each with its heading."""
    topics, heading = {}, ""
    for line in page.splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| ") and not line.startswith(("| Topic", "| ---")):
            plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", line.split("|")[1])
            topics[plain.replace("`", "").strip()] = heading
    return topics
