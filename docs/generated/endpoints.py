"""The reference page of everything that an endpoint can do."""

from docs.generated.markdown import page, table
from docs.generated.meanings import rows
from docs.generated.models import Setting, settings
from edgeauth.config.specification import Specification
from edgeauth.ports.endpoint_authentication import (
    ApiKey,
    BasicAuth,
    HeaderClientCredentials,
    MessageSignatures,
)
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import IssuerEndpoint

_HEAD = ("Key", "Type", "Default", "Meaning")
_STRATEGIES: tuple[tuple[str, type[Specification]], ...] = (
    ("basic_auth", BasicAuth),
    ("api_key", ApiKey),
    ("oauth2_client_credentials", HeaderClientCredentials),
    ("http_message_signatures", MessageSignatures),
)
_MEANINGS = {
    "auth": "`type` and `config`: who edgeauth says it is; the strategies stand below.",
    "tls": "Whom the endpoint has to be. Unset, anybody whom the system's authorities vouch for.",
}
_SHARED = {
    "signer.key_store.path": "The PEM file.",
    "signer.key_store.password": "That of encrypted keys.",
    "tls.key_store.path": "The PEM file.",
    "tls.key_store.password": "That of encrypted keys.",
}


def endpoints_page() -> str:
    """Returns the page."""
    found = [each for each in settings(CallSettings) if not each.key.startswith("auth.")]
    parts: list[str] = []
    for name, model in _STRATEGIES:
        parts += (f"## `auth` of type `{name}`", _told(list(settings(model)), {}))
    return page(
        "What every endpoint can do",
        "Keys that stand beside `url`, `method` and `headers` wherever a mechanism asks an "
        "endpoint. What they are for, and how they work together: [endpoints](../../endpoints.md).",
        "Of the endpoint itself:",
        _told(_of_the_question(), {"url": "Required; scheme and host are literal."}),
        "## How it is asked",
        _told(found, _MEANINGS),
        *parts,
    )


def _of_the_question() -> list[Setting]:
    names = ("url", "method", "headers")
    found = {each.key: each for each in settings(IssuerEndpoint)}
    kinds = {"url": "URL template", "headers": "map: name to template"}
    defaults = {"method": "`POST`; `GET` for key sets and metadata"}
    meanings = {"method": "How it is asked.", "headers": "Fields to send; they win over `auth`."}
    return [
        Setting(
            name,
            kinds.get(name, found[name].kind),
            defaults.get(name, found[name].default),
            meanings.get(name, ""),
        )
        for name in names
    ]


def _told(found: list[Setting], meanings: dict[str, str]) -> str:
    shared = {key: text for key, text in _SHARED.items() if any(key == each.key for each in found)}
    return table(_HEAD, rows(found, {**shared, **meanings}))
