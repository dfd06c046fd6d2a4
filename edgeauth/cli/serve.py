"""`edgeauth serve`: the proxy and the decision service."""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edgeauth.cli.loading import (
    EXIT_FAILED,
    load_configuration,
    problems_reported,
    rule_sets_of,
)
from edgeauth.cli.options import (
    configuration_options,
    enforcement_of,
    hand_down,
    insecure_options,
    parser_option,
)
from edgeauth.cli.signals import hold_back

if TYPE_CHECKING:
    from edgeauth.app import Mode
    from edgeauth.config.models.configuration import Configuration
    from edgeauth.listeners.parser import ParserName

_STANDARD_ERROR: Final = 2


@click.group()
@configuration_options
@parser_option
@insecure_options
@click.pass_context
def serve(context: click.Context, /, **given: object) -> None:
    """Decide about requests.

    \b
    Example:
      edgeauth serve proxy -c edgeauth.yaml
    """
    hold_back()  # before everything that takes long
    _open_standard_streams()
    hand_down(context, given)


def _open_standard_streams() -> None:
    """Has nobody read what was closed: the next file or connection would take its place."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or open(1, "w")  # noqa: SIM115  (for as long as the process lives)
    sys.stderr = sys.stderr or open(2, "w")  # noqa: SIM115


@serve.command()
@configuration_options
@parser_option
@insecure_options
def proxy(config: Path | None, prefix: str, parser: "ParserName | None", **flags: bool) -> None:
    """Forward the requests that rules permit, with the contract.

    \b
    Example:
      edgeauth serve proxy -c edgeauth.yaml
    """
    from edgeauth.app import Mode

    _use(parser)
    _serve(Mode.PROXY, config, prefix, flags)


@serve.command()
@configuration_options
@parser_option
@insecure_options
def decision(config: Path | None, prefix: str, parser: "ParserName | None", **flags: bool) -> None:
    """Answer gateways that ask about their requests: nginx, Traefik, Caddy, HAProxy, Envoy.

    \b
    Example:
      edgeauth serve decision -c edgeauth.yaml
    """
    from edgeauth.app import Mode

    _use(parser)
    _serve(Mode.DECISION, config, prefix, flags)


def _use(parser: "ParserName | None") -> None:
    """Has the parser used that is asked for; ends the process when it is not installed."""
    from edgeauth.listeners.parser import PARSERS

    if parser is None:
        return
    try:
        PARSERS.choose(parser)
    except LookupError:
        click.echo("edgeauth: the parser llhttp needs httptools, which is not installed", err=True)
        sys.exit(EXIT_FAILED)


def _serve(mode: "Mode", config: Path | None, prefix: str, flags: dict[str, bool]) -> None:
    from edgeauth.app import Application, Blueprint
    from edgeauth.cli.logs import configure_logs
    from edgeauth.cli.processes import run

    with problems_reported() as problems:
        reading = load_configuration(config, prefix, problems)
        log = reading.configuration.log
        configure_logs(log.level, log.format)
        load = rule_sets_of(reading.configuration)
        application = Application(Blueprint(reading, enforcement_of(flags), mode, load), problems)
    _warn(mode, reading.configuration)
    # What was loaded lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    try:
        run(application)
    except OSError as error:
        click.echo(f"edgeauth: {error.strerror or error}", err=True)
        sys.exit(EXIT_FAILED)


def _warn(mode: "Mode", configuration: "Configuration") -> None:
    """Tells whoever has just begun what will not be as they may think."""
    import structlog

    from edgeauth.app import Mode
    from edgeauth.app.doors import without_effect

    log = structlog.get_logger()
    if mode is Mode.DECISION and not configuration.serve.trusted_proxies:
        # At the level that is shown unless configured: nothing else explains the denials.
        log.error(
            "no gateway is believed",
            setting="serve.trusted_proxies",
            effect="X-Forwarded-* and Forwarded are removed from questions",
        )
    for setting in without_effect(mode, configuration):
        log.warning("setting without effect", setting=setting, door=mode.value)
