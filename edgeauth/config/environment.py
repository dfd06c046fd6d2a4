"""The environment of the process: `${V}` in values, and variables that set keys.

Values are put into the tree after it was parsed and never into the text, so that a variable can
not add keys, lists or documents to a file (attack 175).
"""

from collections.abc import Iterator, Mapping as MappingType
from re import Match, compile as pattern

from edgeauth.config.codes import Code
from edgeauth.config.core_schema import resolve
from edgeauth.config.decode import collect
from edgeauth.config.document import read_documents
from edgeauth.config.errors import Collector, ConfigurationError, Problem, problem_at
from edgeauth.config.merging import merge, put
from edgeauth.config.nodes import Mapping, Node, Scalar, Sequence, Substituted
from edgeauth.config.spelling import quoted

DEFAULT_PREFIX = "EDGEAUTHCFG_"

_REFERENCE = pattern(
    r"(?P<escape>\$)?\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:(?::?=|:-)(?P<default>[^}]*))?\})?"
)


def substitute(node: Node, environment: MappingType[str, str]) -> Node:
    """Returns a tree whose scalars have their references to variables replaced.

    `${V}` is the value of a variable, empty when it is not set; `${V:-text}`, `${V:=text}` and
    `${V=text}` have a default for one that is not set or empty; `$${V}` stands for `${V}`. A plain
    scalar that is one reference and nothing else takes the type that its value has in YAML: a
    number, a truth value, a text, or nothing; never a list or a map.

    Args:
        node: the tree; parts without references are taken over as they are.
        environment: the variables.

    Raises:
        ConfigurationError: for each `${` that does not begin a reference.
    """
    with collect() as problems:
        return _substituted(node, environment, problems, {})


def _substituted(
    node: Node,
    environment: MappingType[str, str],
    problems: Collector,
    done: dict[int, Node],
) -> Node:
    if isinstance(node, Scalar):
        if isinstance(node.value, str) and "${" in node.value:
            with problems:
                return _replaced(node, node.value, environment)
        return node
    if id(node) not in done:  # what aliases refer to is replaced once
        if isinstance(node, Mapping):
            entries = {
                key: _substituted(child, environment, problems, done)
                for key, child in node.entries.items()
            }
            done[id(node)] = Mapping(entries, node.key_begins, node.source, node.begin, node.end)
        else:
            items = [_substituted(child, environment, problems, done) for child in node.items]
            done[id(node)] = Sequence(items, node.source, node.begin, node.end)
    return done[id(node)]


def _replaced(node: Scalar, text: str, environment: MappingType[str, str]) -> Scalar:
    unset: list[str] = []

    def value_of(reference: Match[str]) -> str:
        if reference["escape"]:
            return reference[0].removeprefix("$")
        if reference["name"] is None:
            message = "this is no reference to a variable"
            expected = "expected ${NAME} or ${NAME:-default}; $${ stands for ${"
            problem = problem_at(
                node, message, expected=expected, offset=reference.start(), code=Code.VARIABLE
            )
            raise ConfigurationError([problem])
        value = environment.get(reference["name"]) or reference["default"] or ""
        if not value and reference["default"] is None:
            unset.append(reference["name"])
        if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
            message = f"the variable {reference['name']} is not UTF-8"
            raise ConfigurationError([problem_at(node, message, code=Code.VARIABLE)])
        return value

    value: str | int | float | bool | None = _REFERENCE.sub(value_of, text)
    whole = _REFERENCE.fullmatch(text)
    if whole is not None and not whole["escape"] and node.style is None:
        try:
            value = resolve(str(value))
        except ValueError as error:
            raise ConfigurationError([problem_at(node, str(error), code=Code.VARIABLE)]) from None
    place = node.source, node.begin, node.end
    return Substituted(value, node.text, node.style, *place, tuple(unset))


def overlay(root: Node, environment: MappingType[str, str], prefix: str) -> Node:
    """Returns a tree in which variables with a prefix have set their keys.

    After the prefix a name is a path: parts in upper case joined by `_`, a doubled `__` for an
    underscore inside a key, a number for a place in a list. `SERVE_TRUSTED__PROXIES_0` is the
    first entry of `serve.trusted_proxies`. Values are YAML.

    Args:
        root: the tree of the file.
        environment: the variables.
        prefix: begins the names of those that count.

    Raises:
        ConfigurationError: for names that lead nowhere and values that do not fit; it names the
            variables and never shows their values.
    """
    with collect() as problems:
        for path, name in sorted(_paths(environment, prefix)):
            with problems:
                root = _set(root, [part for _, part in path], name, environment[name])
    return root


Part = tuple[int, str]
"""A part of a path, with the number that it is sorted by: entry 10 comes after entry 9."""


def _paths(environment: MappingType[str, str], prefix: str) -> Iterator[tuple[list[Part], str]]:
    for name in environment:
        if name.startswith(prefix) and len(name) > len(prefix):
            parts = name[len(prefix) :].replace("__", "\0").lower().split("_")
            path = [part.replace("\0", "_") for part in parts]
            yield [(int(part) if _is_index(part) else -1, part) for part in path], name


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) < 6


def _set(root: Node, path: list[str], name: str, text: str) -> Node:
    file = f"environment variable {name}"
    if "" in path:
        raise _misleading(file, "the name has an empty part")
    documents = read_documents(text, file, quotable=False)
    if len(documents) != 1:
        message = "the value is empty" if not documents else "the value is several documents"
        raise _misleading(file, message)
    return _put(root, path, documents[0], file)


def _put(node: Node | None, path: list[str], value: Node, file: str) -> Node:
    """Returns a node with a value put at a path below it."""
    if not path:
        return value if node is None else merge(node, value)
    part, rest = path[0], path[1:]
    if isinstance(node, Sequence) or (node is None and _is_index(part)):
        return _put_item(node, part, rest, value, file)
    if isinstance(node, Scalar) and node.value is not None:
        raise _misleading(file, f"{quoted(part)} can not be set below a single value")
    if not isinstance(node, Mapping):
        node = Mapping({}, [], value.source, value.begin, value.end)
    return put(node, part, _put(node.entries.get(part), rest, value, file))


def _put_item(
    node: Sequence | None, part: str, rest: list[str], value: Node, file: str
) -> Sequence:
    items = [] if node is None else list(node.items)
    if not _is_index(part) or int(part) > len(items):
        message = f"the list has no entry {quoted(part)}; it has {len(items)}, counted from 0"
        raise _misleading(file, message)
    index = int(part)
    current = items[index] if index < len(items) else None
    items[index : index + 1] = [_put(current, rest, value, file)]
    base = value if node is None else node
    return Sequence(items, base.source, base.begin, base.end)


def _misleading(file: str, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(file, 0, 0, message, code=Code.VARIABLE)])
