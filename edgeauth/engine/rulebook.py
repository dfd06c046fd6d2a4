"""All rules in force, as one immutable book: which rule is for a request."""

from edgeauth.engine.route import NO_CAPTURES, Found
from edgeauth.engine.rule import Rule
from edgeauth.engine.trie import Trie
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.pace import Pace
from edgeauth.model.request import Request
from edgeauth.model.routing import EncodedSlashes
from edgeauth.wire.uri import decode_slashes

_NO_RULE = Refusal(Reason.NO_RULE, "no rule matches and there is no default rule")
_AMBIGUOUS_SLASH = Refusal(
    Reason.PRECONDITION, "the encoded slashes of the path hide a dot segment or an empty one"
)
_ENCODED_SLASH = Refusal(Reason.PRECONDITION, "the path holds an encoded slash")


class RuleBook:
    """Finds the rule for a request.

    Args:
        trie: the routes of all rules.
        default_rule: for requests that no route accepts; None refuses them.
    """

    def __init__(self, trie: Trie, default_rule: Rule | None = None) -> None:
        self._trie = trie
        self._default = None if default_rule is None else Found(default_rule, NO_CAPTURES)

    def take_apart(self, pace: Pace) -> None:
        """Forgets every rule, when nobody looks for one in this book any more.

        Args:
            pace: gives way now and then.
        """
        self._trie.take_apart(pace)

    def find(self, request: Request) -> Found | Refusal:
        """Returns the most specific rule, else the default rule, else a refusal.

        An encoded slash that the rule does not expect, or that makes another path once it is
        decoded, is refused before its pipeline runs.
        """
        found = self._trie.find(request) or self._default
        if found is None:
            return _NO_RULE
        if "%2F" in request.path:
            return _refusal_of_slashes(request.path, found.slashes) or found
        return found


def _refusal_of_slashes(path: str, slashes: EncodedSlashes) -> Refusal | None:
    """Returns why a path with encoded slashes is not for a rule; None when it is."""
    if slashes is EncodedSlashes.OFF:
        return _ENCODED_SLASH
    if slashes is EncodedSlashes.ON:
        # Whoever forwards decodes them, and has to see what was matched here.
        try:
            decode_slashes(path)
        except Malformed:
            return _AMBIGUOUS_SLASH
    return None
