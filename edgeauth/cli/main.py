"""The `edgeauth` command.

Exit codes: 0 all is well, 1 it could not run, 2 wrong usage, 3 the configuration is refused,
4 `lint` warns.
"""

import click

from edgeauth.cli.api_keys import api_keys
from edgeauth.cli.convert import convert
from edgeauth.cli.keys import keys
from edgeauth.cli.lint import lint
from edgeauth.cli.schema import schema
from edgeauth.cli.serve import serve
from edgeauth.cli.validate import validate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    None, "-v", "--version", package_name="edgeauth", message="%(prog)s %(version)s"
)
def main() -> None:
    """Identity-aware authorization for the edge of a service landscape.

    \b
    Example:
      edgeauth validate config -c edgeauth.yaml
      edgeauth serve proxy -c edgeauth.yaml
    """


main.add_command(api_keys)
main.add_command(convert)
main.add_command(keys)
main.add_command(lint)
main.add_command(schema)
main.add_command(serve)
main.add_command(validate)
