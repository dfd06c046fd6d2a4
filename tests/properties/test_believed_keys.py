"""Whatever clocks and issuers do, a key is believed no longer than the configuration says."""

from operator import neg

from hypothesis import given, settings, strategies as st

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoints import IssuerEndpoint
from edgeauth.ports.issuers import KeySource
from edgeauth.services.issuer_directory import Issuers
from edgeauth.services.verification_keys import IssuerKeys
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import to_jwk
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run, settle
from tests.fakes.endpoints import FakeEndpoints, json_answer
from tests.fakes.keys import verification_key

JWKS = "https://idp.test/jwks"
TTL, STALE = 60.0, 60.0
SOURCE = KeySource(IssuerEndpoint(url=JWKS), is_metadata=False, ttl=TTL, stale_if_error=STALE)
SETS = {
    name: json_answer(dumps({"keys": [to_jwk(verification_key("ES256"), name, "ES256")]}))
    for name in ("a", "b")
}
SILENT = {"silent": Fault(Reason.COMMUNICATION, "silent"), "503": json_answer(b"{}", 503)}
OTHERS = {
    "404": json_answer(b"{}", 404),
    "garbage": json_answer(b"no key set"),
    "tls": Fault(Reason.INTERNAL, "TLS", final=True),
}
ANSWERS = {**SETS, **SILENT, **OTHERS}
# Around what counts: refreshing ahead from 48 s on, again after five, silence for ten.
SECONDS = st.sampled_from([1.0, 5.0, 6.0, 11.0, 49.0, 55.0, 60.0, 119.0, 4000.0])
STEPS = st.lists(
    st.tuples(st.just("time passes"), SECONDS)
    | st.tuples(st.just("the clock is set"), SECONDS | SECONDS.map(neg))
    | st.tuples(st.just("the issuer"), st.sampled_from(sorted(ANSWERS))),
    max_size=40,
)


class World:
    """An issuer, what it has said, and when."""

    def __init__(self):
        self.clock, self.monotonic = FakeClock(), FakeClock(50.0)
        self.endpoints = FakeEndpoints({JWKS: self.answer})
        issuers = Issuers(self.endpoints, self.monotonic.now)
        self.keys = IssuerKeys(self.endpoints, self.clock, issuers, self.monotonic.now)
        self.state = "a"
        self.last = ""
        """What the issuer has said last."""
        self.told = -1.0
        """When it has told `a` last."""

    def step(self, what, how):
        if what == "the issuer":
            self.state = how
            return
        self.clock.advance(how)
        if what == "time passes":
            self.monotonic.advance(how)

    def answer(self, _):
        self.last = self.state
        if self.state == "a":
            self.told = self.monotonic.now()
        said = ANSWERS[self.state]
        if isinstance(said, Fault):
            raise Fault(said.reason, said.detail, final=said.final)
        return said

    async def ask(self):
        """Asks for a key, and checks that it is rightly believed."""
        last = self.last
        try:
            found = await self.keys.resolve(SOURCE, "", "a")
        except Fault:
            return
        if found.candidates:
            age = self.monotonic.now() - self.told
            assert last != "b" or self.last == "a", "it was withdrawn"
            assert age < TTL or last in SILENT or self.last in SILENT, "it is over"
            assert age < TTL + STALE
        await settle()


@settings(deadline=None, max_examples=200)
@given(STEPS)
def test_no_key_is_believed_beyond_its_time_or_once_it_was_withdrawn(steps):
    async def check():
        world = World()
        await world.ask()
        for step in steps:
            world.step(*step)
            await world.ask()

    run(check())
