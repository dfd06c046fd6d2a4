"""`edgeauth api-keys`: keys for clients of an API, of which only digests are kept."""

import os
import re
import secrets
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from edgeauth.cli.files import locked, replace_secret_file
from edgeauth.cli.loading import EXIT_FAILED, EXIT_REFUSED, fail

_ALPHABET: Final = string.ascii_letters + string.digits
_CHARACTERS: Final = 43
"""Of 62 different ones: 256 bits."""
_SECONDS: Final = {"d": 86_400, "h": 3_600, "m": 60}


class _Lifetime(click.ParamType[float]):
    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Returns seconds."""
        found = re.fullmatch(r"([1-9][0-9]{0,5})([dhm])", str(value))
        if found is None:
            self.fail("expected a duration such as 90d, 12h, 30m", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


@click.group(name="api-keys")
def api_keys() -> None:
    """Make keys for clients of an API (authenticator `api_key`).

    \b
    Example:
      edgeauth api-keys new --owner alice --scopes orders.read --expires 90d
    """


@api_keys.command()
@click.option("--owner", required=True, help="The id of the principal that the key stands for.")
@click.option("--id", "key_id", help="What logs call it; unset, the owner, the date and a number.")
@click.option("--scopes", default="", help="What it is granted, separated by commas.")
@click.option("--expires", type=_Lifetime(), help="How long it is good; unset, without an end.")
@click.option(
    "--prefix",
    default="key",
    show_default=True,
    help="What the key begins with, so that scanners recognise it.",
)
@click.option(
    "--pepper-variable",
    "variable",
    metavar="NAME",
    help="The variable of the environment that holds the pepper; unset, there is none.",
)
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file of keys to add the entry to; made if it is not there.",
)
def new(  # noqa: PLR0913  (one for each option)
    *,
    owner: str,
    key_id: str | None,
    scopes: str,
    expires: float | None,
    prefix: str,
    variable: str | None,
    file: Path | None,
) -> None:
    """Make a key and the entry that recognises it.

    The key is shown this once. With --file the entry is added to the file, and standard output
    holds the key alone; without it standard output holds the entry, and standard error the key.

    Exit codes: 0 made, 1 the file can not be written, 2 wrong usage, 3 the file is refused.

    \b
    Example:
      edgeauth api-keys new --owner alice --scopes a,b --expires 90d >> api-keys.yaml
      edgeauth api-keys new --owner alice --file api-keys.yaml
    """
    if re.fullmatch(r"[a-z][a-z0-9_]{0,31}", prefix) is None:
        raise click.BadParameter("expected letters in lower case and digits", param_hint="--prefix")
    key = f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))}"
    entry = _entry(
        key, owner, key_id, [each for each in scopes.split(",") if each], expires, variable
    )
    if file is None:
        click.echo(entry, nl=False)
        click.echo(f"The key of {owner}, shown this once: {key}", err=True)
        return
    _add(file, entry)
    click.echo(key)


def _entry(
    key: str,
    owner: str,
    key_id: str | None,
    scopes: list[str],
    expires: float | None,
    variable: str | None,
) -> str:
    """Returns the entry of a key as an element of a list in YAML."""
    import json

    from edgeauth.config.models.api_keys import PEPPERED, PLAIN, read_api_keys
    from edgeauth.model.errors import Malformed
    from edgeauth.services.clock import SystemClock
    from edgeauth.wire.api_keys import digest_of

    now = SystemClock().now()
    pepper = _pepper(variable)
    kind = PLAIN if pepper is None else PEPPERED
    called = key_id or f"{owner}-{_date(now)[:10]}-{secrets.token_hex(3)}"
    lines = [
        f"- id: {json.dumps(called, ensure_ascii=False)}",
        f"  owner: {json.dumps(owner, ensure_ascii=False)}",
    ]
    if scopes:
        lines.append(f"  scopes: {json.dumps(scopes, ensure_ascii=False)}")
    if expires is not None:
        lines.append(f"  expires_at: {_date(now + expires)}")
    # Last: an entry that is cut off, because the file is being written, has none and is refused.
    lines.append(f"  hash: {kind}:{digest_of(key.encode(), pepper).hex()}")
    entry = "\n".join(lines) + "\n"
    try:
        read_api_keys(entry, "")
    except Malformed as problem:
        raise click.UsageError(f"the entry {problem}") from None
    return entry


def _pepper(variable: str | None) -> bytes | None:
    from edgeauth.wire.api_keys import SHORTEST_PEPPER

    if variable is None:
        return None
    pepper = os.environ.get(variable, "").encode()
    if len(pepper) < SHORTEST_PEPPER:
        raise click.UsageError(f"variable {variable} holds no {SHORTEST_PEPPER} octets")
    return pepper


def _add(file: Path, entry: str) -> None:
    """Writes a file of keys with one more entry, if it is a good one then."""
    from edgeauth.config.models.api_keys import read_api_keys
    from edgeauth.model.errors import Malformed

    with locked(file):
        try:
            known = file.read_text("utf-8") if file.exists() else ""
            text = (known + "\n" if known and not known.endswith("\n") else known) + entry
            kinds = {each.peppered for each in read_api_keys(text, str(file)).entries}
            if len(kinds) > 1:
                fail(EXIT_REFUSED, f"{file}: would hold hashes with and without a pepper")
            replace_secret_file(file, text.encode())
        except OSError as error:
            fail(EXIT_FAILED, f"{file}: {error.strerror or error}")
        except UnicodeDecodeError:
            fail(EXIT_REFUSED, f"{file}: is not UTF-8")
        except Malformed as problem:
            fail(EXIT_REFUSED, str(problem))


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
