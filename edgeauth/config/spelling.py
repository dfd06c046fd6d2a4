"""Names as messages show them, and the known name that somebody may have meant.

Trust: names come from the texts of operators; what is done with them is bounded by their length.
"""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST_NAME = 60


def quoted(name: str) -> str:
    """Returns a name in double quotes, fit to stand in a message: printable and not too long."""
    printable = "".join(character if character.isprintable() else "�" for character in name)
    cut = printable if len(printable) <= _LONGEST_NAME else printable[: _LONGEST_NAME - 1] + "…"
    return f'"{cut}"'


def nearest(name: str, known: Iterable[str]) -> str:
    """Returns the known name that looks most like a name; empty when none does.

    The same letters in another case come first.
    """
    if len(name) > _LONGEST_NAME:
        return ""  # difflib takes quadratic time, and names as long as this are nobody's slip
    names, folded = list(known), name.casefold()
    same = next((one for one in names if one.casefold() == folded), None)
    return same if same is not None else next(iter(get_close_matches(name, names, 1)), "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Returns `did you mean "google"?` for the nearest known name; empty when none is near."""
    close = nearest(name, known)
    return f"did you mean {quoted(close)}?" if close else ""
