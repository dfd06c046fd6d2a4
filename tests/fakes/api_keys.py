"""Sources of API keys for tests."""

from pathlib import Path

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import Collector
from edgeauth.config.models.configuration import Configuration
from edgeauth.secret_sources.sources import HeldSecrets, load_secrets
from edgeauth.wire.api_keys import digest_of

KEY = "key_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
PEPPER = "p" * 32


def entry(
    key: str = KEY, name: str = "alice-1", owner: str = "alice", pepper: str = "", **more: str
) -> str:
    """Returns the entry of a key; further settings as they stand in YAML."""
    digest = digest_of(key.encode(), pepper.encode() if pepper else None).hex()
    kind = "hmac-sha256" if pepper else "sha256"
    lines = [f"- id: {name}", f"hash: {kind}:{digest}", f"owner: {owner}"]
    return "\n  ".join([*lines, *(f"{key}: {value}" for key, value in more.items())]) + "\n"


def sources(folder: Path, *entries: str) -> HeldSecrets:
    """Returns the source `clients` of API keys, and `texts` with a pepper and the same keys."""
    (folder / "api-keys.yaml").write_text("".join(entries) or "[]")
    mounted = folder / "mounted"
    mounted.mkdir()
    (mounted / "pepper").write_text(PEPPER)
    (mounted / "short").write_text("p" * 15)
    (mounted / "keys").write_text("".join(entries) or "[]")
    text = f"""\
secret_management:
  clients: {{type: api_keys, config: {{path: {folder}/api-keys.yaml}}}}
  texts: {{type: directory, config: {{path: {mounted}}}}}
"""
    (document,) = read_documents(text, "edgeauth.yaml")
    problems = Collector()
    held = load_secrets(decode(Configuration, document), {}, problems)
    problems.raise_any()
    return held
