"""Records what the other engine answers, so that every test run compares with it.

make oracles
python -m tests.oracle.cel.record
"""

import base64
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tests.oracle.cel.engine import other_engine
from tests.oracle.cel.grammar import EXPRESSIONS, REFUSED, ours

ANSWERS = Path(__file__).parent / "answers.jsonl"
WANTED = 4000


def main() -> None:
    answer = other_engine()
    found: dict[str, object] = {}

    @given(EXPRESSIONS)
    @settings(
        max_examples=30_000, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def collect(text: str) -> None:
        if len(found) < WANTED and text not in found and ours(text) != REFUSED:
            other = answer(text)
            if other != REFUSED:
                found[text] = other

    collect()
    lines = (json.dumps([text, written(other)]) for text, other in sorted(found.items()))
    ANSWERS.write_text("\n".join(lines) + "\n")
    print(f"{len(found)} expressions")


def written(answer: object) -> object:
    """Returns an answer as JSON has it; octets and tuples are marked."""
    if isinstance(answer, bytes):
        return {"bytes": base64.b64encode(answer).decode()}
    if isinstance(answer, tuple):
        return {"tuple": list(answer)}
    return [written(item) for item in answer] if isinstance(answer, list) else answer


if __name__ == "__main__":
    main()
