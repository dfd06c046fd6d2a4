"""Every secret source of a process, and the key stores that are named by their paths."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path

from edgeauth.config.errors import Collector, ConfigurationError
from edgeauth.config.models.api_keys import read_api_keys
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.secret_management import (
    ApiKeysSource,
    DirectorySource,
    EnvironmentSource,
    FileSource,
    InlineSource,
    JwksSource,
    PemFile,
    PemSource,
    SecretSource,
)
from edgeauth.config.spelling import did_you_mean, quoted
from edgeauth.config.unusable import unusable_at
from edgeauth.contract.keystore import KeyStoreError
from edgeauth.model.api_key import ApiKeys
from edgeauth.model.errors import Malformed
from edgeauth.model.identity import fingerprint
from edgeauth.ports.credentials import Credentials
from edgeauth.ports.key_places import KeyPlace
from edgeauth.secret_sources.contents import Certificates, Content, Keys, Texts
from edgeauth.secret_sources.readers import (
    files_of,
    read_api_key_file,
    read_directory,
    read_environment,
    read_file,
    read_inline,
    read_jwks,
    read_pem,
)
from edgeauth.secret_sources.source import HeldSource, Origin
from edgeauth.wire.key_certificates import TrustAnchors


class HeldSecrets:
    """The configured sources.

    Args:
        watch_key_stores: whether key stores that are named by their paths are watched.
    """

    def __init__(self, *, watch_key_stores: bool = False) -> None:
        self._watch_key_stores = watch_key_stores
        self._sources: dict[str, HeldSource] = {}
        self._open: dict[str, bool] = {}
        self._files: dict[KeyPlace, HeldSource] = {}
        self._api_keys: dict[tuple[str, str | None], tuple[Content, ApiKeys]] = {}

    def add(self, name: str, source: SecretSource, environment: Mapping[str, str]) -> None:
        """Reads a source.

        Raises:
            ValueError: it can not be used; the text is for the operator.
        """
        try:
            origin = self._origin(source, environment)
            self._sources[name] = HeldSource(f"secret source {name}", origin)
        finally:
            self._open[name] = source.allow_in_rules

    def miss(self, name: str) -> None:
        """Remembers a source that is configured, but so that it can not be read.

        Whoever asks for it raises a ConfigurationError without a problem: it is told already.
        """
        self._open[name] = True

    @property
    def sources(self) -> Mapping[str, bool]:
        """Returns the names of the sources, and whether rules may name each."""
        return self._open

    def all(self) -> list[HeldSource]:
        """Returns the sources, and the key stores that are in use."""
        return [*self._sources.values(), *self._files.values()]

    def find(self, source: str, selector: str) -> str | None:
        """Returns the text that a source holds at a place now; None when there is none."""
        try:
            return self.text(source, selector)
        except Malformed:
            return None

    def text(self, source: str, selector: str | None) -> str:
        """Returns the text at a place now; without a selector, the only one.

        Raises:
            Malformed: there is none.
        """
        return _texts(self._held(source).content).text(selector)

    def credentials(self, source: str, selector: str | None) -> Credentials:
        """Returns the credentials at a place now; without a selector, all texts of the source.

        Raises:
            Malformed: there are none.
        """
        return _texts(self._held(source).content).credentials(selector)

    def authorities(self, source: str) -> TrustAnchors:
        """Returns the certificates of a source as authorities.

        Raises:
            Malformed: it is not one of certificates alone.
        """
        content = self._held(source).content
        if not isinstance(content, Certificates):
            raise Malformed("holds no certificates, or keys beside them")
        return TrustAnchors(fingerprint(b"file", content.pem), lambda: content.certificates)

    def api_keys(self, source: str, selector: str | None) -> ApiKeys:
        """Returns the API keys at a place now; the same object until the source has changed.

        Args:
            source: one of API keys, or of texts.
            selector: of a text that describes keys; of a source of API keys there is none.

        Raises:
            Malformed: there are none.
        """
        content = self._held(source).content
        known = self._api_keys.get((source, selector))
        if known is None or known[0] is not content:
            known = self._api_keys[source, selector] = content, _api_keys(content, selector)
        return known[1]

    def symmetric_keys(self, source: str, selector: str | None) -> tuple[bytes, ...]:
        """Returns the symmetric keys of a source now: the selected one first, then the others.

        Args:
            source: its name.
            selector: an id; None selects the first key.

        Raises:
            Malformed: there is no such key.
        """
        content = self._held(source).content
        keys = dict(content.symmetric) if isinstance(content, Keys) else {}
        if not keys:
            raise Malformed("holds no symmetric keys")
        chosen = next(iter(keys)) if selector is None else selector
        if chosen not in keys:
            raise Malformed("holds no symmetric key there")
        return (keys.pop(chosen), *keys.values())

    def require(
        self, source: str, name: Hashable, check: Callable[["HeldSecrets"], object]
    ) -> None:
        """Has the content of a source checked, and every later one before it is put in force.

        Args:
            source: the name of one that exists.
            name: of the check; the same one is made once.
            check: is handed sources to ask; raises Malformed where what it gets is of no use.

        Raises:
            Malformed: the present content is refused.
        """
        held = self._held(source)
        held.require_content(name, lambda content: check(_Only(source, content)))

    def key_store(self, place: KeyPlace) -> HeldSource:
        """Returns the source of a key store; the same object for the same place.

        Raises:
            KeyStoreError: the file can not be used, or there is no such source of keys.
        """
        if place.source is not None:
            if place.source not in self._open:
                hint = did_you_mean(place.source, self._open) or _known(self._open)
                message = f"no secret source {quoted(place.source)} is configured"
                raise KeyStoreError(f"{message}; {hint}")
            return self._held(place.source)
        held = self._files.get(place)
        if held is None:
            held = self._files[place] = self._file(place)
        return held

    def _file(self, place: KeyPlace) -> HeldSource:
        path = place.path or ""
        password = None if place.password is None else place.password.get_secret_value()

        def read() -> Content:
            content = read_pem(path, password)
            if not isinstance(content, Keys):
                raise KeyStoreError(f"{path}: there is no private key")
            return content

        try:
            return HeldSource(path, Origin(read, Path(path), self._watch_key_stores))
        except Malformed as problem:
            raise KeyStoreError(str(problem)) from None

    def _origin(self, source: SecretSource, environment: Mapping[str, str]) -> Origin:
        match source:
            case PemSource(config=file):
                return self._pem_origin(file)
            case JwksSource(config=file):
                return Origin(lambda: read_jwks(file.path), Path(file.path), file.watch)
            case FileSource(config=file):
                return Origin(lambda: read_file(file.path), Path(file.path), file.watch)
            case DirectorySource(config=place):
                return Origin(
                    lambda: read_directory(place.path), Path(place.path), place.watch, files_of
                )
            case ApiKeysSource(config=file):
                return Origin(lambda: read_api_key_file(file.path), Path(file.path), file.watch)
            case EnvironmentSource(config=named):
                return Origin(lambda: read_environment(named.variables, environment))
            case InlineSource(config=entries):
                return Origin(lambda: read_inline(entries))

    def _pem_origin(self, file: PemFile) -> Origin:
        path, reference = Path(file.path), file.password_from
        if reference is None:
            password = None if file.password is None else file.password.get_secret_value()
            return Origin(lambda: read_pem(file.path, password), path, file.watch)
        name = quoted(reference.source)
        if reference.source not in self._open:
            raise Malformed(f"{path}: its password: no secret source {name} of texts is configured")
        # What is there now, not what is in force: both files may have been exchanged.
        of = self._held(reference.source).origin

        def read() -> Content:
            try:
                password = _texts(of.read()).text(reference.selector)
            except Malformed as problem:
                raise Malformed(f"{path}: its password: secret source {name} {problem}") from None
            return read_pem(file.path, password)

        return Origin(read, path, file.watch, lambda path: [path, *of.files()])

    def _held(self, source: str) -> HeldSource:
        held = self._sources.get(source)
        if held is not None:
            return held
        if source in self._open:
            raise ConfigurationError(())  # what is wrong with it is told already
        raise Malformed(f"is not configured; {_known(self._open)}")


class _Only(HeldSecrets):
    """A single source with a content that is not in force."""

    def __init__(self, name: str, content: Content) -> None:
        super().__init__()
        self._sources[name] = HeldSource(name, Origin(lambda: content))


def load_secrets(
    configuration: Configuration,
    environment: Mapping[str, str],
    problems: Collector,
    missed: Iterable[str] = (),
) -> HeldSecrets:
    """Returns the sources of a configuration.

    Args:
        configuration: of the process.
        environment: the variables.
        problems: receives what is wrong; such sources can not be asked for anything.
        missed: names of sources that are not in the configuration, because it could not be read.
    """
    held = HeldSecrets(watch_key_stores=configuration.secrets_reload_enabled)
    for name in missed:
        held.miss(name)
    # Passwords first: those that keys are encrypted with.
    for name, source in sorted(configuration.secret_management.items(), key=_needs_another):
        with problems, unusable_at(source.node_at("config")):
            held.add(name, source, environment)
    return held


def _known(names: Iterable[str]) -> str:
    return f"configured sources: {', '.join(sorted(names)) or 'none'}"


def _needs_another(entry: tuple[str, SecretSource]) -> bool:
    source = entry[1]
    return isinstance(source, PemSource) and source.config.password_from is not None


def _api_keys(content: Content, selector: str | None) -> ApiKeys:
    if not isinstance(content, ApiKeys):
        return read_api_keys(_texts(content).text(selector), "")
    if selector is not None:
        raise Malformed("holds API keys as a whole: a selector has no effect")
    return content


def _texts(content: Content) -> Texts:
    if not isinstance(content, Texts):
        raise Malformed("holds keys or certificates, and no texts")
    return content
