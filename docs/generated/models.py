"""Models of the configuration as rows: key, type in words, default, meaning."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import AliasChoices, BaseModel, SecretStr
from pydantic.fields import FieldInfo

from edgeauth.config import scalars
from edgeauth.config.documented import documented
from edgeauth.config.models import (
    methods,
    paths,
    rules,
    rules_1beta1,
    sockets,
    steps,
    upstreams,
)
from edgeauth.config.models.secret_management import SecretText
from edgeauth.config.scalars import Authority
from edgeauth.expressions.cel import Condition
from edgeauth.expressions.paths import Selector
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.authenticators.assertions import AlgorithmName
from edgeauth.mechanisms.authenticators.deliveries import Instant
from edgeauth.ports.call_terms import Positive
from edgeauth.ports.endpoint_authentication import Secret
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import UrlTemplateOf
from edgeauth.ports.fields import ConditionOf, FieldName, TemplateOf
from edgeauth.ports.urls import LiteralUrl

_WORDS = (
    (scalars.Duration, "duration"),
    (scalars.Patience, "duration"),
    (scalars.ByteSize, "size"),
    (scalars.Host, "host with optional port"),
    (sockets.UpstreamHost, "host with optional port, or unix socket"),
    (sockets.SocketPlace, "path"),
    (upstreams.Pattern, "host pattern"),
    (upstreams.ServerName, "host"),
    (scalars.Network, "address or network"),
    (scalars.HttpStatus, "HTTP status"),
    (scalars.Port, "port"),
    (scalars.Count, "integer, 0 or more"),
    (scalars.Text, "text, not empty"),
    (scalars.Identifier, "identifier"),
    (rules.RuleId, "identifier"),
    (steps.PrincipalName, "identifier"),
    (rules_1beta1.HostExpression, "host expression"),
    (paths.PathExpression, "path expression"),
    (methods.Methods, "list of methods"),
    (FieldName, "header name"),
    (AlgorithmName, "signature algorithm"),
    (Template, "template"),
    (Condition, "condition"),
    (Selector, "path into JSON"),
    (str, "text"),
    (bool, "true or false"),
    (int, "integer"),
    (SecretStr, "text, secret"),
    (Secret, "text, secret"),
    (SecretText, "text, secret"),
    (Positive, "integer, 1 or more"),
    (Instant, "date and time"),
    (LiteralUrl, "URL, literal"),
)

_ONE_OF = "one of "
_NOUNS = "text|identifier|header name|host expression|signature algorithm"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row.

    Attributes:
        key: dotted; `[]` stands for each element of a list, `<name>` for each key of a map.
        kind: the type in words.
        default: as it would be written, or what holds instead.
        documented: what the model says of it; may be empty.
    """

    key: str
    kind: str
    default: str
    documented: str


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[Setting]:
    """Yields every key of a model and of the models below it."""
    hints = get_type_hints(model, include_extras=True)
    texts = documented(model)
    # What every endpoint takes stands on one page, not on that of each mechanism.
    elsewhere = CallSettings.model_fields if prefix and issubclass(model, CallSettings) else {}
    for name, field in model.model_fields.items():
        if name in elsewhere:
            continue
        key = prefix + _key(name, field)
        hint = hints[name]
        text = texts.get(name, "")
        yield Setting(key, kind_of(hint), _default(hint, field), text)
        suffix, below = _below(hint)
        yield from _merged(each for part in below for each in settings(part, f"{key}{suffix}."))


def _merged(found: Iterable[Setting]) -> Iterable[Setting]:
    """Returns each key of models that are alternatives once; the first of them says the rest."""
    merged: dict[str, Setting] = {}
    for each in found:
        known = merged.setdefault(each.key, each)
        if each.kind != known.kind and each.kind.startswith(_ONE_OF):
            kind = f"{known.kind}, {each.kind.removeprefix(_ONE_OF)}"
            merged[each.key] = replace(known, kind=kind)
    return merged.values()


def takes_endpoint(model: type[BaseModel]) -> bool:
    """Returns whether a model or one below it holds an endpoint."""
    return any(
        issubclass(part, CallSettings) or takes_endpoint(part)
        for field in model.model_fields.values()
        for part in _below(field.annotation)[1]
    )


def _key(name: str, field: FieldInfo) -> str:
    if isinstance(field.validation_alias, AliasChoices):
        return str(field.validation_alias.choices[0])
    return field.alias or name


def kind_of(hint: object) -> str:
    """Returns a type in words."""
    known = next((words for alias, words in _WORDS if hint == alias), None)
    if known is not None:
        return known
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if origin in (Union, UnionType):
        kinds = (kind_of(part) for part in arguments if part is not NoneType)
        return " or ".join(dict.fromkeys(kinds))
    if origin is Literal:
        return _ONE_OF + ", ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {_plural(kind_of(arguments[0]))}"
    if origin is dict and arguments[1] is not object:
        return f"map: name to {kind_of(arguments[1])}"
    return "map"


def _annotated(inner: object, metadata: tuple[object, ...]) -> str:
    for each in metadata:
        if isinstance(each, UrlTemplateOf):
            return f"URL template; sees {_names(each)}"
        if isinstance(each, TemplateOf):
            return f"template; sees {_names(each)}"
        if isinstance(each, ConditionOf):
            return f"condition; sees {_names(each)}"
    for alias, words in _WORDS:
        # What narrows a scalar stands behind what the scalar is.
        known = get_args(alias)
        if known and known == (inner, *metadata)[: len(known)]:
            return words
    return kind_of(inner)


def _names(mark: TemplateOf | ConditionOf) -> str:
    return ", ".join(f"`{name}`" for name in mark.variables)


def _plural(words: str) -> str:
    return "maps" if words == "map" else re.sub(rf"^({_NOUNS})\b", r"\1s", words)


def _below(hint: object) -> tuple[str, tuple[type[BaseModel], ...]]:
    """Returns the models that a hint holds, as alternatives, and how their keys hang below."""
    if any(hint == alias for alias, _ in _WORDS):
        return "", ()
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return "", (hint,)
    origin = get_origin(hint)
    suffix = {tuple: "[]", dict: ".<name>"}.get(origin, "") if isinstance(origin, type) else ""
    more, found = "", ()
    for part in get_args(hint):
        deeper, models = _below(part)
        more, found = more or deeper, (*found, *models)
    return suffix + more, found


def _default(hint: object, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ((), "", {}) or isinstance(value, BaseModel):
        return "–"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if kind_of(hint) == kind_of(scalars.Duration) and isinstance(value, float):
        return f"`{_duration(value)}`"
    if hint == scalars.ByteSize and isinstance(value, int):
        return f"`{_size(value)}`"
    if isinstance(value, Selector):
        return f"`{value.text}`"
    if isinstance(value, Authority):
        return f"`{value}`"
    return f"`{value}`"


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s" if seconds == int(seconds) else f"{seconds * 1000:.0f}ms"


def _size(octets: int) -> str:
    for unit, length in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if octets and octets % length == 0:
            return f"{octets // length}{unit}"
    return f"{octets}B"
