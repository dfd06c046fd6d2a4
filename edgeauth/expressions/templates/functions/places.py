"""Functions on paths and URLs. Paths are texts with slashes: no file is ever looked at."""

import posixpath
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.functions.table import Function, Kind

_UNUSABLE: Final = re.compile(r"[\x00-\x1f\x7f]|%(?![0-9A-Fa-f]{2})")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_USER: Final = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")
_HOST: Final = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+\]|(?:[^\x00-\x20\x7f#/?@\\^`{|}%:\[\]]|%[89A-Fa-f][0-9A-Fa-f])*)(:[0-9]*)?"
)
_SAFE_USER: Final = "$&+,;="
_SAFE_PATH: Final = "$&+,/:;=@"
_SAFE_HOST: Final = "!$&'()*+,;=:[]<>\""
_SAFE_FRAGMENT: Final = "$&+,/:;=?@!()*"
_PARTS: Final = ("fragment", "host", "opaque", "path", "query", "scheme", "userinfo")


def _base(path: str) -> str:
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


def _directory(path: str) -> str:
    return _clean(path[: path.rfind("/") + 1])


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _extension(path: str) -> str:
    name = path[path.rfind("/") + 1 :]
    return name[name.rfind(".") :] if "." in name else ""


def _is_absolute(path: str) -> bool:
    return path.startswith("/")


class _Authority(NamedTuple):
    user: str
    host: str
    hostname: str


def _parse(text: str) -> dict[str, str]:
    """Returns the parts of a URL, decoded but for the query.

    Source:
        RFC 3986, and the documentation of Go's net/url.
    """
    whole, _, fragment = text.partition("#")
    if re.search(r"[\x00-\x1f\x7f]", text) or re.search(r"%(?![0-9A-Fa-f]{2})", fragment):
        raise EvaluationError("urlParse: the text is no URL")
    found = _SCHEME.match(whole)
    scheme, rest = (found[1].lower(), whole[found.end() :]) if found else ("", whole)
    rest, _, query = rest.partition("?")
    authority, opaque = _Authority("", "", ""), ""
    if scheme and not rest.startswith("/"):
        rest, opaque = "", rest
    elif not scheme and ":" in rest.partition("/")[0]:
        raise EvaluationError("urlParse: a colon before the path, and no scheme")
    elif rest.startswith("//") and (scheme or not rest.startswith("///")):
        name, slash, path = rest[2:].partition("/")
        authority, rest = _authority(name), slash + path
    if _UNUSABLE.search(rest):
        raise EvaluationError("urlParse: the path is not well-formed")
    return {
        "scheme": scheme,
        "host": authority.host,
        "hostname": authority.hostname,
        "path": unquote(rest),
        "query": query,
        "opaque": opaque,
        "fragment": unquote(fragment),
        "userinfo": authority.user,
    }


def _authority(text: str) -> _Authority:
    user, at, host = text.rpartition("@")
    found = _HOST.fullmatch(host)
    if found is None or _USER.fullmatch(user) is None or _UNUSABLE.search(user):
        raise EvaluationError("urlParse: the authority is not well-formed")
    hostname = host[: len(host) - len(found[1] or "")]
    return _Authority(_user(user) if at else "", unquote(host), unquote(hostname).strip("[]"))


def _user(text: str) -> str:
    name, colon, password = text.partition(":")
    return quote(unquote(name), _SAFE_USER) + colon + quote(unquote(password), _SAFE_USER)


def _join(parts: Mapping[str, object]) -> str:
    """Returns the URL of the parts that `urlParse` gives; all are optional."""
    texts = {name: parts.get(name, "") for name in _PARTS}
    if not all(isinstance(text, str) for text in texts.values()):
        raise EvaluationError("urlJoin: a part is not a string")
    fragment, host, opaque, path, query, scheme, user = map(str, texts.values())
    user = _authority(f"{user}@").user + "@" if user else ""
    url = f"{scheme}:" if scheme else ""
    if opaque:
        url += opaque
    else:
        path = "*" if path == "*" else quote(path, _SAFE_PATH, errors="replace")
        if host or user or (scheme and path):
            url += "//" if host or user or path else ""
            url += user + quote(host, _SAFE_HOST, errors="replace")
        if path and not path.startswith("/") and host:
            url += "/"
        elif not url and ":" in path.partition("/")[0]:
            url = "./"
        url += path
    url += f"?{query}" if query else ""
    return url + (f"#{quote(fragment, _SAFE_FRAGMENT, errors='replace')}" if fragment else "")


STRING, BOOL = Kind.STRING, Kind.BOOL
FUNCTIONS = (
    *(Function(name, (STRING,), _base, STRING) for name in ("base", "osBase")),
    *(Function(name, (STRING,), _directory, STRING) for name in ("dir", "osDir")),
    *(Function(name, (STRING,), _clean, STRING) for name in ("clean", "osClean")),
    *(Function(name, (STRING,), _extension, STRING) for name in ("ext", "osExt")),
    *(Function(name, (STRING,), _is_absolute, BOOL) for name in ("isAbs", "osIsAbs")),
    Function("urlParse", (STRING,), _parse),
    Function("urlJoin", (Kind.MAP,), _join, STRING),
)
