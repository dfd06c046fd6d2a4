"""Functions on text. Lengths and positions count octets of UTF-8, as in Go."""

from collections.abc import Sequence

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.format import quoted, text_of
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.limits import MAX_ITEMS, MAX_OUTPUT
from edgeauth.expressions.templates.values import (
    INT64_MAX,
    INT64_MIN,
    Strings,
)

# What unicode.IsSpace takes for a blank; str.strip() alone would also take U+001C to U+001F.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def octets(text: str, start: int, end: int) -> str:
    """Returns the octets from `start` to before `end`; a torn character becomes U+FFFD.

    Raises:
        EvaluationError: the bounds are not within the text.
    """
    if text.isascii():
        length = len(text)
        encoded = b""
    else:
        encoded = text.encode("utf-8", "replace")
        length = len(encoded)
    if not 0 <= start <= end <= length:
        raise EvaluationError("the bounds are outside of the text")
    return encoded[start:end].decode("utf-8", "replace") if encoded else text[start:end]


def octet_length(text: str) -> int:
    """Returns the length of the text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def strings_of(value: object) -> list[str]:
    """Returns the texts of a list's elements without nil; of anything else, its own text."""
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [text_of(element) for element in value if element is not None]
    return [text_of(value)]


def _title(text: str) -> str:
    characters: list[str] = []
    within = False
    for character in text:
        characters.append(character if within else upper(character))
        within = not _separates(character)
    return "".join(characters)


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return character in SPACES


def upper(text: str) -> str:
    """Returns the text in upper case, each character by itself (`ß` stays)."""
    if text.isascii():
        return text.upper()
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def lower(text: str) -> str:
    """Returns the text in lower case, each character by itself."""
    if text.isascii():
        return text.lower()
    return "".join(c.lower() if len(c.lower()) == 1 else "i" for c in text)


def _repeat(count: int, text: str) -> str:
    if count < 0:
        raise EvaluationError("repeat: the count is negative")
    if count * len(text) > MAX_OUTPUT:
        raise EvaluationError("repeat: the text is too long")
    return text * count


def _replace(old: str, new: str, text: str) -> str:
    if len(new) > len(old) and text.count(old) * (len(new) - len(old)) + len(text) > MAX_OUTPUT:
        raise EvaluationError("replace: the text is too long")
    return text.replace(old, new)


def _indent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise EvaluationError("indent: the count is negative")
    padding = _repeat(spaces, " ")
    return padding + _replace("\n", "\n" + padding, text)


def _substring(start: int, end: int, text: str) -> str:
    length = octet_length(text)
    if start < 0:
        return octets(text, 0, end)
    return octets(text, start, length if end < 0 or end > length else end)


def _truncate(count: int, text: str) -> str:
    length = octet_length(text)
    if count < 0 and length + count > 0:
        return octets(text, length + count, length)
    return octets(text, 0, count) if 0 <= count < length else text


def pieces(separator: str, text: str, limit: int = -1) -> list[str]:
    """Returns the text split at a separator; an empty one splits into characters.

    Raises:
        EvaluationError: too many pieces.
    """
    if limit == 0:
        return []
    if text.count(separator) > MAX_ITEMS:
        raise EvaluationError("split: too many pieces")
    if separator:
        return text.split(separator, limit - 1 if limit > 0 else -1)
    if 0 < limit < len(text):
        return [*text[: limit - 1], text[limit - 1 :]]
    return list(text)


def _split(separator: str, text: str) -> dict[str, str]:
    return {f"_{n}": piece for n, piece in enumerate(pieces(separator, text))}


def _split_limited(separator: str, limit: int, text: str) -> dict[str, str]:
    return {f"_{n}": piece for n, piece in enumerate(pieces(separator, text, limit))}


def _quote(*values: object) -> str:
    if len(values) == 1 and type(values[0]) is str:
        return quoted(values[0])
    return " ".join(quoted(text_of(value)) for value in values if value is not None)


def _single_quote(*values: object) -> str:
    return " ".join(f"'{text_of(value)}'" for value in values if value is not None)


def _concatenate(*values: object) -> str:
    return " ".join(text_of(value) for value in values if value is not None)


def _join(separator: str, value: object) -> str:
    texts = strings_of(value)
    if len(separator) * len(texts) + sum(map(len, texts)) > MAX_OUTPUT:
        raise EvaluationError("join: the text is too long")
    return separator.join(texts)


def _without_prefix(prefix: str, text: str) -> str:
    return text.removeprefix(prefix)


def _initials(text: str) -> str:
    return "".join(word[0] for word in text.split())


def _swap_case(text: str) -> str:
    characters: list[str] = []
    blank = True
    for character in text:
        if character.isupper() or character.istitle():
            characters.append(lower(character))
        else:
            lowers = character.islower()
            characters.append(_title_character(character, start=blank) if lowers else character)
        blank = character in SPACES
    return "".join(characters)


def _title_character(character: str, *, start: bool) -> str:
    changed = character.title() if start else character.upper()
    return changed if len(changed) == 1 else character


def _uncapitalize(text: str) -> str:
    characters: list[str] = []
    blank = True
    for character in text:
        characters.append(lower(character) if blank else character)
        blank = character in SPACES
    return "".join(characters)


def _hello() -> str:
    return "Hello!"


def _plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


def _as_strings(value: object) -> Strings:
    return Strings(strings_of(value))


def _parsed(text: str) -> int:
    """Returns a decimal integer within an int64; zero for anything else."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        return 0
    if len(digits) > 40:
        return INT64_MIN if text[0] == "-" else INT64_MAX
    return max(INT64_MIN, min(INT64_MAX, int(text)))


ANY, STRING, INT, BOOL = Kind.ANY, Kind.STRING, Kind.INT, Kind.BOOL
FUNCTIONS = (
    Function("trim", (STRING,), lambda text: text.strip(SPACES), STRING),
    Function(
        "trimAll", (STRING, STRING), lambda cut, text: text.strip(cut) if cut else text, STRING
    ),
    Function(
        "trimall", (STRING, STRING), lambda cut, text: text.strip(cut) if cut else text, STRING
    ),
    Function("trimPrefix", (STRING, STRING), _without_prefix, STRING),
    Function("trimSuffix", (STRING, STRING), lambda end, text: text.removesuffix(end), STRING),
    Function("upper", (STRING,), upper, STRING),
    Function("lower", (STRING,), lower, STRING),
    Function("title", (STRING,), _title, STRING),
    Function("untitle", (STRING,), _uncapitalize, STRING),
    Function("swapcase", (STRING,), _swap_case, STRING),
    Function("initials", (STRING,), _initials, STRING),
    Function(
        "nospace", (STRING,), lambda text: "".join(c for c in text if c not in SPACES), STRING
    ),
    Function("hello", (), _hello, STRING),
    Function("plural", (STRING, STRING, INT), _plural, STRING),
    Function("repeat", (INT, STRING), _repeat, STRING),
    Function("replace", (STRING, STRING, STRING), _replace, STRING),
    Function("substr", (INT, INT, STRING), _substring, STRING),
    Function("trunc", (INT, STRING), _truncate, STRING),
    Function("indent", (INT, STRING), _indent, STRING),
    Function("nindent", (INT, STRING), lambda spaces, text: "\n" + _indent(spaces, text), STRING),
    Function("contains", (STRING, STRING), lambda part, text: part in text, BOOL),
    Function("hasPrefix", (STRING, STRING), lambda start, text: text.startswith(start), BOOL),
    Function("hasSuffix", (STRING, STRING), lambda end, text: text.endswith(end), BOOL),
    Function("split", (STRING, STRING), _split),
    Function("splitn", (STRING, INT, STRING), _split_limited),
    Function("splitList", (STRING, STRING), lambda at, text: Strings(pieces(at, text))),
    Function("join", (STRING, ANY), _join, STRING),
    Function("cat", (), _concatenate, STRING, more=ANY),
    Function("quote", (), _quote, STRING, more=ANY),
    Function("squote", (), _single_quote, STRING, more=ANY),
    Function("toString", (ANY,), text_of, STRING),
    Function("toStrings", (ANY,), _as_strings),
    Function("atoi", (STRING,), _parsed),
)
