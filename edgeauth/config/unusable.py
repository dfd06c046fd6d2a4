"""Settings that are right by themselves, but lead to a file or a secret that can not be used."""

from collections.abc import Iterator
from contextlib import contextmanager

from edgeauth.config.codes import Code
from edgeauth.config.errors import ConfigurationError, problem_at
from edgeauth.config.nodes import Node, Scalar, children
from edgeauth.config.spelling import quoted


@contextmanager
def unusable_at(node: Node) -> Iterator[None]:
    """Has a ValueError of what settings lead to told at the value that names it.

    Args:
        node: the settings.

    Raises:
        ConfigurationError: in place of the ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise unusable(node, error) from None


def unusable(node: Node, error: ValueError) -> ConfigurationError:
    """Returns what is wrong with settings, at the value that names it.

    Args:
        node: the settings.
        error: its text is for the operator, and begins with the path of a file or names a secret
            source, if it is about one.
    """
    text = str(error)
    return ConfigurationError([problem_at(_named(node, text) or node, text, code=Code.UNUSABLE)])


def _named(node: Node, text: str) -> Node | None:
    """Returns the first value below a node that the text is about."""
    for key, child in children(node):
        if not isinstance(child, Scalar):
            found = _named(child, text)
            if found is not None:
                return found
        elif isinstance(child.value, str) and _is_about(text, str(key), child.value):
            return child
    return None


def _is_about(text: str, key: str, value: str) -> bool:
    if key == "source":
        return f"secret source {quoted(value)} " in text
    in_directory = key == "path" and text.startswith(f"{value}/")
    return in_directory or (bool(value) and text.startswith(f"{value}: "))
