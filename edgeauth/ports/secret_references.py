"""References to secrets that are checked when they are read and looked up when they are used.

A reference keeps the sources and no value, so that a changed secret is in force with the next
use. What a consumer needs of it is told to the source, which refuses to become anything else.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import ClassVar, Generic, Protocol, TypeVar, cast

from pydantic import ValidationInfo, model_validator

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, refuse
from edgeauth.config.models.secret_management import SecretReference
from edgeauth.config.specification import Specification
from edgeauth.config.spelling import did_you_mean, quoted
from edgeauth.expressions.secrets import NO_SECRETS, Secrets
from edgeauth.model.api_key import ApiKeys
from edgeauth.model.errors import Malformed
from edgeauth.model.identity import fingerprint
from edgeauth.ports.credentials import Credentials
from edgeauth.wire.key_certificates import TrustAnchors

F = TypeVar("F")


class SecretSources(Secrets, Protocol):
    """The configured sources, for those who refer to more than a text."""

    def text(self, source: str, selector: str | None) -> str:
        """Returns the text at a place now; without a selector, the only one.

        Raises:
            Malformed: there is none; the message says of what kind of thing.
        """
        ...

    def credentials(self, source: str, selector: str | None) -> Credentials:
        """Returns the credentials at a place now; without a selector, all texts of the source.

        Raises:
            Malformed: there are none.
        """
        ...

    def authorities(self, source: str) -> TrustAnchors:
        """Returns the certificates of a source as authorities.

        Raises:
            Malformed: it is not one of certificates alone.
        """
        ...

    def api_keys(self, source: str, selector: str | None) -> ApiKeys:
        """Returns the API keys at a place now; the same object until the source has changed.

        Raises:
            Malformed: there are none, or what stands there describes none.
        """
        ...

    def require(
        self, source: str, name: Hashable, check: Callable[["SecretSources"], object]
    ) -> None:
        """Has the content of a source checked, and every later one before it is put in force.

        Args:
            source: the name of one that exists.
            name: of the check; the same one is made once.
            check: is handed sources to ask; raises Malformed where what it gets is of no use.

        Raises:
            Malformed: the present content is refused.
        """
        ...


class _BoundReference(SecretReference, Generic[F]):
    """A reference that knows the sources, and what kind of thing it finds there."""

    __slots__ = ("secret_sources",)

    @model_validator(mode="after")
    def _bind(self, info: ValidationInfo) -> "_BoundReference[F]":
        context: Mapping[str, object] = info.context or {}
        known = cast("Secrets", context.get("secrets", NO_SECRETS))
        if self.source not in known.sources:
            names = ", ".join(sorted(known.sources)) or "none"
            hint = did_you_mean(self.source, list(known.sources)) or f"configured sources: {names}"
            message = f"no secret source {quoted(self.source)} is configured"
            refuse([Finding(message, ("source",), hint)])
        object.__setattr__(self, "secret_sources", known)
        try:
            self.demand(type(self), self._check)
        except Malformed as problem:
            refuse([Finding(f"secret source {quoted(self.source)} {problem}")])
        return self

    def current(self) -> F:
        """Returns what is there now."""
        return self._find(self._sources)

    def demand(self, name: Hashable, check: Callable[[F], object]) -> None:
        """Has what is there checked, and all that comes later before it is put in force.

        Args:
            name: of the check; the same one is made once.
            check: raises Malformed where what it gets is of no use.

        Raises:
            Malformed: what is there now is of no use.
        """
        self._sources.require(
            self.source, (name, self.selector), lambda found: check(self._find(found))
        )

    @property
    def _sources(self) -> SecretSources:
        return cast("SecretSources", getattr(self, "secret_sources"))  # noqa: B009  (a slot)

    def _find(self, sources: SecretSources) -> F:
        """Returns what the reference is for.

        Raises:
            Malformed: there is none.
        """
        raise NotImplementedError

    def _check(self, found: F) -> None:
        """Refuses what nobody who refers to it in this way could use."""


class TextReference(_BoundReference[str]):
    """A reference to one text."""

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest that changes with the text, for cache keys."""
        return fingerprint(b"text", self.current().encode())

    def _find(self, sources: SecretSources) -> str:
        return sources.text(self.source, self.selector)


class AuthoritiesReference(_BoundReference[TrustAnchors]):
    """A reference to certificates that are trusted; they are taken once, when it is read."""

    def _find(self, sources: SecretSources) -> TrustAnchors:
        if self.selector is not None:
            raise Malformed("holds certificates as a whole: a selector has no effect")
        return sources.authorities(self.source)


class ApiKeysReference(_BoundReference[ApiKeys]):
    """A reference to the API keys that clients are given."""

    def _find(self, sources: SecretSources) -> ApiKeys:
        return sources.api_keys(self.source, self.selector)


class CredentialsReference(_BoundReference[Credentials]):
    """A reference to credentials.

    Class attributes:
        wanted: the names that they have to have.
    """

    wanted: ClassVar[tuple[str, ...]] = ()

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest that changes with the credentials, for cache keys."""
        return self.current().fingerprint

    def _find(self, sources: SecretSources) -> Credentials:
        return sources.credentials(self.source, self.selector)

    def _check(self, found: Credentials) -> None:
        for name in self.wanted:
            if name not in found.names:
                raise Malformed(f"holds no {name} there")
        self.check(found)

    @classmethod
    def check(cls, credentials: Credentials) -> None:
        """Refuses credentials that the consumer can not use; they have the names it wants.

        Raises:
            Malformed: they are of no use.
        """


def one_form(
    specification: Specification, inline: tuple[str, ...], reference: str
) -> Iterator[Finding]:
    """Yields what is wrong where secrets stand either here or in a source.

    Args:
        specification: what has them.
        inline: the keys that are required without a reference, and of no effect beside one.
        reference: the key of the reference.
    """
    referred = getattr(specification, reference) is not None
    given = [name for name in inline if getattr(specification, name) is not None]
    if referred:
        for name in given:
            yield Finding(f"{name} has no effect beside {reference}", (name,), on_key=True)
    elif len(given) < len(inline):
        for name in inline:
            if name not in given:
                message = f'missing key "{name}"'
                yield Finding(message, (name,), f"or {reference}", code=Code.MISSING_KEY)
