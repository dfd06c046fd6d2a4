"""Comments that say: this is meant. `# edgeauth-lint: ignore[unused-output] warms a cache`.

A comment counts for its own line or, when it stands alone, for the next line that is no comment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from re import compile as pattern

from edgeauth.catalogue.lint.findings import LintFinding
from edgeauth.catalogue.lint.kinds import ABOUT, LintCode
from edgeauth.config.errors import problem_in
from edgeauth.config.nodes import Node, Scalar, Source, children
from edgeauth.config.spelling import did_you_mean, quoted

_COMMENT = pattern(r"(?m)(?:^|(?<=[ \t]))# *edgeauth-lint:(?P<rest>[^\n]*)")
_IGNORE = pattern(r" *ignore\[(?P<codes>[^\]]*)\](?P<reason>.*)").fullmatch
_KNOWN = tuple(code.value for code in LintCode)


@dataclass(slots=True, eq=False)
class _Suppression:
    """A comment, and what it is for."""

    source: Source
    offset: int
    line: int
    codes: frozenset[str]
    used: bool = False

    def covers(self, found: LintFinding) -> bool:
        place = found.problem
        return (
            place.file == self.source.file
            and place.line == self.line
            and found.code.value in self.codes
        )


def without_suppressed(
    findings: Iterable[LintFinding], sources: Iterable[Source]
) -> Iterator[LintFinding]:
    """Yields the findings that no comment suppresses, and what is wrong with the comments.

    Args:
        findings: everything that was found.
        sources: the texts in which comments may stand.
    """
    suppressions: list[_Suppression] = []
    for source in sources:
        for read in _read(source):
            if isinstance(read, _Suppression):
                suppressions.append(read)
            else:
                yield read
    for found in findings:
        covering = [each for each in suppressions if each.covers(found)]
        for each in covering:
            each.used = True
        if not covering:
            yield found
    for each in suppressions:
        if not each.used:
            listed = ", ".join(sorted(each.codes))
            message = f"nothing here to suppress: {listed}"
            yield _finding(LintCode.UNUSED_SUPPRESSION, each.source, each.offset, message)


def _read(source: Source) -> Iterator["_Suppression | LintFinding"]:
    comments = list(_COMMENT.finditer(source.text)) if source.quotable else []
    texts = _blocks(source) if comments else []
    for comment in comments:
        offset = comment.start()
        if any(begin <= offset < end for begin, end in texts):
            continue
        problem = _wrong_with(comment["rest"])
        if problem:
            yield _finding(LintCode.BAD_SUPPRESSION, source, offset, *problem)
        else:
            codes = frozenset(_codes(comment["rest"]))
            yield _Suppression(source, offset, _line_meant(source, offset), codes)


def _blocks(source: Source) -> list[tuple[int, int]]:
    """Returns where texts stand, since a `#` in them begins no comment."""
    found: list[tuple[int, int]] = []
    pending: list[Node] = list(source.roots)
    seen = set[int]()
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar):
            if node.style is not None:
                found.append((node.begin, node.end))
        elif id(node) not in seen:
            seen.add(id(node))
            pending += [child for _, child in children(node)]
    return found


def _codes(rest: str) -> list[str]:
    read = _IGNORE(rest.rstrip())
    listed = read["codes"].split(",") if read else []
    return [code.strip() for code in listed if code.strip()]


def _wrong_with(rest: str) -> tuple[str, str] | None:
    """Returns what is wrong with a comment and what was meant; None for a good one."""
    read, codes = _IGNORE(rest.rstrip()), _codes(rest)
    if read is None or not codes:
        return "this suppresses nothing: no code in ignore[...]", ""
    for code in codes:
        if code not in _KNOWN:
            return f"unknown code {quoted(code)}", did_you_mean(code, _KNOWN)
    if not read["reason"].strip():
        return "a suppression without a reason", ""
    return None


def _line_meant(source: Source, offset: int) -> int:
    line = source.position(offset).line
    if source.line(line).lstrip().startswith("#"):
        while source.line(line).lstrip().startswith("#"):
            line += 1
    return line


def _finding(
    code: LintCode, source: Source, offset: int, message: str, suggestion: str = ""
) -> LintFinding:
    problem = problem_in(source, source.position(offset), message, suggestion=suggestion)
    return LintFinding(code, problem, ABOUT[code].severity)
