"""`edgeauth schema`: JSON Schemas for editors and for checks without edgeauth."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from edgeauth.catalogue.registry import Registry


@click.group()
def schema() -> None:
    """Print the JSON Schema (2020-12) of what edgeauth reads.

    An editor finds it by a comment in the first line of a file:
    # yaml-language-server: $schema=edgeauth.schema.json

    \b
    Example:
      edgeauth schema config > edgeauth.schema.json
    """


@schema.command()
def config() -> None:
    """Print the schema of the configuration, its mechanisms included.

    \b
    Example:
      edgeauth schema config > edgeauth.schema.json
    """
    from edgeauth.catalogue.schema import configuration_schema

    click.echo(json.dumps(configuration_schema(_registry()), indent=2, ensure_ascii=False))


@schema.command()
def rules() -> None:
    """Print the schema of rule sets: every dialect, plain files and RuleSet documents.

    \b
    Example:
      edgeauth schema rules > rules.schema.json
    """
    from edgeauth.catalogue.schema import rule_set_schema

    click.echo(json.dumps(rule_set_schema(_registry()), indent=2, ensure_ascii=False))


def _registry() -> "Registry":
    from edgeauth.catalogue.registry import Registry
    from edgeauth.mechanisms.builtins import TYPES

    return Registry(TYPES)
