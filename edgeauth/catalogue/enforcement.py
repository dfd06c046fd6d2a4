"""The secure defaults: what a process refuses to start with unless it is told otherwise."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from edgeauth.config.codes import Code
from edgeauth.config.errors import Problem
from edgeauth.config.models.cache import RedisSettings
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.serve import Serve


@dataclass(frozen=True, slots=True)
class Enforcement:
    """Which secure defaults hold; each can be left out by a flag of the command line.

    Attributes:
        ingress_tls: the listeners have to have `tls`.
        egress_tls: every configured endpoint has to be https.
        upstream_tls: `rewrite.scheme` must not be http.
        secure_default_rule: the default rule must not begin with an anonymous authenticator.
        secure_trusted_proxies: `trusted_proxies` and `proxy_protocol.from` must not cover every
            address.
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
            yield from self._trusting_everybody(configuration.serve)
        if self.egress_tls:
            yield from self._cache_without_tls(configuration)

    @staticmethod
    def _cache_without_tls(configuration: Configuration) -> Iterator[Problem]:
        settings = getattr(configuration.cache, "config", None)
        if isinstance(settings, RedisSettings) and settings.tls.disabled:
            yield configuration.problem(
                "this speaks to Redis without TLS",
                *("cache", "config", "tls", "disabled"),
                expected="expected TLS; or --insecure-skip-egress-tls-enforcement",
                code=Code.INSECURE,
            )

    @staticmethod
    def _trusting_everybody(serve: Serve) -> Iterator[Problem]:
        listed: list[tuple[tuple[str, ...], Sequence[IPv4Network | IPv6Network]]] = [
            (("trusted_proxies",), serve.trusted_proxies)
        ]
        if serve.proxy_protocol is not None:
            listed.append((("proxy_protocol", "from"), serve.proxy_protocol.sources))
        for key, networks in listed:
            everybody: list[tuple[str | int, ...]] = [
                (*key, index)
                for index, network in enumerate(networks)
                if network.prefixlen == 0 or network == ip_network("::ffff:0:0/96")
            ]
            if not everybody and _cover_everything(networks):
                everybody = [key]
            for place in everybody:
                yield serve.problem(
                    "this trusts everybody: any client could say who and what it is",
                    *place,
                    expected="expected the addresses of your proxies; or "
                    "--insecure-skip-secure-trusted-proxies-enforcement",
                    code=Code.INSECURE,
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
                    code=Code.INSECURE,
                )


def _cover_everything(networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Returns whether networks together hold every address of IPv4 or of IPv6."""
    known = list(networks)
    fourth = collapse_addresses(each for each in known if isinstance(each, IPv4Network))
    sixth = collapse_addresses(each for each in known if isinstance(each, IPv6Network))
    return any(each.prefixlen == 0 for each in fourth) or any(each.prefixlen == 0 for each in sixth)
