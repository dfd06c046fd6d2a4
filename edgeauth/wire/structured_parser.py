"""Structured field values as they are read: strictly, and each octet once.

Departure from the standard: a name that is there twice in a dictionary or among parameters makes
the whole value malformed. The standard takes the last one, and a reader who takes the first one
would have verified something else.

Trust: hostile. Values are bounded before anything is read.

Source:
    RFC 8941 section 4.2.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error
from decimal import Decimal
from typing import Final

from edgeauth.model.errors import Malformed
from edgeauth.wire.structured_fields import BareItem, InnerList, Item, Member, Parameters, Token

LONGEST_VALUE: Final = 16_384
"""Characters of a value that is read."""
MOST_MEMBERS: Final = 256
"""Members of a list, of a dictionary, or parameters of one item."""

_KEY: Final = re.compile(r"[a-z*][a-z0-9_.*-]*")
_TOKEN: Final = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~A-Za-z0-9:/-]*")
_NUMBER: Final = re.compile(r"-?([0-9]{1,15})(?:\.([0-9]{1,3}))?(?![0-9.])")
_STRING: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_OCTETS: Final = re.compile(r":([A-Za-z0-9+/=]*):")
_BLANKS: Final = re.compile(r" *")
_SEPARATOR: Final = re.compile(r"[ \t]*,[ \t]*")
_ESCAPED: Final = re.compile(r'\\(["\\])')
_MOST_WHOLE_DIGITS: Final = 12


def parse_dictionary(text: str) -> dict[str, Member]:
    """Returns the members of a dictionary in their order.

    Raises:
        Malformed: the text is none, too long, or has a name twice.
    """
    reader = _Reader(text)
    members: dict[str, Member] = {}
    while not reader.at_end(members):
        name = reader.key()
        if name in members:
            raise Malformed("a structured dictionary has a member twice")
        members[name] = reader.member() if reader.takes("=") else reader.nothing()
    return members


def parse_list(text: str) -> tuple[Member, ...]:
    """Returns the members of a list.

    Raises:
        Malformed: the text is none, or too long.
    """
    reader = _Reader(text)
    members: list[Member] = []
    while not reader.at_end(members):
        members.append(reader.member())
    return tuple(members)


def parse_item(text: str) -> Item:
    """Returns a single item.

    Raises:
        Malformed: the text is none, or too long.
    """
    reader = _Reader(text)
    item = reader.item()
    reader.end()
    return item


class _Reader:
    """Goes through a text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_VALUE:
            raise Malformed("a structured value is too long")
        self._text = text.strip(" ")
        self._at = 0

    def at_end(self, members: "dict[str, Member] | list[Member]") -> bool:
        """Returns whether nothing follows; else goes on behind the comma, if one is due."""
        if self._at == len(self._text):
            return True
        if not members:
            return False
        if len(members) >= MOST_MEMBERS:
            raise Malformed("a structured value has too many members")
        found = _SEPARATOR.match(self._text, self._at)
        if found is None or found.end() == len(self._text):
            raise Malformed("a structured value goes on where it should not")
        self._at = found.end()
        return False

    def end(self) -> None:
        """Refuses whatever follows."""
        if self._at != len(self._text):
            raise Malformed("a structured value goes on where it should not")

    def takes(self, character: str) -> bool:
        """Returns whether the character is next, and passes it."""
        if not self._text.startswith(character, self._at):
            return False
        self._at += 1
        return True

    def key(self) -> str:
        """Returns the name that is next."""
        return self._match(_KEY, "a structured value has no name in its place")[0]

    def member(self) -> Member:
        """Returns the item or the list in parentheses that is next."""
        if not self.takes("("):
            return self.item()
        items: list[Item] = []
        while True:
            self._match(_BLANKS, "")
            if self.takes(")"):
                return InnerList(tuple(items), self.parameters())
            if items and self._text[self._at - 1] != " ":
                raise Malformed("nothing stands between two items of a structured list")
            if len(items) >= MOST_MEMBERS:
                raise Malformed("a structured value has too many members")
            items.append(self.item())

    def item(self) -> Item:
        """Returns the item that is next."""
        return Item(self._bare_item(), self.parameters())

    def nothing(self) -> Item:
        """Returns the member of a dictionary that has no value, which stands for "true"."""
        return Item(value=True, parameters=self.parameters())

    def parameters(self) -> Parameters:
        """Returns the parameters that are next; perhaps none."""
        found: dict[str, BareItem] = {}
        while self.takes(";"):
            self._match(_BLANKS, "")
            name = self.key()
            if name in found or len(found) >= MOST_MEMBERS:
                raise Malformed("a structured value has a parameter twice, or too many")
            found[name] = self._bare_item() if self.takes("=") else True
        return tuple(found.items())

    def _bare_item(self) -> BareItem:
        first = self._text[self._at : self._at + 1]
        if first == '"':
            return _ESCAPED.sub(r"\1", self._match(_STRING, "a structured string is none")[1])
        if first == ":":
            return _octets(self._match(_OCTETS, "structured octets are none")[1])
        if first == "?":
            self._at += 1
            if self.takes("1"):
                return True
            if self.takes("0"):
                return False
            raise Malformed("a structured boolean is none")
        if first == "-" or first.isdigit():
            return _number(self._match(_NUMBER, "a structured number is none"))
        return Token(self._match(_TOKEN, "a structured value is of no known kind")[0])

    def _match(self, form: re.Pattern[str], otherwise: str) -> re.Match[str]:
        found = form.match(self._text, self._at)
        if found is None:
            raise Malformed(otherwise)
        self._at = found.end()
        return found


def _octets(text: str) -> bytes:
    try:
        octets = b64decode(text, validate=True)
    except Error:
        octets = b""
    if b64encode(octets).decode("ascii") != text:
        raise Malformed("structured octets are no canonical base64")
    return octets


def _number(found: re.Match[str]) -> int | Decimal:
    if found[2] is None:
        return int(found[0])
    if len(found[1]) > _MOST_WHOLE_DIGITS:
        raise Malformed("a structured decimal has too many digits")
    return Decimal(found[0])
