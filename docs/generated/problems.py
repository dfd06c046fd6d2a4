"""The reference pages of what is refused (`validate`) and of what is found (`lint`)."""

from typing import TypedDict, cast

from docs.generated.markdown import page, table
from docs.generated.meanings import read
from edgeauth.catalogue.lint import ABOUT, LintCode
from edgeauth.config.codes import MEANINGS


class Example(TypedDict, total=False):
    """An example of a finding: rules, a configuration or both, and what else there is to say."""

    rules: str
    configuration: str
    remark: str


def problems_page() -> str:
    """Returns the page of the codes of problems."""
    return page(
        "Codes of problems",
        "What `edgeauth validate --format json|sarif|github` calls the kinds of problems: see "
        "[validate](../validate.md). New codes may come, but none changes its meaning.",
        table(("Code", "What is wrong"), [(f"`{each}`", MEANINGS[each]) for each in MEANINGS]),
    )


def examples() -> dict[str, Example]:
    """Returns the example of each kind of finding.

    Raises:
        ValueError: a kind has no example, or an example no kind.
    """
    found = cast("dict[str, Example]", dict(read("lint.yaml")))
    if found.keys() != {code.value for code in LintCode}:
        raise ValueError("lint.yaml needs one example for each kind of finding")
    return found


def findings_page() -> str:
    """Returns the page of the kinds of findings."""
    told = examples()
    rows = [
        (f"[`{code}`](#{code})", about.severity.value, _sentence(about.why))
        for code, about in ABOUT.items()
    ]
    sections = [
        part
        for code, about in ABOUT.items()
        for part in (
            f"## `{code}`",
            f"**Why.** {_sentence(about.why)}",
            f"**Mend.** {_sentence(about.mend)}",
            _example(told[code.value]),
            told[code.value].get("remark", "").strip(),
        )
    ]
    return page(
        "Findings of lint",
        "How `edgeauth lint` is used and findings are suppressed: [lint](../lint.md).",
        table(("Code", "Severity", "Why it matters"), rows),
        *sections,
    )


def _example(told: Example) -> str:
    mark = "<!-- check: nothing, because a test looks for the finding in it -->"
    texts = [told[key] for key in ("configuration", "rules") if key in told]
    return "\n\n".join(f"{mark}\n```yaml\n{text.rstrip()}\n```" for text in texts)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
