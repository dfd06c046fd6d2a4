"""Switches of the reference that can be left off only, and what is accepted without effect."""

import pytest

from edgeauth.config.errors import ConfigurationError
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.read import read_configuration


def read(text: str) -> Configuration:
    return read_configuration(text, "edgeauth.yaml", {})


@pytest.mark.parametrize("section", ["tracing", "profiling"])
@pytest.mark.parametrize("switch", ["{enabled: true}", "{}", "{enabled: off}"])
def test_what_is_not_there_can_not_be_switched_on(section: str, switch: str):
    with pytest.raises(ConfigurationError):
        read(f"{section}: {switch}")


@pytest.mark.parametrize(
    "text",
    ["tracing: {enabled: false, span_processor: batch}", "profiling: {enabled: false, port: 1}"],
)
def test_settings_of_what_is_not_there_are_refused(text: str):
    with pytest.raises(ConfigurationError, match="not supported yet"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "tracing: {enabled: false}",
        "profiling: {enabled: false}",
        "serve: {buffer_limit: {write: 8KB}}",
        "log: {format: text}",
        "log: {format: gelf}",
    ],
)
def test_what_configurations_of_the_reference_say_is_accepted(text: str):
    read(text)
