"""What authentication with signed tokens costs: tokens seen before, new ones, and many of them.

Beside PyJWT and joserfc, which verify the same tokens with the same keys in the same run, round by
round in turns; and beside the signature check of cryptography alone, which nobody can be faster
than. joserfc is no dependency: `make oracles` puts it beside the repository's own packages.

    python benchmarks/mechanisms.py
"""

import importlib
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]
sys.path.append(str(ROOT / ".oracles"))

import jwt as pyjwt  # noqa: E402

from edgeauth.mechanisms.authenticators import jwt  # noqa: E402
from edgeauth.model.identity import Principal  # noqa: E402
from edgeauth.ports.stages import Matched  # noqa: E402
from edgeauth.services.cache_memory import MemoryCache  # noqa: E402
from edgeauth.services.clock import SystemClock  # noqa: E402
from edgeauth.wire.json import dumps  # noqa: E402
from edgeauth.wire.jwa import ALGORITHMS  # noqa: E402
from edgeauth.wire.jwk import parse_public_key, to_jwk  # noqa: E402
from edgeauth.wire.jws import (  # noqa: E402
    Compact,
    parse_compact,
    sign_compact,
    verify_signature,
)
from tests.fakes.driving import run, run_straight  # noqa: E402
from tests.fakes.endpoints import json_answer  # noqa: E402
from tests.fakes.keys import signing_key, verification_key  # noqa: E402
from tests.fakes.requests import matched  # noqa: E402
from tests.fakes.services import World  # noqa: E402

ISSUER, JWKS = "https://idp.test", "https://idp.test/jwks"
SIGNED_WITH = ("RS256", "ES256", "EdDSA")
ROUNDS, NEW_TOKENS, REPEATS = 9, 100, 20_000
A_MINUTE = 10_000
MINUTES = 6
MEMORY_LIMIT = 8 << 20
"""Octets; small, so that the bound is reached in this run."""


def tokens(algorithm: str, count: int, **more: int) -> list[bytes]:
    """Returns different tokens; `more` claims tell them apart from those of another call."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "shop", "iat": now, "exp": now + 3600, "name": "Alice"}
    header = {"alg": algorithm, "kid": algorithm, "typ": "JWT"}
    key = signing_key(algorithm)
    return [
        sign_compact(header, dumps(claims | more | {"sub": f"user-{number}"}), key)
        for number in range(count)
    ]


class Edge:
    """The authenticator with an issuer whose keys it knows."""

    def __init__(self, cache: MemoryCache | None = None) -> None:
        clock = SystemClock()
        own = MemoryCache(clock) if cache is None else cache
        world = World(clock=clock, cache=own)  # type: ignore[arg-type]
        keys = [to_jwk(verification_key(name), name, name) for name in SIGNED_WITH]
        world.endpoints.answers[JWKS] = json_answer(dumps({"keys": keys}))
        config = {
            "jwks_endpoint": JWKS,
            "assertions": {
                "issuers": [ISSUER], "audience": ["shop"], "allowed_algorithms": [*SIGNED_WITH]
            },
        }  # fmt: skip
        built = world.build(jwt.TYPE, config)
        assert isinstance(built, jwt.JwtAuthenticator)
        self.authenticator = built
        for name in SIGNED_WITH:
            found = run(self.authenticator.authenticate(bearing(tokens(name, 1)[0])))
            assert isinstance(found, Principal), found

    def verify(self, seen: Matched) -> None:
        found = run_straight(self.authenticator.authenticate(seen))
        assert isinstance(found, Principal), found


def bearing(token: bytes) -> Matched:
    return matched(headers={"Authorization": f"Bearer {token.decode()}"})


def known_token() -> None:
    """Measures a token that was seen before, and an empty call beside it."""
    print("A token that was seen before")
    edge, seen = Edge(), bearing(tokens("RS256", 1)[0])
    edge.verify(seen)
    nothing = _Nothing()
    ours, floor = in_turns(
        [
            lambda: repeat(lambda: edge.verify(seen)),
            lambda: repeat(lambda: run_straight(nothing.authenticate(seen))),
        ]
    )
    print(f"  {'edgeauth':32} {ours * 1e6:8.2f} us")
    print(f"  {'a coroutine that does nothing':32} {floor * 1e6:8.2f} us")


class _Nothing:
    async def authenticate(self, _seen: Matched) -> None:
        """Knows nobody."""


def new_tokens(algorithm: str) -> None:
    """Measures tokens that nobody has seen before."""
    print(f"A token that is new, {algorithm}")
    fresh = iter(tokens(algorithm, (ROUNDS + 1) * NEW_TOKENS))
    edge, same = Edge(), tokens(algorithm, NEW_TOKENS)
    key = verification_key(algorithm)
    parsed = [parse_compact(each) for each in same]
    allowed = frozenset({algorithm})
    public = parse_public_key(to_jwk(key, algorithm, algorithm))

    def ours() -> float:
        batch = [bearing(next(fresh)) for _ in range(NEW_TOKENS)]
        return each_of(batch, edge.verify)

    def with_pyjwt(token: bytes) -> None:
        pyjwt.decode(token, key, [algorithm], audience="shop", issuer=ISSUER)  # type: ignore[arg-type]

    def signature(compact: Compact) -> None:
        assert verify_signature(compact, public, allowed)

    measured: list[tuple[str, Callable[[], float]]] = [
        ("edgeauth", ours),
        ("its signature alone", lambda: each_of(parsed, signature)),
        ("PyJWT", lambda: each_of(same, with_pyjwt)),
    ]
    other = joserfc(algorithm)
    if other is not None:
        measured.append(("joserfc", lambda: each_of(same, other)))
    times = in_turns([work for _, work in measured])
    for (name, _), seconds in zip(measured, times, strict=True):
        print(f"  {name:32} {seconds * 1e6:8.1f} us {seconds / times[0]:8.2f} times edgeauth")


def joserfc(algorithm: str) -> Callable[[bytes], None] | None:
    """Returns what verifies with joserfc; None when it is not there."""
    try:
        there = importlib.import_module("joserfc.jwt")
        jwk = importlib.import_module("joserfc.jwk")
    except ImportError:
        print(f"  {'joserfc':32} not there; make oracles")
        return None
    key = jwk.import_key(dict(to_jwk(verification_key(algorithm), algorithm, algorithm)))
    claims = there.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": "shop"}
    )

    def verify(token: bytes) -> None:
        claims.validate(there.decode(token, key, algorithms=[algorithm]).claims)

    return verify


def many_tokens() -> None:
    """Measures memory while every token is another one."""
    print(f"Memory, {A_MINUTE} different tokens a minute, {MEMORY_LIMIT >> 20} MiB for the cache")
    cache = MemoryCache(SystemClock(), MEMORY_LIMIT)
    edge = Edge(cache)
    for minute in range(1, MINUTES + 1):
        for token in tokens("EdDSA", A_MINUTE, minute=minute):
            edge.verify(bearing(token))
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
        print(
            f"  minute {minute}: {len(cache)} tokens, {cache.octets / 2**20:.1f} MiB by its own "
            f"estimate, {resident / 2**20:.0f} MiB resident"
        )


def repeat(work: Callable[[], object]) -> float:
    """Returns the seconds of CPU that one call takes."""
    begun = time.process_time()
    for _ in range(REPEATS):
        work()
    return (time.process_time() - begun) / REPEATS


def each_of(batch: Sequence[object], work: Callable[..., None]) -> float:
    """Returns the seconds of CPU that each of a batch takes."""
    begun = time.process_time()
    for each in batch:
        work(each)
    return (time.process_time() - begun) / len(batch)


def in_turns(measured: Sequence[Callable[[], float]]) -> list[float]:
    """Returns medians; every round visits each once, after one that does not count."""
    rounds = [[work() for work in measured] for _ in range(ROUNDS + 1)][1:]
    return [statistics.median(each) for each in zip(*rounds, strict=True)]


def main() -> None:
    """Prints every figure."""
    assert set(SIGNED_WITH) <= set(ALGORITHMS)
    known_token()
    for algorithm in SIGNED_WITH:
        new_tokens(algorithm)
    many_tokens()


if __name__ == "__main__":
    main()
