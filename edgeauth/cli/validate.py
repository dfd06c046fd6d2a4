"""`edgeauth validate`: everything that `serve` would refuse, without serving."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeauth.cli.loading import load_configuration, problems_reported
from edgeauth.cli.options import configuration_options, enforcement_of, insecure_options

if TYPE_CHECKING:
    from edgeauth.config.models.configuration import Configuration
    from edgeauth.config.read import RuleSet


@click.group()
def validate() -> None:
    r"""Check a configuration or rule sets.

    \b
    Example:
      edgeauth validate config -c edgeauth.yaml
    """


@validate.command()
@configuration_options
@insecure_options
def config(config: Path | None, prefix: str, **flags: bool) -> None:
    r"""Check the configuration: the catalogue, the default rule, keys and secure defaults.

    \b
    Example:
      edgeauth validate config -c edgeauth.yaml
    """
    with problems_reported():
        configuration = load_configuration(config, prefix)
        _check(configuration, flags, list, proxy=False)
    click.echo("the configuration is valid")


@validate.command()
@configuration_options
@insecure_options
@click.option("--proxy-mode", is_flag=True, help="Check what only `serve proxy` needs as well.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
def rules(
    config: Path | None, prefix: str, *, proxy_mode: bool, files: tuple[Path, ...], **flags: bool
) -> None:
    r"""Check rule sets against a configuration: FILES, or those that it names.

    \b
    Example:
      edgeauth validate rules --proxy-mode -c edgeauth.yaml rules/articles.yaml
    """
    with problems_reported():
        configuration = load_configuration(config, prefix)
        _check(configuration, flags, lambda: _load(configuration, files), proxy=proxy_mode)
    click.echo("the rule sets are valid")


def _check(
    configuration: "Configuration",
    flags: dict[str, bool],
    load: "Callable[[], list[RuleSet]]",
    *,
    proxy: bool,
) -> None:
    from edgeauth.app import Application, Blueprint, Mode

    mode = Mode.PROXY if proxy else Mode.DECISION
    Application(Blueprint(configuration, enforcement_of(flags), mode, load))


def _load(configuration: "Configuration", files: tuple[Path, ...]) -> "list[RuleSet]":
    from edgeauth.providers.files import load_rule_sets, read_files

    source = configuration.providers.file_system
    if files:
        substituted = source is not None and source.env_vars_enabled
        return read_files(list(files), os.environ if substituted else None)
    return [] if source is None else load_rule_sets(source, os.environ)
