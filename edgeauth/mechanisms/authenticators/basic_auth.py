"""Proves that the client knows the password of one user.

A password may be configured as it is, which is compared in constant time, or as what Argon2id made
of it, which is computed beside the event loop. That takes milliseconds and megabytes by intention,
so few are computed at a time, and what was proven is remembered for a minute under a digest with a
key that only this process knows.

Trust: the credential is hostile. An unknown user takes as long as a wrong password.

Source:
    RFC 7617; RFC 9106 (Argon2).
"""

import asyncio
import hmac
import os
import re
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import Field, SecretStr, field_validator

from edgeauth.config.findings import not_expected
from edgeauth.config.scalars import Text
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.realms import Realm
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.services import Services, leave_fast_path
from edgeauth.ports.stages import Matched
from edgeauth.wire.challenges import basic_challenge
from edgeauth.wire.credentials import HeaderSource, find_credential, split_basic

_SOURCES: Final = (HeaderSource("Authorization", "Basic"),)
_HASHED: Final = "$argon2"
_PHC: Final = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{1,7}),t=([0-9]{1,2}),p=([0-9]{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}"
)
_MOST_MEMORY: Final = 262_144
"""KiB that one computation may take."""
_REMEMBERED_SECONDS: Final = 60.0
_AT_A_TIME: Final = 2
_PROCESS_KEY: Final = os.urandom(32)


class ErrorSignaling(Specification):
    """What a client is told about the credential that it lacks.

    Attributes:
        enabled: whether a challenge tells it to bring one.
        realm: the name of what is protected.
    """

    enabled: bool = True
    realm: Realm = "Please authenticate"


class BasicAuthSpecification(Specification):
    """The configuration of `basic_auth`.

    Attributes:
        user_id: the only user; without a colon.
        password: as it is, or as a PHC string of Argon2id (`$argon2id$v=19$…`).
        error_signaling: the challenge.
    """

    user_id: Text
    password: SecretStr = Field(min_length=1)
    error_signaling: ErrorSignaling = ErrorSignaling()

    @field_validator("user_id")
    @classmethod
    def _check_user(cls, user_id: str) -> str:
        if ":" in user_id or not user_id.isprintable():
            raise not_expected("a user-id without colons and control characters")
        return user_id

    @field_validator("password")
    @classmethod
    def _check_password(cls, password: SecretStr) -> SecretStr:
        text = password.get_secret_value()
        if not text.startswith(_HASHED):
            return password
        found = _PHC.fullmatch(text)
        if found is None or int(found[1]) > _MOST_MEMORY or not int(found[2]) or not int(found[3]):
            raise not_expected("a password, or $argon2id$v=19$m=…,t=…,p=…$salt$hash up to 256 MiB")
        return password


class BasicAuthAuthenticator:
    """Recognises one user.

    Args:
        specification: the configuration in effect.
        services: the cache and the clock.
    """

    def __init__(self, specification: BasicAuthSpecification, services: Services) -> None:
        user_id = specification.user_id
        password = specification.password.get_secret_value()
        self._user = user_id.encode()
        self._password = password.encode()
        self._hashed = password if password.startswith(_HASHED) else None
        self._cache = services.cache
        self._now = services.clock.now
        self._computing = asyncio.Semaphore(_AT_A_TIME)
        evidence = hmac.digest(_PROCESS_KEY, self._password, "sha256")
        self._principal = Principal(user_id, {}, fingerprint(b"basic_auth", self._user, evidence))
        self._key_part = self._principal.fingerprint
        signaling = specification.error_signaling
        challenges = (basic_challenge(signaling.realm),) if signaling.enabled else ()
        self._missing = Refusal(
            Reason.AUTHENTICATION,
            "there are no credentials",
            frozenset({Reason.PRECONDITION}),
            challenges=challenges,
        )
        self._malformed = Refusal(
            Reason.AUTHENTICATION, "the credentials are malformed", challenges=challenges
        )
        self._wrong = Refusal(
            Reason.AUTHENTICATION, "user-id or password are wrong", challenges=challenges
        )

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns the user, or a refusal: AUTHENTICATION."""
        try:
            credential = find_credential(seen.request, _SOURCES, seen.view)
            if credential is None:
                return self._missing
            given = split_basic(credential)
        except Malformed:
            return self._malformed
        known = hmac.compare_digest(given.user_id.encode(), self._user)
        password = given.password.encode()
        proven = await self._proves(password) if self._hashed else self._equals(password)
        return self._principal if known and proven else self._wrong

    def _equals(self, password: bytes) -> bool:
        return hmac.compare_digest(password, self._password)

    async def _proves(self, password: bytes) -> bool:
        key = hmac.digest(_PROCESS_KEY, self._key_part + password, "sha256")
        if self._cache.find(key) is not None:
            return True
        await leave_fast_path()
        async with self._computing:
            proven = await asyncio.to_thread(_matches, self._hashed or "", password)
        if proven:
            self._cache.store(key, proven, self._now() + _REMEMBERED_SECONDS)
        return proven


def _matches(hashed: str, password: bytes) -> bool:
    try:
        Argon2id.verify_phc_encoded(password, hashed)
    except InvalidKey:
        return False
    return True


def _build(
    _id: str, specification: BasicAuthSpecification, services: Services
) -> BasicAuthAuthenticator:
    return BasicAuthAuthenticator(specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "basic_auth",
    BasicAuthSpecification,
    _build,
    {
        "user_id": Override.REPLACE,
        "password": Override.REPLACE,
        "error_signaling": Override.MERGE,
    },
)
