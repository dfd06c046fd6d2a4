"""The two parsers of PyYAML behind one function: libyaml where it is there, else pure Python."""

from collections.abc import Callable

from yaml import Event
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML was built without libyaml: the same events, thirty times slower
    CParser = None  # type: ignore[assignment,misc]  # looked at below


class PureParser(Reader, Scanner, Parser):
    """PyYAML's own parser, for installations without libyaml."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


def event_reader(text: str, *, pure: bool = CParser is None) -> Callable[[], Event]:
    """Returns the function that gives the events of a text, one a call.

    Args:
        text: printable characters only.
        pure: whether to use the parser written in Python.
    """
    parser = PureParser(text) if pure else CParser(text)
    return parser.get_event  # type: ignore[return-value]  # None comes after the end only
