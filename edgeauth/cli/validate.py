"""`edgeauth validate`: everything that `serve` would refuse, without serving."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgeauth.cli.loading import announce, load_configuration, problems_reported, rule_sets_of
from edgeauth.cli.options import (
    configuration_options,
    enforcement_of,
    format_option,
    hand_down,
    insecure_options,
)

if TYPE_CHECKING:
    from edgeauth.app import Mode
    from edgeauth.config.errors import Collector
    from edgeauth.config.read import Reading, RuleSet


@click.group()
@configuration_options
@insecure_options
@click.pass_context
def validate(context: click.Context, /, **given: object) -> None:
    """Check a configuration or rule sets.

    \b
    Example:
      edgeauth validate config -c edgeauth.yaml
    """
    hand_down(context, given)


@validate.command()
@configuration_options
@insecure_options
@format_option
def config(config: Path | None, prefix: str, *, form: str, **flags: bool) -> None:
    """Check the configuration: the catalogue, the default rule, keys and secure defaults.

    \b
    Example:
      edgeauth validate config -c edgeauth.yaml
    """
    from edgeauth.app import Mode

    with problems_reported(form) as problems:
        reading = load_configuration(config, prefix, problems)
        _check(reading, flags, Mode.DECISION, lambda _: [], problems)
    announce(form, "the configuration is valid")


@validate.command()
@configuration_options
@insecure_options
@format_option
@click.option("--proxy-mode", is_flag=True, help="Check what only `serve proxy` needs as well.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
def rules(
    config: Path | None,
    prefix: str,
    *,
    proxy_mode: bool,
    files: tuple[Path, ...],
    form: str,
    **flags: bool,
) -> None:
    """Check rule sets against a configuration: FILES, or those that it names.

    \b
    Example:
      edgeauth validate rules --proxy-mode -c edgeauth.yaml rules/articles.yaml
      edgeauth validate rules --format sarif -c edgeauth.yaml > edgeauth.sarif
    """
    from edgeauth.app import Mode

    with problems_reported(form) as problems:
        reading = load_configuration(config, prefix, problems)
        load = rule_sets_of(reading.configuration, files)
        mode = Mode.PROXY if proxy_mode else Mode.DECISION
        _check(reading, flags, mode, load, problems)
    announce(form, "the rule sets are valid")


# What newer releases of heimdall call it.
validate.add_command(rules, "ruleset")


def _check(
    reading: "Reading",
    flags: dict[str, bool],
    mode: "Mode",
    load: "Callable[[Collector], list[RuleSet]]",
    problems: "Collector",
) -> None:
    from edgeauth.app import Application, Blueprint

    Application(Blueprint(reading, enforcement_of(flags), mode, load), problems)
