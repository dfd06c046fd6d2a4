"""Who edgeauth says it is to Redis.

Files and secret sources are looked at for each new connection, so that what is exchanged in them
counts from then on; Redis closes the connections of users that it deletes. What is wrong leaves
the last good one.

Trust: the operator's files; no error says what is in them.
"""

import asyncio
from pathlib import Path
from typing import Final, NamedTuple

import structlog
from pydantic import SecretStr, ValidationError

from edgeauth.config.document import plain, read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.models.cache import RedisCredentials
from edgeauth.config.spelling import quoted
from edgeauth.model.errors import Malformed
from edgeauth.ports.credentials import Credentials
from edgeauth.ports.operator_files import read_octets
from edgeauth.ports.secret_references import SecretSources

_LARGEST: Final = 65_536
_LOG = structlog.get_logger(__name__)


class Login(NamedTuple):
    """A user and a password."""

    username: str | None
    password: SecretStr


class Logins:
    """Finds out what to log in with.

    Args:
        credentials: as they are configured.
        secrets: the configured sources.

    Raises:
        ValueError: the file or source can not be used.
    """

    def __init__(self, credentials: RedisCredentials, secrets: SecretSources) -> None:
        self._credentials = credentials
        self._secrets = secrets
        if credentials.source is not None:
            _require(secrets, credentials.source, credentials.selector)
        self._login = self._find()

    async def current(self) -> Login:
        """Returns what to log in with now."""
        try:
            # Files may be slow; nothing else here waits.
            self._login = await asyncio.to_thread(self._find)
        except ValueError as problem:
            _LOG.warning("credentials of redis not read", problem=str(problem))
        return self._login

    def _find(self) -> Login:
        configured = self._credentials
        if configured.source is not None:
            return _chosen(self._secrets.credentials(configured.source, configured.selector))
        return _login(configured) if configured.path is None else _read(Path(configured.path))


def _require(secrets: SecretSources, source: str, selector: str | None) -> None:
    """Has the source refuse to become what is of no use here."""
    if source not in secrets.sources:
        raise ValueError(f"no secret source {quoted(source)} is configured")
    try:
        check = lambda changed: _chosen(changed.credentials(source, selector))  # noqa: E731
        secrets.require(source, ("redis", selector), check)
    except Malformed as problem:
        raise ValueError(f"secret source {quoted(source)} {problem}") from None


def _chosen(found: Credentials) -> Login:
    """Returns the login that credentials hold.

    Raises:
        Malformed: there is no password, or something else beside it.
    """
    if "password" not in found.names or not {"username", "password"}.issuperset(found.names):
        raise Malformed("holds no password with perhaps a username")
    username = found["username"] if "username" in found.names else None
    return Login(username, SecretStr(found["password"]))


def _read(path: Path) -> Login:
    try:
        octets = read_octets(path, _LARGEST)
    except Malformed as problem:
        raise ValueError(f"{path}: {problem}") from None
    try:
        documents = read_documents(octets.decode(), str(path), quotable=False)
        values = plain(documents[0]) if len(documents) == 1 else None
        return _login(RedisCredentials.model_validate(values))
    except (ConfigurationError, UnicodeDecodeError, ValidationError):
        message = f"{path}: is not one YAML document with password and perhaps username"
        raise ValueError(message) from None


def _login(credentials: RedisCredentials) -> Login:
    if credentials.password is None:
        raise ValueError("a file of credentials does not lead to another one")
    return Login(credentials.username, credentials.password)
