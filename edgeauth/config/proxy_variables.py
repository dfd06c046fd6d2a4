"""The proxies that variables of the environment name: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`.

Each counts in capitals or, if that is unset or empty, in small letters. In a CGI program
`HTTP_PROXY` is what the field `Proxy` of some request says, so it does not count where
`REQUEST_METHOD` tells that this is one (httpoxy, CVE-2016-5386).
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from edgeauth.config.codes import Code
from edgeauth.config.errors import Collector, Problem
from edgeauth.config.outbound_proxies import Exemption, OutboundProxies, Proxy, parse_exemption
from edgeauth.config.scalars import is_host

_EXPECTED: Final = "expected a URL such as http://proxy.internal:3128"


def outbound_proxies(environment: Mapping[str, str], problems: Collector) -> OutboundProxies:
    """Returns the proxies that are named.

    Args:
        environment: the variables; an empty one counts as unset.
        problems: receives what is wrong with them; never shows their values.
    """
    in_cgi = bool(environment.get("REQUEST_METHOD"))
    plain = None if in_cgi else _proxy("HTTP_PROXY", environment, problems)
    encrypted = _proxy("HTTPS_PROXY", environment, problems)
    return OutboundProxies(plain, encrypted, _exemptions(environment, problems))


def _variable(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Returns the name of the variable that counts, and its value without blanks around it."""
    for each in (name, name.lower()):
        value = environment.get(each, "").strip()
        if value:
            return each, value
    return name, ""


def _proxy(name: str, environment: Mapping[str, str], problems: Collector) -> Proxy | None:
    variable, text = _variable(name, environment)
    if not text:
        return None
    try:
        return _parsed(text)
    except ValueError as error:
        problems.add(_problem(variable, str(error) or "the value is no proxy", _EXPECTED))
        return None


def _parsed(text: str) -> Proxy:
    """Returns the proxy of a URL, or of host and port alone.

    Raises:
        ValueError: it is none; a text is for the operator.
    """
    if not text.isascii() or not text.isprintable():
        raise ValueError
    parts = _split(text)
    if parts.scheme != "http":
        raise ValueError("proxies other than http:// are not supported yet by edgeauth")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("the value has a path")
    host = parts.hostname or ""
    if not is_host(f"[{host}]" if ":" in host else host):
        raise ValueError
    return Proxy(host.lower(), parts.port or 80, _authorization(parts))


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text if "://" in text else f"http://{text}")
    except ValueError:
        raise ValueError from None  # its own text may show the value


def _authorization(parts: SplitResult) -> str:
    """Returns the credentials of a URL as basic authentication (RFC 7617)."""
    if parts.username is None:
        return ""
    user, password = unquote(parts.username), unquote(parts.password or "")
    if ":" in user or not (user + password).isprintable():
        raise ValueError("the credentials can not be sent")
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _exemptions(environment: Mapping[str, str], problems: Collector) -> tuple[Exemption, ...]:
    variable, text = _variable("NO_PROXY", environment)
    found: list[Exemption] = []
    for number, entry in enumerate(text.lower().split(","), start=1):
        if not entry.strip():
            continue
        exemption = parse_exemption(entry.strip())
        if exemption is None:
            expected = "expected example.com, .example.com, 10.0.0.1, 10.0.0.0/8 or *"
            problems.add(_problem(variable, f"entry {number} of the value means nothing", expected))
        else:
            found.append(exemption)
    return tuple(found)


def _problem(variable: str, message: str, expected: str) -> Problem:
    file = f"environment variable {variable}"
    return Problem(file, 0, 0, message, expected, code=Code.VARIABLE)
