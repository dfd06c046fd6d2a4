"""`edgeauth lint`: what is accepted and most likely not meant."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edgeauth.cli.loading import load_configuration, problems_reported, rule_sets_of
from edgeauth.cli.options import configuration_options, format_option

if TYPE_CHECKING:
    from edgeauth.catalogue.lint import LintFinding
    from edgeauth.cli.reports.entry import Entry
    from edgeauth.config.errors import Collector
    from edgeauth.config.read import Reading, RuleSet

EXIT_WARNED: Final = 4


@click.command()
@configuration_options
@click.option("--proxy-mode", is_flag=True, help="Look at rules as `serve proxy` does.")
@format_option
@click.option(
    "--fail-on",
    type=click.Choice(("warning", "never")),
    default="warning",
    show_default=True,
    help="Which findings end the command with 4. Notes never do.",
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
def lint(
    config: Path | None,
    prefix: str,
    *,
    proxy_mode: bool,
    form: str,
    fail_on: str,
    files: tuple[Path, ...],
) -> None:
    """Look for what is accepted and most likely not meant, in a configuration and its rules.

    FILES are rule sets in place of those that the configuration names. A comment suppresses a
    finding on its line or on the next one: # edgeauth-lint: ignore[code] reason

    Exit codes: 0 no warnings, 3 the configuration or a rule set is refused, 4 warnings.

    \b
    Example:
      edgeauth lint --proxy-mode -c edgeauth.yaml
      edgeauth lint --format github -c edgeauth.yaml rules/articles.yaml
    """
    from edgeauth.catalogue.lint import Severity, lint as look
    from edgeauth.catalogue.plugins import registry_for
    from edgeauth.mechanisms.builtins import TYPES
    from edgeauth.secret_sources.sources import load_secrets
    from edgeauth.services.plugins import load_plugin

    with problems_reported(form) as problems:
        reading = load_configuration(config, prefix, problems)
        rule_sets = rule_sets_of(reading.configuration, files)(problems)
        _check(reading, rule_sets, problems, proxy_mode=proxy_mode)
    registry = registry_for(reading.configuration, TYPES, load_plugin, problems)
    secrets = load_secrets(reading.configuration, os.environ, problems)
    found = look(reading.configuration, rule_sets, registry, secrets, complete=not files)
    _report(form, found)
    if fail_on == "warning" and any(each.severity is Severity.WARNING for each in found):
        sys.exit(EXIT_WARNED)


def _check(
    reading: "Reading", rule_sets: "list[RuleSet]", problems: "Collector", *, proxy_mode: bool
) -> None:
    """Refuses what `serve` would refuse, but for the secure defaults: those are findings here."""
    from edgeauth.app import Application, Blueprint, Mode
    from edgeauth.catalogue.enforcement import Enforcement

    nothing = Enforcement(
        ingress_tls=False,
        egress_tls=False,
        upstream_tls=False,
        secure_default_rule=False,
        secure_trusted_proxies=False,
    )
    mode = Mode.PROXY if proxy_mode else Mode.DECISION
    Application(Blueprint(reading, nothing, mode, lambda _: rule_sets), problems)


def _report(form: str, found: "list[LintFinding]") -> None:
    entries = [_entry(each) for each in found]
    if form != "text":
        from edgeauth.cli.reports.formats import emit

        emit(form, entries)
        return
    from edgeauth.cli.reports.text import render

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo(render(entries, colour=colour), color=colour)


def _entry(found: "LintFinding") -> "Entry":
    from edgeauth.catalogue.lint import ABOUT
    from edgeauth.cli.reports.entry import Entry, Level

    about = ABOUT[found.code]
    level = Level(found.severity.value)
    return Entry(found.problem, level, found.code.value, about.why, about.mend)
