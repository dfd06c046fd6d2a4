"""What YAML's parser complains about, said in plain words and with a way out."""

from re import compile as pattern

from yaml import MarkedYAMLError
from yaml.error import Mark

from edgeauth.config.codes import Code
from edgeauth.config.errors import ConfigurationError, problem_in
from edgeauth.config.nodes import Source

_TAB = (
    "a tab can not be used for indentation",
    "indent with spaces",
)

_WORDS: dict[str, tuple[str, str]] = {
    "found a tab character that violates indentation": _TAB,
    "mapping values are not allowed in this context": (
        "a key can not stand here",
        "check the indentation; text that holds a colon and a blank belongs in quotes",
    ),
    "could not find expected ':'": ("this key has no colon", "write a colon after the key"),
    "did not find expected key": (
        "neither a key nor the end of the map",
        "check the indentation; keys of one map begin in one column",
    ),
    "did not find expected '-' indicator": (
        "neither an entry of the list nor its end",
        "check the indentation; entries of one list begin with a dash in one column",
    ),
    "did not find expected <document start>": (
        "the text goes on after its end",
        "check the indentation; keys of one map begin in one column",
    ),
    "block sequence entries are not allowed in this context": (
        "a list can not begin here",
        "put the first dash on a line of its own",
    ),
    "found unknown escape character": (
        "unknown escape in double quotes",
        "put the text in single quotes, where a backslash is an ordinary character",
    ),
    "found invalid Unicode character escape code": (
        "half of a character: JSON's pairs of \\u escapes are not part of YAML",
        "write the character itself",
    ),
    "found undefined tag handle": ("unknown tag", "remove the tag"),
    "found incompatible YAML document": ("unknown version of YAML", "remove the %YAML line"),
}

_OPENED: dict[str, tuple[str, str]] = {
    "found unexpected end of stream": ("this quote is never closed", "close the quote"),
    "did not find expected ',' or ']'": (
        "this list is not closed",
        "write a comma between two entries and ] at the end",
    ),
    "did not find expected ',' or '}'": (
        "this map is not closed",
        "write a comma between two entries and } at the end",
    ),
}
"""Complaints that are better shown where the thing begins than where the parser gave up."""


def syntax_error(source: Source, error: MarkedYAMLError) -> ConfigurationError:
    """Returns the parser's complaint as a configuration error that points at its place."""
    complaint = error.problem or "not valid YAML"
    mark = error.problem_mark
    if complaint in _OPENED:
        message, advice = _OPENED[complaint]
        mark = error.context_mark or mark
        if mark is not None and "${" in source.line(source.position(mark.index).line):
            advice = "inside { } and [ ] a ${reference} belongs in quotes"
    elif complaint == "found character that cannot start any token":
        message, advice = _bad_beginning(source, mark)
    else:
        message, advice = _WORDS.get(complaint, (f"not valid YAML: {complaint}", ""))
        if mark is not None and _is_toml(source.line(source.position(mark.index).line)):
            advice = "this looks like TOML or a list of variables: YAML has `name: value`"
    place = source.position(0 if mark is None else mark.index)
    return ConfigurationError([problem_in(source, place, message, expected=advice, code=Code.YAML)])


_is_toml = pattern(r"\s*[A-Za-z_][\w.-]*\s*=.*|\[[\w.-]+\]\s*").fullmatch


def _bad_beginning(source: Source, mark: Mark | None) -> tuple[str, str]:
    character = "" if mark is None else source.text[mark.index : mark.index + 1]
    if character == "\t":
        return _TAB
    return f"text can not begin with {character}", "put the text in quotes"
