"""Where metrics are told, as the variables of OpenTelemetry say.

Source:
    OpenTelemetry specification 1.50, environment variables: `OTEL_METRICS_EXPORTER`,
    `OTEL_EXPORTER_PROMETHEUS_HOST`, `OTEL_EXPORTER_PROMETHEUS_PORT`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from edgeauth.config.codes import Code
from edgeauth.config.errors import Collector, Problem
from edgeauth.config.scalars import is_host
from edgeauth.config.spelling import did_you_mean, quoted

_EXPORTER: Final = "OTEL_METRICS_EXPORTER"
_HOST: Final = "OTEL_EXPORTER_PROMETHEUS_HOST"
_PORT: Final = "OTEL_EXPORTER_PROMETHEUS_PORT"
_KNOWN: Final = ("prometheus", "none")
_NOT_YET: Final = frozenset({"otlp", "console", "logging"})


class MetricsEndpoint(NamedTuple):
    """Where Prometheus may ask."""

    host: str = "127.0.0.1"
    port: int = 9464


def metrics_endpoint(environment: Mapping[str, str], problems: Collector) -> MetricsEndpoint | None:
    """Returns where metrics are told; None when nobody is to be told.

    Args:
        environment: the variables; an empty one counts as unset.
        problems: receives what is wrong with them.
    """
    names = [part.strip() for part in environment.get(_EXPORTER, "").split(",")]
    for name in names:
        if name and name not in _KNOWN:
            problems.add(_unknown_exporter(name))
    if "prometheus" not in names:
        return None
    host = environment.get(_HOST) or MetricsEndpoint().host
    if not is_host(host) and not is_host(f"[{host}]"):
        problems.add(_problem(_HOST, "the value is no host", "expected 127.0.0.1, 0.0.0.0, ..."))
    return MetricsEndpoint(host.strip("[]"), _port(environment.get(_PORT), problems))


def _port(text: str | None, problems: Collector) -> int:
    if not text:
        return MetricsEndpoint().port
    port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 0 < port < 65536:
        problems.add(_problem(_PORT, "the value is no port", "expected 1 to 65535"))
    return port


def _unknown_exporter(name: str) -> Problem:
    expected = f"expected {' or '.join(_KNOWN)}"
    if name in _NOT_YET:
        return _problem(_EXPORTER, f"{quoted(name)} is not supported yet by edgeauth", expected)
    suggestion = did_you_mean(name, _KNOWN)
    return _problem(_EXPORTER, f"unknown exporter {quoted(name)}", expected, suggestion)


def _problem(variable: str, message: str, expected: str, suggestion: str = "") -> Problem:
    file = f"environment variable {variable}"
    return Problem(file, 0, 0, message, expected, suggestion, code=Code.VARIABLE)
