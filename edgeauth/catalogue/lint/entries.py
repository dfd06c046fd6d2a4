"""Findings about the catalogue itself, and about where requests are sent."""

import re
from collections.abc import Iterator
from typing import Final

from edgeauth.catalogue.lint.findings import LintFinding, finding
from edgeauth.catalogue.lint.kinds import LintCode
from edgeauth.catalogue.lint.landscape import Landscape
from edgeauth.catalogue.lint.parts import parts_of
from edgeauth.config.models.configuration import DefaultRule
from edgeauth.config.models.sockets import UnixSocket
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template

_HTTP: Final = re.compile(r"http://([^/?#]*)")
_THIS_MACHINE: Final = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?")


def http_endpoints(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the endpoints and upstreams that are asked without TLS over a network."""
    for entry in landscape.entries:
        yield from _of_settings(entry.config)
    for use in landscape.uses:
        if use.overrides:
            yield from _of_settings(use.config)
    for rule in landscape.rules:
        specification = rule.specification
        target = None if isinstance(specification, DefaultRule) else specification.forward_to
        if target is None or target.rewrite.scheme != "http":
            continue
        host = target.host
        if not isinstance(host, UnixSocket) and not _THIS_MACHINE.fullmatch(str(host)):
            node = target.rewrite.node_at("scheme")
            yield finding(LintCode.HTTP_ENDPOINT, node, "the upstream is asked without TLS")


def _of_settings(config: Specification) -> Iterator[LintFinding]:
    for part in parts_of(config):
        if part.is_url and isinstance(part.value, Template):
            found = _HTTP.match(part.value.text)
            if found is not None and not _THIS_MACHINE.fullmatch(found[1]):
                yield finding(LintCode.HTTP_ENDPOINT, part.node, "this is asked without TLS")


def unused_mechanisms(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the entries of the catalogue that no step refers to."""
    used = {id(use.entry) for use in landscape.uses}
    for entry in landscape.entries:
        if id(entry) not in used:
            message = f"no step refers to this {entry.kind.value.replace('_', ' ')}"
            node = entry.specification.node_at("id")
            yield finding(LintCode.UNUSED_MECHANISM, node, message)
