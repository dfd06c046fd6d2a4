"""Prints how many cases pass: `python -m tests.conformance`, with `-v` every difference."""

import sys
from collections import Counter

from tests.conformance.cases import differences, rows, run


def main() -> None:
    passed, failed, skipped = Counter(), Counter(), Counter()
    for case in rows("cases"):
        file = case["name"].partition("/")[0]
        wrong = run(case)
        (failed if wrong else passed)[file] += 1
        if wrong and "-v" in sys.argv:
            print(f"{case['name']}: {case['expr']}\n    {wrong}")
            print(f"    {differences().get(case['name'], 'NOT EXPECTED')}")
    skipped.update(row["name"].partition("/")[0] for row in rows("skipped"))
    for file in sorted({*passed, *failed, *skipped}):
        show(file, passed[file], failed[file], skipped[file])
    show("all files", passed.total(), failed.total(), skipped.total())


def show(name: str, passed: int, failed: int, skipped: int) -> None:
    print(f"{name:16} {passed:5} passed of {passed + failed:5}   {skipped:4} skipped")


if __name__ == "__main__":
    main()
