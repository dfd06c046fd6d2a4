"""Links lead somewhere, and generated pages are what the code says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import generate
from docs.generated.schemas import schemas
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.ports.declare import Kind, MechanismType
from tests.docs.pages import PUBLISHED, ROOT

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Returns the anchors of a page's headings, as GitHub makes them."""
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", PUBLISHED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", PUBLISHED, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_are_named_are_there(page: Path) -> None:
    named = set(re.findall(r"`((?:edgeauth/)?[a-z_]+/[a-z_0-9/]+\.py)`", page.read_text("utf-8")))
    roots = (ROOT, ROOT / "edgeauth")

    assert [name for name in sorted(named) if not any((r / name).exists() for r in roots)] == []


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
def test_the_status_table_lists_the_mechanisms_that_work(kind: Kind) -> None:
    name = kind.section.replace("_", " ").capitalize()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (works,) = re.findall(rf"^\| {name} \| ([^|]*) \|", readme, re.MULTILINE)

    assert set(re.findall(r"`(\w+)`", works)) == {each.name for each in TYPES if each.kind is kind}


@pytest.mark.parametrize("type_", TYPES, ids=lambda each: f"{each.kind.value}-{each.name}")
def test_each_mechanism_has_a_page_with_an_example_that_is_checked(
    type_: MechanismType[Specification],
) -> None:
    page = generate.REFERENCE / "mechanisms" / type_.kind.section / f"{type_.name}.md"
    _, _, example = page.read_text(encoding="utf-8").partition("<!-- check: configuration -->")

    assert re.search(rf"\btype: {type_.name}\b", example.partition("## ")[0])


def test_generated_pages_are_up_to_date() -> None:
    pages = generate.pages()

    stale = [
        str(path)
        for path, text in pages.items()
        if not (generate.REFERENCE / path).exists()
        or (generate.REFERENCE / path).read_text(encoding="utf-8") != text
    ]

    assert stale == [], "run `make docs`"


def test_the_schemas_that_editors_are_pointed_to_are_up_to_date() -> None:
    stale = [
        name
        for name, text in schemas().items()
        if (generate.SCHEMAS / name).read_text(encoding="utf-8") != text
    ]

    assert stale == [], "run `make docs`"


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        pytest.param(path, f"{kind}.schema.json", id=path.name)
        for kind, folder, pattern in (
            ("edgeauth", "examples", "*/edgeauth.yaml"),
            ("rules", "rules", "*.yaml"),
        )
        for path in sorted((ROOT / folder).glob(pattern))
    ],
)
def test_files_point_editors_to_their_schema(file: Path, schema: str) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    (place,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", first)

    assert (file.parent / place).resolve() == generate.SCHEMAS / schema


def test_nothing_lies_among_the_generated_mechanisms_that_is_not_generated() -> None:
    folder = generate.REFERENCE / "mechanisms"
    expected = {generate.REFERENCE / path for path in generate.pages()}

    assert set(folder.rglob("*.md")) <= expected
