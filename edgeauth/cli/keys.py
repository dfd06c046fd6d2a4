"""`edgeauth keys`: key stores are made, looked at, and given new keys."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from edgeauth.cli.files import locked
from edgeauth.cli.loading import EXIT_FAILED, EXIT_REFUSED, fail

if TYPE_CHECKING:
    from edgeauth.contract.rotation import NewKey, Rotated

F = TypeVar("F", bound=Callable[..., object])

_USUAL: Final = "ES256"
_ALGORITHMS: Final = ("ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512")


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Returns seconds."""
        from pydantic_core import PydanticCustomError

        from edgeauth.config.scalars import parse_duration

        if isinstance(value, float):
            return value
        try:
            return parse_duration(value)
        except PydanticCustomError:
            self.fail("expected a duration such as 30s, 10m, 24h", param, ctx)


def _store_option(command: F) -> F:
    return click.option(
        "--store",
        type=click.Path(path_type=Path, dir_okay=False),
        required=True,
        help="The key store, a PEM file.",
    )(command)


def _password_option(command: F) -> F:
    return click.option(
        "--password-variable",
        "variable",
        metavar="NAME",
        help="The variable of the environment that holds the password of the store.",
    )(command)


_key_id_option = click.option(
    "--key-id", help="What the key is called; unset, a name with its date."
)


@click.group()
def keys() -> None:
    """Make, change over and look at the keys that contracts are signed with.

    \b
    Example:
      edgeauth keys rotate --store /etc/edgeauth/signer.pem
    """


@keys.command()
@_store_option
@click.option(
    "--algorithm",
    type=click.Choice(_ALGORITHMS),
    default=_USUAL,
    show_default=True,
    help="What the key signs with.",
)
@_key_id_option
@_password_option
def new(store: Path, algorithm: str, key_id: str | None, variable: str | None) -> None:
    """Make a key store with one key, which only its owner may read.

    Exit codes: 0 made, 1 it can not be written or is there already, 2 wrong usage.

    \b
    Example:
      edgeauth keys new --store signer.pem
      edgeauth keys new --store signer.pem --algorithm EdDSA --password-variable SIGNER_PASSWORD
    """
    from edgeauth.contract.rotation import new_store
    from edgeauth.services.clock import SystemClock

    with locked(store):
        if store.exists():
            fail(EXIT_FAILED, f"{store}: is there already; `edgeauth keys rotate` adds a key")
        made = new_store(_new_key(algorithm, SystemClock().now(), key_id, variable))
        _write(store, made)
    click.echo(f"{made.key_id} signs from now on")


@keys.command()
@_store_option
@click.option(
    "--algorithm",
    type=click.Choice(_ALGORITHMS),
    help="What the new key signs with; unset, what the present one does.",
)
@_key_id_option
@_password_option
@click.option(
    "--publish-before",
    type=_Duration(),
    default="10m",
    show_default=True,
    help="How long the new key is published before it signs: longer than verifiers keep a key "
    "set, and than the store takes to reach every process.",
)
@click.option(
    "--keep",
    type=_Duration(),
    default="24h",
    show_default=True,
    help="How long keys stay in the store after another one took their place: longer than any "
    "contract is valid.",
)
def rotate(
    store: Path,
    algorithm: str | None,
    key_id: str | None,
    variable: str | None,
    publish_before: float,
    keep: float,
) -> None:
    """Put a new key into a store, which takes the place of the present one in a while.

    Until then the new key is published and the present one signs. Afterwards the present one is
    published until its last contract has ended. Every process that reads the store changes over at
    the same second. Keys with certificates are never removed.

    Exit codes: 0 done, 1 the store can not be written, 2 wrong usage, 3 the store is refused, or a
    key is waiting for its turn already. Nothing is written then.

    \b
    Example:
      edgeauth keys rotate --store signer.pem
      edgeauth keys rotate --store signer.pem --algorithm EdDSA --publish-before 1h
    """
    from edgeauth.contract.keystore import KeyStoreError
    from edgeauth.contract.rotation import rotate as rotated
    from edgeauth.services.clock import SystemClock

    with locked(store):
        text = _read(store)
        now = SystemClock().now()
        begins = now + publish_before
        try:
            chosen = algorithm or _algorithm_in_use(text, _password(variable), now)
            made = rotated(text, _new_key(chosen, begins, key_id, variable), keep, now)
        except KeyStoreError as error:
            fail(EXIT_REFUSED, f"{store}: {error}")
        _write(store, made)
    click.echo(f"{made.key_id} signs from {_date(begins)} on")
    for kid in made.removed:
        click.echo(f"{kid} is removed")


@keys.command(name="list")
@_store_option
@_password_option
@click.option(
    "--ttl",
    type=_Duration(),
    default="5m",
    show_default=True,
    help="How long contracts are valid at most.",
)
def list_keys(store: Path, variable: str | None, ttl: float) -> None:
    """Show the keys of a store: what they do, since when, and when their certificates end.

    No key material is shown. A key is `next` (published, will sign), `active` (signs), `published`
    (signs where it is named), `retiring` (its last contracts may be valid) or `retired`.

    Exit codes: 0 shown, 1 the store can not be read, 2 wrong usage, 3 it is refused.

    \b
    Example:
      edgeauth keys list --store signer.pem
    """
    from edgeauth.contract.key_states import states_in
    from edgeauth.contract.keystore import KeyStoreError, parse_key_store
    from edgeauth.services.clock import SystemClock

    now = SystemClock().now()
    try:
        found = parse_key_store(_read(store), _password(variable), str(store))
    except KeyStoreError as error:
        fail(EXIT_REFUSED, str(error))
    rows = [("KEY", "ALGORITHM", "STATE", "ACTIVE FROM", "AGE", "CERTIFICATE ENDS")]
    for state in states_in(found, ttl, now):
        since, end = state.active_from, state.certificate_ends
        rows.append(
            (
                state.kid,
                state.algorithm,
                state.turn.value,
                "-" if since is None else _date(since),
                "-" if since is None or since > now else _age(now - since),
                "-" if end is None else _date(end),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def _algorithm_in_use(text: bytes, password: str | None, now: float) -> str:
    """Returns what the key that signs now signs with; verifiers may take nothing else."""
    from edgeauth.contract.key_states import KeyTurn, states_in
    from edgeauth.contract.keystore import parse_key_store

    states = states_in(parse_key_store(text, password), 0.0, now)
    active = (state.algorithm for state in states if state.turn is KeyTurn.ACTIVE)
    return next((each for each in active if each in _ALGORITHMS), _USUAL)


def _new_key(
    algorithm: str, active_from: float, key_id: str | None, variable: str | None
) -> "NewKey":
    from edgeauth.contract.rotation import NewKey
    from edgeauth.wire.pem import is_header_value

    if key_id is not None and not is_header_value(key_id):
        raise click.BadParameter("expected up to 256 visible characters of ASCII, no blanks")
    return NewKey(algorithm, active_from, key_id, _password(variable))


def _password(variable: str | None) -> str | None:
    if variable is None:
        return None
    password = os.environ.get(variable, "")
    if not password:
        raise click.UsageError(f"variable {variable} is not set, or empty")
    return password


def _read(store: Path) -> bytes:
    try:
        return store.read_bytes()
    except OSError as error:
        fail(EXIT_FAILED, f"{store}: {error.strerror or error}")


def _write(store: Path, made: "Rotated") -> None:
    from edgeauth.cli.files import replace_secret_file

    try:
        replace_secret_file(store, made.text)
    except OSError as error:
        fail(EXIT_FAILED, f"{store}: {error.strerror or error}")


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _age(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f}{unit}"
    return f"{seconds:.0f}s"
