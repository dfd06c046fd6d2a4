"""Options that several commands share, and what they stand for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from edgeauth.catalogue.enforcement import Enforcement

F = TypeVar("F", bound=Callable[..., object])

_SEARCHED: Final = (Path("."), Path("~/.config"), Path("/etc/edgeauth"))
_FILE_NAME: Final = "edgeauth.yaml"

_FORMATS: Final = ("text", "json", "sarif", "github")

_FLAGS: Final = (
    ("all-tls-enforcement", "the three flags about TLS below"),
    ("ingress-tls-enforcement", "listeners without TLS"),
    ("egress-tls-enforcement", "endpoints that are asked without TLS"),
    ("upstream-tls-enforcement", "rules that forward without TLS"),
    ("secure-default-rule-enforcement", "a default rule that lets everybody be anonymous"),
    ("secure-trusted-proxies-enforcement", "trusted_proxies that cover every address"),
)


def insecure_options(command: F) -> F:
    """Adds the `--insecure…` flags to a command."""
    for name, allows in reversed(_FLAGS):
        command = click.option(f"--insecure-skip-{name}", is_flag=True, help=f"Allow {allows}.")(
            command
        )
    return click.option(
        "--insecure", is_flag=True, help="Allow everything below. For tests on one machine only."
    )(command)


def format_option(command: F) -> F:
    """Adds `--format` to a command."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(_FORMATS),
        default="text",
        show_default=True,
        help="How problems are shown: to people, or on standard output to programs.",
    )(command)


def configuration_options(command: F) -> F:
    """Adds `--config` and `--env-config-prefix` to a command."""
    command = click.option(
        "--env-config-prefix",
        "prefix",
        default="EDGEAUTHCFG_",
        show_default=True,
        help="Variables of the environment that begin so set keys of the configuration.",
    )(command)
    return click.option(
        "-c",
        "--config",
        "config",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The configuration file. Without it, edgeauth.yaml is looked for in the working "
        "directory, ~/.config and /etc/edgeauth.",
    )(command)


def parser_option(command: F) -> F:
    """Adds `--parser` to a command."""
    return click.option(
        "--parser",
        type=click.Choice(["llhttp", "python"]),
        help="What reads HTTP; by default llhttp, in C, where it is installed.",
    )(command)


def hand_down(context: click.Context, given: dict[str, object]) -> None:
    """Makes options that stand before a command count as if they stood behind it.

    `edgeauth serve -c edgeauth.yaml proxy` is how heimdall may be called, too.

    Args:
        context: of the group of commands.
        given: the values of its options.
    """
    said = {
        name: value
        for name, value in given.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    if said and isinstance(context.command, click.Group):
        context.default_map = dict.fromkeys(context.command.commands, said)


def enforcement_of(flags: dict[str, bool]) -> "Enforcement":
    """Returns which secure defaults hold, given the values of `insecure_options`."""
    from edgeauth.catalogue.enforcement import Enforcement

    everything = flags["insecure"]
    tls = everything or flags["insecure_skip_all_tls_enforcement"]
    return Enforcement(
        ingress_tls=not (tls or flags["insecure_skip_ingress_tls_enforcement"]),
        egress_tls=not (tls or flags["insecure_skip_egress_tls_enforcement"]),
        upstream_tls=not (tls or flags["insecure_skip_upstream_tls_enforcement"]),
        secure_default_rule=not (
            everything or flags["insecure_skip_secure_default_rule_enforcement"]
        ),
        secure_trusted_proxies=not (
            everything or flags["insecure_skip_secure_trusted_proxies_enforcement"]
        ),
    )


def find_configuration(given: Path | None) -> Path | None:
    """Returns the file to read: the given one, else the first that is where they are kept."""
    if given is not None:
        return given
    candidates = (folder.expanduser() / _FILE_NAME for folder in _SEARCHED)
    return next((path for path in candidates if path.is_file()), None)
