"""The test users. A real issuer has a database; what it stores of a password is the same."""

import asyncio
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

from serving import DATA

SCRYPT_COST = 2**14  # about 50 ms for each guess


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in."""

    id: str
    name: str


class Users:
    """Checks passwords against salted, slow hashes."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._users: dict[str, tuple[User, bytes]] = {}
        for entry in json.loads((DATA / "users.json").read_text("utf-8")):
            user = User(entry["id"], entry["name"])
            self._users[entry["username"]] = (user, self._hash(entry["password"]))
        self._nobody = self._hash(secrets.token_urlsafe())

    async def authenticate(self, username: str, password: str) -> User | None:
        """Returns the user whose name and password these are, else None.

        An unknown name costs as much time as a wrong password, so that names cannot be found out.
        """
        user, expected = self._users.get(username, (None, self._nobody))
        given = await asyncio.to_thread(self._hash, password[:256])
        return user if hmac.compare_digest(given, expected) else None

    def _hash(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode(), salt=self._salt, n=SCRYPT_COST, r=8, p=1)
