"""Where metrics are told, as variables of the environment say."""

import pytest

from edgeauth.config.errors import Collector
from edgeauth.config.exporters import MetricsEndpoint, metrics_endpoint


def read(**variables: str) -> tuple[MetricsEndpoint | None, list[str]]:
    """Returns the endpoint, and file with message of each problem."""
    problems = Collector()
    names = {
        "exporter": "OTEL_METRICS_EXPORTER",
        "host": "OTEL_EXPORTER_PROMETHEUS_HOST",
        "port": "OTEL_EXPORTER_PROMETHEUS_PORT",
    }
    found = metrics_endpoint({names[name]: text for name, text in variables.items()}, problems)
    return found, [f"{one.file}: {one.message}" for one in problems.found]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"exporter": "otlp"},
            'OTEL_METRICS_EXPORTER: "otlp" is not supported yet by edgeauth',
        ),
        (
            {"exporter": "prometheus,console"},
            'OTEL_METRICS_EXPORTER: "console" is not supported yet by edgeauth',
        ),
        ({"exporter": "promethus"}, 'OTEL_METRICS_EXPORTER: unknown exporter "promethus"'),
        (
            {"exporter": "prometheus", "port": "0"},
            "OTEL_EXPORTER_PROMETHEUS_PORT: the value is no port",
        ),
        (
            {"exporter": "prometheus", "port": "65536"},
            "OTEL_EXPORTER_PROMETHEUS_PORT: the value is no port",
        ),
        (
            {"exporter": "prometheus", "port": "٩"},
            "OTEL_EXPORTER_PROMETHEUS_PORT: the value is no port",
        ),
        (
            {"exporter": "prometheus", "host": "http://x"},
            "OTEL_EXPORTER_PROMETHEUS_HOST: the value is no host",
        ),
    ],
)
def test_what_can_not_be_done_is_refused(variables: dict[str, str], message: str):
    assert read(**variables)[1] == [f"environment variable {message}"]


@pytest.mark.parametrize("exporter", ["", "none", " none ", ","])
def test_nobody_is_told_unless_it_is_asked_for(exporter: str):
    assert read() == (None, [])
    assert read(exporter=exporter, port="7") == (None, [])


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        ({}, ("127.0.0.1", 9464)),
        ({"host": "", "port": ""}, ("127.0.0.1", 9464)),
        ({"host": "0.0.0.0", "port": "9000"}, ("0.0.0.0", 9000)),
        ({"host": "localhost"}, ("localhost", 9464)),
        ({"host": "::1"}, ("::1", 9464)),
        ({"host": "[::1]"}, ("::1", 9464)),
    ],
)
def test_prometheus_may_ask(variables: dict[str, str], endpoint: tuple[str, int]):
    assert read(exporter="none, prometheus", **variables) == (endpoint, [])
