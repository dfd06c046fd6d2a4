"""How each kind of source is read.

Trust: the operator's files, strictly: unknown structures, empty values and files that are too
large are refused. Errors name places and never what stands there.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.models.api_keys import read_api_keys
from edgeauth.config.nodes import plain
from edgeauth.contract.keystore import parse_key_store
from edgeauth.contract.stored_jwks import parse_stored_jwks
from edgeauth.contract.stored_keys import parse_certificate
from edgeauth.model.errors import Malformed
from edgeauth.ports.credentials import Credentials
from edgeauth.ports.operator_files import read_octets
from edgeauth.secret_sources.contents import Certificates, Content, Entry, Keys, Texts
from edgeauth.wire.pem import parse_pem

LARGEST_FILE: Final = 1_048_576
"""Octets of a file."""
LARGEST_API_KEYS: Final = 4_194_304
"""Octets of a file of API keys: some 25 000 of them, which take a second and a half to read."""
LARGEST_TEXT: Final = 65_536
"""Octets of a file in a directory."""
MOST_FILES: Final = 1_000
"""Files of a directory, those of its directories included."""


def read_pem(path: str, password: str | None) -> Content:
    """Returns the keys of a PEM file, or its certificates when it holds nothing else.

    Raises:
        ValueError: the file can not be used.
    """
    octets = _octets(Path(path), LARGEST_FILE)
    try:
        blocks = parse_pem(octets)
        if blocks and all(block.label == "CERTIFICATE" for block in blocks):
            found = tuple(parse_certificate(block.octets) for block in blocks)
            return Certificates(octets, found)
    except Malformed as problem:
        raise Malformed(f"{path}: {problem}") from None
    return Keys(parse_key_store(octets, password, path), {})


def read_jwks(path: str) -> Content:
    """Returns the keys of a JWK set.

    Raises:
        ValueError: the file can not be used.
    """
    store, symmetric = parse_stored_jwks(_octets(Path(path), LARGEST_FILE), path)
    return Keys(store, symmetric)


def read_file(path: str) -> Content:
    """Returns the entries of a YAML or JSON file.

    Raises:
        Malformed: the file can not be used.
    """
    text = _decoded(path, _octets(Path(path), LARGEST_FILE))
    try:
        documents = read_documents(text, path)
    except ConfigurationError as error:
        line = error.problems[0].line
        raise Malformed(f"{path}: line {line} is no YAML that is read here") from None
    document = plain(documents[0]) if len(documents) == 1 else None
    if not isinstance(document, Mapping) or not document:
        raise Malformed(f"{path}: is no single map of secrets")
    return Texts({str(name): _entry(path, str(name), each) for name, each in document.items()})


def read_api_key_file(path: str) -> Content:
    """Returns the keys of a file of API keys.

    Raises:
        Malformed: the file can not be used.
    """
    return read_api_keys(_decoded(path, _octets(Path(path), LARGEST_API_KEYS)), path)


def read_inline(config: Mapping[str, SecretStr | dict[str, SecretStr]]) -> Content:
    """Returns the entries of a configuration."""
    return Texts(
        {
            name: each
            if isinstance(each, SecretStr)
            else Credentials({key: value.get_secret_value() for key, value in each.items()})
            for name, each in config.items()
        }
    )


def read_environment(
    variables: Mapping[str, str | dict[str, str]], environment: Mapping[str, str]
) -> Content:
    """Returns the values of variables.

    Raises:
        Malformed: one is not set, or empty (attack 190).
    """

    def value(variable: str) -> str:
        found = environment.get(variable, "")
        if not found:
            raise Malformed(f"variable {variable} of the environment is not set, or empty")
        return found

    return Texts(
        {
            name: SecretStr(value(each))
            if isinstance(each, str)
            else Credentials({key: value(variable) for key, variable in each.items()})
            for name, each in variables.items()
        }
    )


def read_directory(path: str) -> Content:
    """Returns the texts of the files of a directory.

    A directory in it holds credentials, and each of their fields is a text of its own as well:
    `client` and `client/client_secret`. One line break at the end of a file is not part of the
    text. Names that begin with a full stop are passed over: Kubernetes keeps its versions there.

    Raises:
        Malformed: a file is empty, too large, not UTF-8, or can not be read.
    """
    entries: dict[str, Entry] = {}
    for each in _listed(Path(path)):
        if each.is_dir():
            fields = {below.name: _text(below) for below in _listed(each) if not below.is_dir()}
            if fields:
                entries[each.name] = Credentials(fields)
            for name, text in fields.items():
                entries[f"{each.name}/{name}"] = SecretStr(text)
        else:
            entries[each.name] = SecretStr(_text(each))
        if len(entries) > MOST_FILES:
            raise Malformed(f"{path}: has more than {MOST_FILES} files")
    if not entries:
        raise Malformed(f"{path}: holds no secret")
    return Texts(entries)


def files_of(directory: Path) -> list[Path]:
    """Returns the files that `read_directory` reads, in the order of names.

    Raises:
        OSError: a directory can not be listed.
    """
    return list(_files(directory))


def _files(directory: Path) -> Iterator[Path]:
    for each in _visible(directory):
        if each.is_dir():
            yield from (below for below in _visible(each) if not below.is_dir())
        else:
            yield each


def _visible(directory: Path) -> list[Path]:
    return sorted(each for each in directory.iterdir() if not each.name.startswith("."))


def _listed(directory: Path) -> list[Path]:
    try:
        found = _visible(directory)
    except OSError as error:
        raise Malformed(f"{directory}: can not be read: {error.strerror}") from None
    if len(found) > MOST_FILES:
        raise Malformed(f"{directory}: has more than {MOST_FILES} files")
    return found


def _text(path: Path) -> str:
    try:
        text = _octets(path, LARGEST_TEXT).decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(f"{path}: is not UTF-8") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise Malformed(f"{path}: is empty")
    return text


def _entry(path: str, name: str, value: object) -> Entry:
    if isinstance(value, str) and value:
        return SecretStr(value)
    fields = dict(value) if isinstance(value, Mapping) else {}
    if not fields or not all(isinstance(each, str) and each for each in fields.values()):
        raise Malformed(f"{path}: {name} is neither a text nor a map of texts, none of them empty")
    return Credentials({str(key): str(each) for key, each in fields.items()})


def _decoded(path: str, octets: bytes) -> str:
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed(f"{path}: is not UTF-8") from None


def _octets(path: Path, most: int) -> bytes:
    try:
        return read_octets(path, most)
    except Malformed as problem:
        raise Malformed(f"{path}: {problem}") from None
