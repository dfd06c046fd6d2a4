"""`edgeauth schema`: JSON Schemas for editors and for checks without edgeauth."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from edgeauth.cli.loading import EXIT_REFUSED, fail

if TYPE_CHECKING:
    from edgeauth.catalogue.registry import Registry

F = TypeVar("F", bound=Callable[..., object])


@click.group()
def schema() -> None:
    """Print the JSON Schema (2020-12) of what edgeauth reads.

    An editor finds it by a comment in the first line of a file:
    # yaml-language-server: $schema=edgeauth.schema.json

    \b
    Example:
      edgeauth schema config > edgeauth.schema.json
    """


def _plugin_option(command: F) -> F:
    return click.option(
        "--plugin",
        "plugins",
        multiple=True,
        metavar="PACKAGE",
        help="A package whose mechanisms are included, as under plugins in the configuration.",
    )(command)


@schema.command()
@_plugin_option
def config(plugins: tuple[str, ...]) -> None:
    """Print the schema of the configuration, its mechanisms included.

    Exit codes: 0 printed, 2 wrong usage, 3 a package is refused.

    \b
    Example:
      edgeauth schema config > edgeauth.schema.json
      edgeauth schema config --plugin acme-mechanisms > edgeauth.schema.json
    """
    from edgeauth.catalogue.schema import configuration_schema

    click.echo(json.dumps(configuration_schema(_registry(plugins)), indent=2, ensure_ascii=False))


@schema.command()
@_plugin_option
def rules(plugins: tuple[str, ...]) -> None:
    """Print the schema of rule sets: every dialect, plain files and RuleSet documents.

    Exit codes: 0 printed, 2 wrong usage, 3 a package is refused.

    \b
    Example:
      edgeauth schema rules > rules.schema.json
    """
    from edgeauth.catalogue.schema import rule_set_schema

    click.echo(json.dumps(rule_set_schema(_registry(plugins)), indent=2, ensure_ascii=False))


def _registry(plugins: tuple[str, ...]) -> "Registry":
    from edgeauth.catalogue.plugins import registry_for
    from edgeauth.config.errors import Collector
    from edgeauth.config.models.configuration import Configuration
    from edgeauth.mechanisms.builtins import TYPES
    from edgeauth.services.plugins import load_plugin

    problems = Collector()
    registry = registry_for(Configuration(plugins=plugins), TYPES, load_plugin, problems)
    for problem in problems.found:
        fail(EXIT_REFUSED, problem.message)
    return registry
