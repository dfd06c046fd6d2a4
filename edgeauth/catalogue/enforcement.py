"""The secure defaults: what a process refuses to start with unless it is told otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from edgeauth.config.errors import Problem
from edgeauth.config.models.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Enforcement:
    """Which secure defaults hold; each can be left out by a flag of the command line.

    Attributes:
        ingress_tls: the listeners have to have `tls`.
        egress_tls: every configured endpoint has to be https.
        upstream_tls: `rewrite.scheme` must not be http.
        secure_default_rule: the default rule must not begin with an anonymous authenticator.
        secure_trusted_proxies: `trusted_proxies` must not cover every address.
    """

    ingress_tls: bool = True
    egress_tls: bool = True
    upstream_tls: bool = True
    secure_default_rule: bool = True
    secure_trusted_proxies: bool = True

    def problems(self, configuration: Configuration) -> Iterator[Problem]:
        """Yields what the configuration leaves insecure in its listeners."""
        if self.ingress_tls:
            yield from self._without_tls(configuration)
        if self.secure_trusted_proxies:
            serve = configuration.serve
            for index, network in enumerate(serve.trusted_proxies):
                if network.prefixlen == 0 or network == ip_network("::ffff:0:0/96"):
                    yield serve.problem(
                        "this trusts everybody: any client could say who and what it is",
                        "trusted_proxies",
                        index,
                        expected="expected the addresses of your proxies; or "
                        "--insecure-skip-secure-trusted-proxies-enforcement",
                    )

    @staticmethod
    def _without_tls(configuration: Configuration) -> Iterator[Problem]:
        for name, listener in (
            ("serve", configuration.serve),
            ("management", configuration.management),
        ):
            if listener.tls is None:
                yield configuration.problem(
                    f'"{name}" has no tls',
                    name,
                    expected="expected tls with a key_store; or "
                    "--insecure-skip-ingress-tls-enforcement behind a TLS terminator",
                )
