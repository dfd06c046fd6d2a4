"""Proves that the client knows the password of one user.

A password may be configured as it is, which is compared in constant time, or as what Argon2id made
of it, which is computed beside the event loop. That takes milliseconds and megabytes by intention,
so few are computed at a time, few wait for that, and what was proven is remembered for a minute
under a digest with a key that only this process knows.

Trust: the credential is hostile. An unknown user takes as long as a wrong password.

Source:
    RFC 7617; RFC 9106 (Argon2).
"""

import asyncio
import hmac
import os
import re
from typing import ClassVar, Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from pydantic import Field, SecretStr, field_validator, model_validator

from edgeauth.config.findings import not_expected, refuse
from edgeauth.config.scalars import Text
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.realms import Realm
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.ports.credentials import Credentials
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.facts import Learned
from edgeauth.ports.secret_references import CredentialsReference, one_form
from edgeauth.ports.services import Services
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
_MOST_WAITING: Final = 16
"""Passwords that wait for others to be hashed. There is one user, so all but one are wrong."""
_PROCESS_KEY: Final = os.urandom(32)


class ErrorSignaling(Specification):
    """What a client is told about the credential that it lacks.

    Attributes:
        enabled: whether a challenge tells it to bring one.
        realm: the name of what is protected.
    """

    enabled: bool = True
    realm: Realm = "Please authenticate"


def _is_user(user_id: str) -> bool:
    return ":" not in user_id and user_id.isprintable()


def _is_password(text: str) -> bool:
    """Returns whether a password can be compared: plain, or hashed in a way that is affordable."""
    if not text.startswith(_HASHED):
        return True
    found = _PHC.fullmatch(text)
    return (
        found is not None
        and int(found[1]) <= _MOST_MEMORY
        and int(found[2]) > 0
        and int(found[3]) > 0
    )


class UserReference(CredentialsReference):
    """A reference to a user (`user_id`) and a `password`."""

    wanted: ClassVar[tuple[str, ...]] = ("user_id", "password")

    @classmethod
    def check(cls, credentials: Credentials) -> None:
        """Refuses a user-id that no client can send, and hashes of another kind.

        Raises:
            Malformed: says what.
        """
        if not _is_user(credentials["user_id"]):
            raise Malformed("holds a user_id with a colon or a control character")
        if not _is_password(credentials["password"]):
            raise Malformed("holds a password in a hash that is not $argon2id$v=19$m=…,t=…,p=…")


class BasicAuthSpecification(Specification):
    """The configuration of `basic_auth`.

    Attributes:
        user_id: the only user; without a colon.
        password: as it is, or as a PHC string of Argon2id (`$argon2id$v=19$…`).
        credentials: both of them (`user_id`, `password`) in a secret source instead.
        error_signaling: the challenge.
    """

    user_id: Text | None = None
    password: SecretStr | None = Field(default=None, min_length=1)
    credentials: UserReference | None = None
    error_signaling: ErrorSignaling = ErrorSignaling()

    @field_validator("user_id")
    @classmethod
    def _check_user(cls, user_id: str | None) -> str | None:
        if user_id is not None and not _is_user(user_id):
            raise not_expected("a user-id without colons and control characters")
        return user_id

    @field_validator("password")
    @classmethod
    def _check_password(cls, password: SecretStr | None) -> SecretStr | None:
        if password is not None and not _is_password(password.get_secret_value()):
            raise not_expected("a password, or $argon2id$v=19$m=…,t=…,p=…$salt$hash up to 256 MiB")
        return password

    @model_validator(mode="after")
    def _check_forms(self) -> "BasicAuthSpecification":
        refuse(one_form(self, ("user_id", "password"), "credentials"))
        return self

    def current(self) -> Credentials | None:
        """Returns the user of the source as it is now; None when the user stands here."""
        return None if self.credentials is None else self.credentials.current()


class _User:
    """The user that is recognised.

    Args:
        user_id: the user.
        password: plain or hashed.
    """

    def __init__(self, user_id: str, password: str) -> None:
        self.name = user_id.encode()
        self.password = password.encode()
        self.hashed = password if password.startswith(_HASHED) else None
        evidence = hmac.digest(_PROCESS_KEY, self.password, "sha256")
        self.principal = Principal(user_id, {}, fingerprint(b"basic_auth", self.name, evidence))


class BasicAuthAuthenticator:
    """Recognises one user.

    Args:
        specification: the configuration in effect.
        services: the cache and the clock.
    """

    def __init__(self, specification: BasicAuthSpecification, services: Services) -> None:
        self._specification = specification
        self._source = specification.current()
        self._user = self._configured()
        self._cache = services.cache
        self._now = services.clock.now
        self._computing = asyncio.Semaphore(_AT_A_TIME)
        self._under_way = 0
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
        """Returns the user, or a refusal: AUTHENTICATION.

        Raises:
            Fault: COMMUNICATION, when too many passwords wait to be hashed.
        """
        try:
            credential = find_credential(seen.request, _SOURCES, seen.view)
            if credential is None:
                return self._missing
            given = split_basic(credential)
        except Malformed:
            return self._malformed
        user = self._present()
        known = hmac.compare_digest(given.user_id.encode(), user.name)
        password = given.password.encode()
        if user.hashed is None:
            proven = hmac.compare_digest(password, user.password)
        else:
            proven = await self._proves(user, user.hashed, password)
        return user.principal if known and proven else self._wrong

    def _present(self) -> _User:
        """Returns the user that the source holds now; what was proven of another is forgotten."""
        source = self._specification.current()
        if source is not self._source:
            self._source = source
            self._user = self._configured()
        return self._user

    def _configured(self) -> _User:
        if self._source is not None:
            return _User(self._source["user_id"], self._source["password"])
        password = self._specification.password
        return _User(
            self._specification.user_id or "",
            "" if password is None else password.get_secret_value(),
        )

    async def _proves(self, user: _User, hashed: str, password: bytes) -> bool:
        key = hmac.digest(_PROCESS_KEY, user.principal.fingerprint + password, "sha256")
        if self._cache.find(key) is not None:
            return True
        return await self._cache.learn(key, None, lambda: self._compute(hashed, password))

    async def _compute(self, hashed: str, password: bytes) -> Learned[bool]:
        if self._under_way >= _AT_A_TIME + _MOST_WAITING:
            raise Fault(Reason.COMMUNICATION, "too many passwords wait to be compared")
        self._under_way += 1
        try:
            await self._computing.acquire()
        except asyncio.CancelledError:
            self._under_way -= 1
            raise
        loop = asyncio.get_running_loop()
        computing = loop.run_in_executor(None, _matches, hashed, password)
        # A thread goes on when nobody waits for it any more, and takes its memory as long.
        computing.add_done_callback(self._computed)
        proven = await asyncio.shield(computing)
        return Learned(proven, self._now() + _REMEMBERED_SECONDS if proven else None)

    def _computed(self, _: "asyncio.Future[bool]") -> None:
        self._under_way -= 1
        self._computing.release()


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
