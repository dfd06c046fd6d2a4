"""The hand-written part of the generated pages, read as strictly as any configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from docs.generated.models import Setting
from edgeauth.config.document import plain, read_documents

FOLDER = Path(__file__).parent


def read(name: str) -> Mapping[str, object]:
    """Returns a file of meanings."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return cast("Mapping[str, object]", plain(read_documents(text, name)[0]))


def rows(found: list[Setting], meanings: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """Returns key, type, default and meaning of each setting.

    A map is left out unless it has a meaning of its own: its keys say enough.

    Raises:
        ValueError: a setting has no meaning, or a meaning no setting.
    """
    listed = []
    for setting in found:
        meaning = meanings.get(setting.key) or _sentence(setting.documented)
        if not meaning and setting.kind in ("map", "list of maps"):
            continue
        if not meaning:
            raise ValueError(f"{setting.key} has no meaning")
        listed.append((f"`{setting.key}`", setting.kind, setting.default, meaning))
    unknown = meanings.keys() - {setting.key for setting in found}
    if unknown:
        raise ValueError(f"these are no settings: {', '.join(sorted(unknown))}")
    return listed


def _sentence(text: str) -> str:
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")
