"""Which signature of a request counts, and what it has to say before its key is asked for."""

from typing import Final, NamedTuple

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Request
from edgeauth.wire.message_signatures import (
    MessageSignature,
    message_signature,
    missing_components,
    parse_signatures,
    tag_of,
)
from edgeauth.wire.signatures import Component

CONTENT_DIGEST: Final = "content-digest"
"""The component by which content is covered; demanded where there is content or may be."""
QUERY: Final = "@query"
"""The component that is demanded where there is a query."""
_WITH_CONTENT: Final = frozenset({"PATCH", "POST", "PUT"})


class MessagePolicy(NamedTuple):
    """What is configured of signatures."""

    components: tuple[Component, ...]
    """What has to be covered."""
    label: str | None
    """Of the signature that counts."""
    tag: str | None
    """Of the signature that counts."""
    max_age: float
    """Seconds for which a signature is accepted."""
    leeway: float
    """Seconds by which clocks may differ."""
    replay_allowed: bool
    """Whether a signature needs no nonce."""

    @property
    def demands_content(self) -> bool:
        """Returns whether content has to be covered."""
        return any(each.name == CONTENT_DIGEST for each in self.components)

    def find(self, request: Request) -> MessageSignature | None:
        """Returns the signature that counts; None when there is none.

        Raises:
            Malformed: it can not be read, or there are several of which any could be meant.
        """
        found = parse_signatures(request.headers)
        if self.label is not None:
            labels = [each for each in found if each == self.label]
        elif self.tag is not None:
            labels = [each for each, (covered, _) in found.items() if tag_of(covered) == self.tag]
        else:
            labels = list(found)
        if not labels:
            return None
        if len(labels) > 1:
            raise Malformed("there are several signatures, and nothing says which of them counts")
        return message_signature(labels[0], *found[labels[0]])

    def check(self, request: Request, signature: MessageSignature, now: float) -> str | None:
        """Returns what is wrong with what a signature says of itself; None when nothing is.

        Whether there is content that has to be covered is not among it: it is not read yet. But
        requests that are made to carry content have to say what it is even when there is none: the
        decision door may not see it.

        Args:
            request: the canonical request.
            signature: the one that counts.
            now: seconds since the epoch.
        """
        if signature.text("keyid") is None:
            return "the signature does not name its key"
        if signature.text("nonce") is None and not self.replay_allowed:
            return "the signature has no nonce, so it could be used twice"
        absent = set() if request.raw_query else {QUERY}
        if request.method not in _WITH_CONTENT:
            absent.add(CONTENT_DIGEST)
        missing = missing_components(signature, self.components, absent)
        if missing:
            return f"the signature does not cover {missing[0]}"
        return self._check_times(signature, now)

    def ends_at(self, signature: MessageSignature) -> float:
        """Returns from when a signature is too old for certain, in seconds since the epoch."""
        return (signature.time("created") or 0) + self.max_age + self.leeway + 1

    def _check_times(self, signature: MessageSignature, now: float) -> str | None:
        created, expires = signature.time("created"), signature.time("expires")
        if created is None:
            return "the signature does not say when it was made"
        if not created <= now + self.leeway:
            return "the signature is from the future"
        if not now - created <= self.max_age + self.leeway:
            return "the signature is too old"
        if expires is not None and not now - self.leeway < expires:
            return "the signature has expired"
        return None
