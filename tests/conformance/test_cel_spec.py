"""Every case of cel-spec that needs no protobuf message has the result that the file tells."""

from itertools import groupby

import pytest

from tests.conformance.cases import differences, rows, run

FILES = {
    file: list(cases)
    for file, cases in groupby(rows("cases"), key=lambda case: case["name"].partition("/")[0])
}


@pytest.mark.parametrize("file", FILES)
def test_what_fails_is_what_is_listed_with_a_reason(file: str) -> None:
    wrong = {case["name"]: told for case in FILES[file] if (told := run(case))}
    listed = {name for name in differences() if name.partition("/")[0] == file}

    assert {name: told for name, told in wrong.items() if name not in listed} == {}
    assert listed - wrong.keys() == set()


def test_every_skipped_case_has_a_reason_and_is_not_run_as_well() -> None:
    skipped = {row["name"]: row["reason"] for row in rows("skipped")}

    assert all(skipped.values())
    assert skipped.keys().isdisjoint(case["name"] for case in rows("cases"))
