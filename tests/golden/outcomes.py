"""What became of a request, reduced to what has to be the same whoever decided."""

import json
import re
from collections.abc import Callable, Iterable

import jwt

from tests.golden.cases import Group, Tree
from tests.golden.messages import Message

_UNTOLD = frozenset(
    {
        "connection", "content-length", "date", "transfer-encoding", "accept-encoding",
        "user-agent", "server", "cache-control", "vary", "content-type",
        "x-content-type-options", "www-authenticate", "via",
    }
)  # fmt: skip
"""Fields that say nothing about a decision; a group may observe them all the same."""
_FORWARDING = frozenset(
    {"host", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
)
_COMMON = {("accept", "*/*"), ("accept", "application/json")}
"""Fields of requests to services that only some programs send."""
_TOLD_OF_DECISIONS = ("subject", "principals", "reason", "step", "detail")
_VOLATILE = ("iat", "nbf", "exp", "jti")
_CONTRACT = re.compile(r"(?:(\S+) )?(eyJ[\w-]+\.[\w-]+\.[\w-]+)")


def outcome(
    group: Group,
    answer: Message | None,
    line: Tree,
    arrived: Iterable[Message],
    asked: Iterable[Message],
    anonymous: Callable[[str], str],
) -> Tree:
    """Returns what a golden file says about a request.

    Args:
        group: says what counts.
        answer: the client's; None if there was none.
        line: of the decision log: the rule that was found, and why; empty if there was none.
        arrived: what the upstream received.
        asked: what services received.
        anonymous: puts names in place of addresses and tokens.
    """
    if answer is None:
        return {"status": "none"}
    told: Tree = {"status": int(answer.start.split(" ")[1])}
    rule = line.get("rule")
    if rule and told["status"] != 400:  # before a pipeline began: the reference names its rule
        told["rule"] = rule
    fields = _fields(answer, _UNTOLD - group.observe, anonymous)
    if fields:
        told["headers"] = fields
    if "decision" in group.observe:
        told["decision"] = _decision(line, anonymous)
    if "body" in group.observe and answer.body:
        told["body"] = anonymous(answer.body.decode())
    if "form" in group.observe:
        told["form"] = _form(answer.body.decode())
    untold = (_UNTOLD | _FORWARDING) - group.observe
    for message in arrived:
        told["upstream"] = _request(message, untold, anonymous)
    if "asked" in group.observe:
        told["asked"] = [
            _request(message, untold, anonymous)
            for message in asked
            if message.start != "GET /jwks HTTP/1.1"
        ]
    return told


def _decision(line: Tree, anonymous: Callable[[str], str]) -> Tree:
    """Returns who was recognised, or why the request was refused."""
    told = _told(line, anonymous)
    passed_over = [_told(each, anonymous) for each in line.get("downgrades", ())]
    return {**told, "downgrades": passed_over} if passed_over else told


def _told(line: Tree, anonymous: Callable[[str], str]) -> Tree:
    """Returns what the decision log says of a refusal, without what changes each time."""
    told = {name: line[name] for name in _TOLD_OF_DECISIONS if name in line}
    return json.loads(anonymous(json.dumps(told)))


def _form(body: str) -> str:
    """Returns what an error's text is written in, with its code; words are everybody's own."""
    if body.startswith("{"):
        return f"JSON, {json.loads(body).get('code')}"
    code = re.match("<error><code>(.*?)</code>", body)
    if code is not None:
        return f"XML, {code[1]}"
    if body.startswith("<"):
        return "HTML" if body.startswith("<p>") else "other"
    return "text" if body else "none"


def _request(message: Message, untold: frozenset[str], anonymous: Callable[[str], str]) -> Tree:
    method, _, rest = message.start.partition(" ")
    target = rest.rpartition(" ")[0]
    told: Tree = {"method": method, "target": anonymous(target)}
    fields = _fields(message, untold, anonymous)
    if fields:
        told["headers"] = fields
    if message.body:
        body = anonymous(message.body.decode())
        is_form = message.get("content-type").startswith("application/x-www-form-urlencoded")
        told["body"] = "&".join(sorted(body.split("&"))) if is_form else body
    return told


def _fields(message: Message, untold: frozenset[str], anonymous: Callable[[str], str]) -> Tree:
    found: dict[str, list[object]] = {}
    for name, value in message.fields:
        if name not in untold and (name, value) not in _COMMON:
            found.setdefault(name, []).append(decoded(_shown(name, value, anonymous)))
    return {
        name: values[0] if len(values) == 1 else values for name, values in sorted(found.items())
    }


def _shown(name: str, value: str, anonymous: Callable[[str], str]) -> str:
    if name == "dpop-nonce":
        return "<nonce>"
    return value.partition(";")[0] if name == "content-type" else anonymous(value)


def decoded(text: str) -> object:
    """Returns a contract as what counts of it, and other texts as they are."""
    found = _CONTRACT.fullmatch(text)
    if found is None:
        return text
    claims = jwt.decode(found[2], options={"verify_signature": False})
    header = jwt.get_unverified_header(found[2])
    lasts = claims.get("exp", 0) - claims.get("iat", 0)
    kept = {name: value for name, value in claims.items() if name not in _VOLATILE}
    return {
        "scheme": found[1] or "",
        "header": {name: value for name, value in sorted(header.items()) if name != "kid"},
        "lasts": lasts,
        "claims": dict(sorted(kept.items())),
    }
