"""Findings about gateways that ask for decisions."""

from collections.abc import Iterator

from edgeauth.catalogue.lint.findings import LintFinding, finding
from edgeauth.catalogue.lint.kinds import LintCode
from edgeauth.catalogue.lint.landscape import Landscape
from edgeauth.config.models.configuration import DefaultRule


def unbelieved_gateways(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the listener when a gateway has to ask it, and none is believed."""
    if landscape.configuration.serve.trusted_proxies:
        return
    for rule in landscape.rules:
        specification = rule.specification
        # The proxy takes no rule that says nothing of where requests go.
        if not isinstance(specification, DefaultRule) and specification.forward_to is None:
            node = landscape.configuration.node_at("serve", "trusted_proxies")
            message = "no gateway is believed: each of its questions is about the question itself"
            yield finding(LintCode.UNBELIEVED_GATEWAY, node, message)
            return
