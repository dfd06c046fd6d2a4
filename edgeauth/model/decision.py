"""What comes out of the engine: a permit with what to tell the upstream, or a denial."""

from dataclasses import dataclass, replace

from msgspec import Struct

from edgeauth.model.errors import Fault, Reason
from edgeauth.model.routing import Target

Field = tuple[bytes, bytes]
"""A header field: lower-cased name and value, both checked for CR, LF and NUL."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A "no", and everything that the operator may know about it.

    Attributes:
        reason: decides the status.
        detail: one sentence for the decision log; holds no secret. A client hears it only where
            refusals are told in words (`serve.respond.verbose`) and there is no `told`.
        causes: every class of the cause chain; `type(Error) == X` holds for each of them.
        source: id of the mechanism that said so.
        step: id of the step that said so.
        challenges: values for `WWW-Authenticate` (RFC 9110 section 11.6.1).
        status: of the answer, where it is another than that of the class: 413 for content that is
            too large, 403 for `insufficient_scope` (RFC 6750 section 3.1).
        fields: what else the client needs to mend its request, such as `DPoP-Nonce`.
        told: what the client hears in place of `detail`, where that would tell it too much.
    """

    reason: Reason
    detail: str
    causes: frozenset[Reason] = frozenset()
    source: str = ""
    step: str = ""
    challenges: tuple[bytes, ...] = ()
    status: int | None = None
    fields: tuple[Field, ...] = ()
    told: str = ""

    def __post_init__(self) -> None:
        if self.reason not in self.causes:
            object.__setattr__(self, "causes", self.causes | {self.reason})

    @classmethod
    def of(cls, fault: Fault) -> "Refusal":
        """Returns the refusal that a fault amounts to: "could not tell" is a "no"."""
        return cls(fault.reason, fault.detail, status=fault.status)

    def said_by(self, source: str, step: str) -> "Refusal":
        """Returns the same refusal with its origin, unless that is known already."""
        return self if self.source else replace(self, source=source, step=step)


class HeaderEdits(Struct, frozen=True):
    """What the pipeline tells the upstream, in the place of anything the client said."""

    fields: tuple[Field, ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()


class Response(Struct, frozen=True):
    """An answer made by edgeauth itself."""

    status: int
    fields: tuple[Field, ...] = ()
    body: bytes = b""


class Permit(Struct, frozen=True):
    """The request may pass. Made in `engine/decide.py` and nowhere else."""

    rule_id: str
    subject_id: str
    edits: HeaderEdits
    target: Target | None
    owned: frozenset[bytes] = frozenset()
    """Names of fields that only the pipeline may set: the client's are removed."""
    downgrades: tuple[Refusal, ...] = ()
    """Refusals of authenticators that one further down made up for, and tolerated faults."""
    principals: tuple[tuple[str, str], ...] = ()
    """Name and id of each principal but the default one."""
    rule_set: str = ""
    expires_at: float | None = None
    """Seconds since the epoch: what was proved about the subject ends then; None means never."""


@dataclass(frozen=True, slots=True)
class Deny:
    """The request may not pass, and this is what the client hears."""

    response: Response
    refusal: Refusal
    rule_id: str = ""
    subject_id: str = ""
    downgrades: tuple[Refusal, ...] = ()
    principals: tuple[tuple[str, str], ...] = ()
    rule_set: str = ""


Decision = Permit | Deny
