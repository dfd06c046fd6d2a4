"""The kinds of findings, and what is told of each: one table for reports and for the page."""

from enum import Enum, StrEnum
from typing import Final, NamedTuple


class LintCode(StrEnum):
    """What kind of finding it is; the value is written into suppressions."""

    SHADOWED_PATH = "shadowed-path"
    OVERLAPPING_HOSTS = "overlapping-hosts"
    ANONYMOUS_FALLBACK = "anonymous-fallback"
    MISSING_AUDIENCE = "missing-audience"
    UNSHOWN_CERTIFICATE = "unshown-certificate"
    UNBELIEVED_GATEWAY = "unbelieved-gateway"
    HTTP_ENDPOINT = "http-endpoint"
    PERMISSIVE_DEFAULT_RULE = "permissive-default-rule"
    UNREACHABLE_STEP = "unreachable-step"
    CONSTANT_CONDITION = "constant-condition"
    UNUSED_OUTPUT = "unused-output"
    UNUSED_MECHANISM = "unused-mechanism"
    BAD_SUPPRESSION = "bad-suppression"
    UNUSED_SUPPRESSION = "unused-suppression"


class Severity(Enum):
    """How much a finding matters."""

    WARNING = "warning"
    """Somebody may be let in, or nothing of it has an effect."""
    NOTE = "note"
    """Worth a look."""


class About(NamedTuple):
    """What is told of a kind.

    Attributes:
        severity: unless the finding says another.
        why: why it matters.
        mend: what to do.
    """

    severity: Severity
    why: str
    mend: str


ABOUT: Final = {
    LintCode.SHADOWED_PATH: About(
        Severity.WARNING,
        "other rules take every request of this path before it is looked at, so its pipeline "
        "never runs, whatever it demands",
        "remove the path, make it more specific, or put its rule before the other one",
    ),
    LintCode.OVERLAPPING_HOSTS: About(
        Severity.WARNING,
        "the more specific host wins: requests to it leave the pipeline that somebody wrote for "
        "all hosts of the domain",
        "give both rules one pipeline, or exclude what the other rule is for; a note within one "
        "rule set, whose author sees both",
    ),
    LintCode.ANONYMOUS_FALLBACK: About(
        Severity.WARNING,
        "a request with a forged or expired credential is not refused but becomes an anonymous "
        "one, and may write",
        "remove the anonymous authenticator, or give writing methods a rule of their own",
    ),
    LintCode.MISSING_AUDIENCE: About(
        Severity.WARNING,
        "a token that the issuer made for any other service is accepted here as well",
        "list in assertions.audience what the issuer calls this service",
    ),
    LintCode.UNSHOWN_CERTIFICATE: About(
        Severity.WARNING,
        "no client can show a certificate, and no proxy is believed to tell of one: everybody is "
        "refused",
        "set serve.tls.client_certificates, or serve.client_certificate_from behind a proxy",
    ),
    LintCode.UNBELIEVED_GATEWAY: About(
        Severity.WARNING,
        "rules without forward_to are for gateways that ask, and what one says of its client's "
        "request counts for nothing: all requests are refused, or all that rules allow to the path "
        "it asks at",
        "list the addresses of your gateways in serve.trusted_proxies",
    ),
    LintCode.HTTP_ENDPOINT: About(
        Severity.WARNING,
        "without TLS anybody on the way can read what is sent, and answer in its place",
        "use https; addresses of the machine itself (127.0.0.1, ::1, localhost) are accepted",
    ),
    LintCode.PERMISSIVE_DEFAULT_RULE: About(
        Severity.WARNING,
        "a request that no rule is for may pass, and so does every rule that forgets its "
        "authorizer",
        "end the authorizers of the default rule with one of type deny, without a condition",
    ),
    LintCode.UNREACHABLE_STEP: About(
        Severity.WARNING,
        "the step before it always ends the search, so this one never runs",
        "remove the step, put it before the other one, or give the other one a condition",
    ),
    LintCode.CONSTANT_CONDITION: About(
        Severity.WARNING,
        "the condition does not depend on the request: what looks like a decision is none",
        "remove the condition, or the step if it never runs",
    ),
    LintCode.UNUSED_OUTPUT: About(
        Severity.WARNING,
        "every request waits for an answer that nothing reads; what the service says has no "
        "effect on the decision",
        "remove the step, or read Outputs.<id> in a later condition or template",
    ),
    LintCode.UNUSED_MECHANISM: About(
        Severity.NOTE,
        "no step refers to the entry; what nobody runs, nobody tests",
        "remove the entry, or refer to it",
    ),
    LintCode.BAD_SUPPRESSION: About(
        Severity.WARNING,
        "the comment has no effect: it names no known code, or gives no reason",
        "write it as `# edgeauth-lint: ignore[code] reason`",
    ),
    LintCode.UNUSED_SUPPRESSION: About(
        Severity.NOTE,
        "there is nothing left to suppress; the comment would hide the next mistake",
        "remove the comment",
    ),
}
