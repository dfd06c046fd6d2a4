"""The configuration of the process."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import AfterValidator, Field, WithJsonSchema

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, refuse
from edgeauth.config.models.cache import Cache, InMemoryCache
from edgeauth.config.models.log import Log
from edgeauth.config.models.master_key import MasterKey
from edgeauth.config.models.plugins import Plugins
from edgeauth.config.models.secret_management import SecretSource
from edgeauth.config.models.serve import Management, Serve
from edgeauth.config.models.steps import Execute1beta1, OnError
from edgeauth.config.models.upstreams import Upstreams
from edgeauth.config.scalars import Identifier, ListOf, Text
from edgeauth.config.specification import MAY_BE_EMPTY, NOT_YET, Specification


class Mechanism(Specification):
    """An entry of the catalogue: a type of mechanism with its settings, under an id."""

    id: Identifier
    type: Identifier
    config: Annotated[dict[str, object] | None, MAY_BE_EMPTY] = None
    """Decoded by the catalogue, with the model of the type, from `config_node()`."""


def _unique(mechanisms: tuple[Mechanism, ...]) -> tuple[Mechanism, ...]:
    refuse(_twice(mechanisms))
    return mechanisms


def _twice(mechanisms: tuple[Mechanism, ...]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, mechanism in enumerate(mechanisms):
        if mechanism.id in seen:
            message = f'duplicate mechanism "{mechanism.id}"'
            yield Finding(message, (index, "id"), code=Code.DUPLICATE_ID)
        seen.add(mechanism.id)


Entries: TypeAlias = Annotated[ListOf[Mechanism], AfterValidator(_unique)]
"""Mechanisms of one kind; ids are unique in it."""


class Mechanisms(Specification):
    """The catalogue that rules refer to."""

    authenticators: Entries = ()
    contextualizers: Entries = ()
    authorizers: Entries = ()
    finalizers: Entries = ()
    error_handlers: Entries = ()


class DefaultRule(Specification):
    """What holds where no rule matches, and what rules inherit."""

    execute: Execute1beta1
    on_error: OnError = ()


class FileSystem(Specification):
    """Rule sets from files."""

    src: Text
    """A file, or a directory that is not searched further down."""
    watch: bool = False
    """Whether changes are noticed and put in force while requests are served."""
    env_vars_enabled: bool = False
    """Whether `${V}` in rule sets is replaced from the environment."""


class Providers(Specification):
    """Where rule sets come from."""

    refused: ClassVar[Mapping[str, str]] = {
        "http_endpoint": NOT_YET,
        "cloud_blob": NOT_YET,
        "kubernetes": NOT_YET,
    }

    file_system: FileSystem | None = None


class Metrics(Specification):
    """What is counted; whether anybody is told is said by variables of the environment."""

    enabled: bool = True
    cover_rules: bool = False
    """Whether the time that each rule takes is measured."""
    cover_cache: bool = False
    """Whether what the cache is asked and given is counted."""


def _off(enabled: bool) -> bool:  # noqa: FBT001  (what a validator is called with)
    if enabled:
        message = f"what is switched on here is {NOT_YET}"
        refuse([Finding(message, hint="expected false", code=Code.UNSUPPORTED_KEY)])
    return enabled


Off: TypeAlias = Annotated[
    bool, AfterValidator(_off), WithJsonSchema({"type": "boolean", "const": False})
]
"""A switch of the reference that can be left off only: what it switches on is not there."""


class Tracing(Specification):
    """Spans of requests, which may be switched off only: there are none."""

    refused: ClassVar[Mapping[str, str]] = {"span_processor": NOT_YET}

    enabled: Off


class Profiling(Specification):
    """Profiles of the process, which may be switched off only: there are none."""

    refused: ClassVar[Mapping[str, str]] = dict.fromkeys(("host", "port"), NOT_YET)

    enabled: Off


_OATHKEEPER: Final = "of Oathkeeper; docs/moving-from-oathkeeper.md says what becomes of it"


class Configuration(Specification):
    """Everything that a process is told at start."""

    refused: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("access_rules", "errors", "mutators"), _OATHKEEPER),
        **dict.fromkeys(Mechanisms.model_fields, "a section of mechanisms: indent it there"),
    }

    version: str = ""
    plugins: Plugins = ()
    """Packages whose mechanisms the catalogue may name; nothing is loaded that is not named."""
    serve: Serve = Serve()
    upstreams: Upstreams = Upstreams()
    management: Management = Management()
    log: Log = Log()
    cache: Cache = InMemoryCache(type="in-memory")
    metrics: Metrics = Metrics()
    tracing: Tracing | None = None
    profiling: Profiling | None = None
    master_key: MasterKey | None = None
    secret_management: dict[Identifier, SecretSource] = Field(default_factory=dict)
    """Where secrets come from, by names of your own."""
    secrets_reload_enabled: bool = False
    """Whether every `key_store` that something is signed with is watched."""
    mechanisms: Mechanisms = Mechanisms()
    default_rule: DefaultRule | None = None
    providers: Providers = Providers()
