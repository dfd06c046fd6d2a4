"""Writes reference pages and JSON Schemas from the code: `make docs`. A test compares them.

What a table says of types, defaults and overrides is read from the models; what a setting means
stands in `meanings.yaml`, else in the model's own docstring. A setting without a meaning is an
error, so that nobody adds one in silence.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from docs.generated import expressions, mechanisms, problems, settings  # noqa: E402
from docs.generated.schemas import schemas  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"
SCHEMAS = ROOT / "docs" / "schemas"


def pages() -> dict[Path, str]:
    """Returns the text of every generated page by its path below `docs/reference`."""
    return {
        Path("configuration.md"): settings.configuration_page(),
        Path("rule-sets.md"): settings.rule_sets_page(),
        Path("conditions.md"): expressions.conditions_page(),
        Path("templates.md"): expressions.templates_page(),
        Path("selectors.md"): expressions.selectors_page(),
        Path("objects.md"): expressions.objects_page(),
        Path("problems.md"): problems.problems_page(),
        Path("lint.md"): problems.findings_page(),
        **{Path("mechanisms") / path: text for path, text in mechanisms.pages().items()},
    }


def main() -> None:
    """Writes every page, and the schemas."""
    files = {REFERENCE / path: text for path, text in pages().items()}
    files |= {SCHEMAS / name: text for name, text in schemas().items()}
    for target, text in files.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
