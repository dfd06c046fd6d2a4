"""One way into a rule: a path expression, where its wildcards are, and what they must hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import unquote

from msgspec import Struct

from edgeauth.engine.rule import Rule
from edgeauth.model.request import Request
from edgeauth.model.routing import EncodedSlashes

NO_CAPTURES: Final[Mapping[str, str]] = {}


class PathExpression(NamedTuple):
    """A path expression: literal segments, `:one` for a segment, `**` for the rest.

    Attributes:
        segments: literal text in normal form, or None for a single wildcard.
        free: whether a free wildcard follows the last segment.
        names: for each wildcard from left to right its name; empty for an unnamed one.
    """

    segments: tuple[str | None, ...]
    free: bool
    names: tuple[str, ...]

    def named(self) -> tuple[tuple[int, str], ...]:
        """Returns number and name of each wildcard that has one."""
        return tuple((number, name) for number, name in enumerate(self.names) if name)


@dataclass(frozen=True, slots=True)
class Route:
    """A path of a rule with everything else that has to hold for it.

    Attributes:
        rule: what runs when the route is taken.
        named: the number of a wildcard, from left to right, and its name; unnamed ones are left
            out.
        methods: allowed methods; None means any.
        scheme: `http` or `https`; None means either.
        conditions: the number of a wildcard and the test of its value; all must hold.
        slashes: what is made of `%2F`.
        host_test: for hosts that the trie can not hold (globs, regular expressions); gets the
            host without its port.
    """

    rule: Rule
    named: tuple[tuple[int, str], ...] = ()
    methods: frozenset[str] | None = None
    scheme: str | None = None
    conditions: tuple[tuple[int, Callable[[str], bool]], ...] = ()
    slashes: EncodedSlashes = EncodedSlashes.OFF
    host_test: Callable[[str], bool] | None = None

    def accepts(self, request: Request, captured: list[str]) -> bool:
        """Returns whether method, scheme and captured values fit.

        Args:
            request: the request.
            captured: raw values of the wildcards, from left to right.
        """
        if self.methods is not None and request.method not in self.methods:
            return False
        if self.scheme is not None and request.scheme != self.scheme:
            return False
        if self.host_test is not None and not self.host_test(request.hostname):
            return False
        return not self.conditions or self._conditions_hold(request, captured)

    def _conditions_hold(self, request: Request, captured: list[str]) -> bool:
        if self.slashes is EncodedSlashes.OFF and "%2F" in request.path:
            return False
        return all(test(self._compared(captured[number])) for number, test in self.conditions)

    def _compared(self, value: str) -> str:
        return value if self.slashes is EncodedSlashes.OFF else self._decoded(value)

    def _decoded(self, value: str) -> str:
        if "%" not in value:
            return value
        if self.slashes is EncodedSlashes.ON:
            return unquote(value)
        return "%2F".join(unquote(part) for part in value.split("%2F"))

    def captures(self, captured: list[str]) -> Mapping[str, str]:
        """Returns the decoded values of the named wildcards, as rules see them."""
        found: dict[str, str] = {}
        for number, name in self.named:
            value = captured[number]
            found[name] = self._decoded(value) if "%" in value else value
        return found


class Found(Struct, frozen=True):
    """The rule for a request, and what its path captured (decoded, by name)."""

    rule: Rule
    captures: Mapping[str, str]
    slashes: EncodedSlashes = EncodedSlashes.OFF
