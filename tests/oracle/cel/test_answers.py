"""Conditions have the values that another engine gave, recorded by `record.py`."""

import json

from tests.oracle.cel.grammar import ours
from tests.oracle.cel.record import ANSWERS, WANTED, written


def test_every_recorded_expression_has_the_value_of_the_other_engine():
    cases = [json.loads(line) for line in ANSWERS.read_text().splitlines()]

    different = [(text, answer) for text, answer in cases if written(ours(text)) != answer]

    assert len(cases) == WANTED
    assert different == []
