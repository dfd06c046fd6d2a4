"""What entries of Redis are encrypted with: a key of the configuration, or those of a source.

Names of entries are made with the key. Under another one, nobody would find what was used once, and
it could be used again; so keys only change step by step.
"""

from collections.abc import Callable
from typing import Final

from edgeauth.config.models.cache import LEAST_KEY, AnyRedis
from edgeauth.config.spelling import quoted
from edgeauth.model.errors import Malformed
from edgeauth.ports.secret_references import SecretSources

_MOST_KEYS: Final = 4


def encryption_keys(settings: AnyRedis, secrets: SecretSources) -> Callable[[], tuple[str, ...]]:
    """Returns what tells the keys as they are now; the first one encrypts.

    Raises:
        ValueError: there are none.
    """
    reference = settings.encryption_key_from
    if reference is None:
        inline = settings.encryption_key
        keys = ("" if inline is None else inline.get_secret_value(),)
        return lambda: keys
    source, selector = reference.source, reference.selector

    def held(sources: SecretSources) -> tuple[str, ...]:
        return _keys(sources.text(source, selector))

    def check(changed: SecretSources) -> None:
        if not set(held(changed)) & set(held(secrets)):
            raise Malformed("holds none of the keys in use: add the new one before they go")

    if source not in secrets.sources:
        raise ValueError(f"no secret source {quoted(source)} is configured")
    try:
        secrets.require(source, ("encryption key", selector), check)
    except Malformed as problem:
        raise ValueError(f"secret source {quoted(source)} {problem}") from None
    return lambda: held(secrets)


def _keys(text: str) -> tuple[str, ...]:
    """Returns the keys of a text, a line each.

    Raises:
        Malformed: one is too short.
    """
    keys = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not keys or any(len(key) < LEAST_KEY for key in keys):
        raise Malformed(f"holds a key of less than {LEAST_KEY} characters")
    if len(keys) > _MOST_KEYS:
        raise Malformed(f"holds more than {_MOST_KEYS} keys")
    return keys
