"""Whatever clocks and endpoints do, a kept answer ends in time."""

from hypothesis import given, settings, strategies as st

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.services import EndpointAnswer
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.endpoints.answers import HttpCacheOfAnswers
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run, settle
from tests.unit.services.endpoints.made import call

TTL, STALE = 10.0, 60.0
QUESTION = call("http://a.test/", http_cache={"enabled": True, "stale_if_error": f"{STALE:.0f}s"})
SECONDS = st.floats(0, 100)
STEPS = st.lists(
    st.tuples(st.just("time passes"), SECONDS)
    | st.tuples(st.just("the clock is set"), st.floats(-4000, 4000))
    | st.tuples(st.just("the endpoint"), st.sampled_from([200, 404, 503, "silent"])),
    max_size=30,
)


class World:
    def __init__(self):
        self.clock, self.monotonic = FakeClock(), FakeClock(50.0)
        cache = MemoryCache(self.clock, monotonic=self.monotonic.now)
        self.answers = HttpCacheOfAnswers(cache, self.clock, self.monotonic.now)
        self.state = 200
        self.gone = False

    def step(self, what, how):
        if what == "time passes":
            self.clock.advance(how)
            self.monotonic.advance(how)
        elif what == "the clock is set":
            self.clock.advance(how)
        else:
            self.state = how

    async def send(self, _):
        if self.state == "silent":
            raise Fault(Reason.COMMUNICATION, "silent")
        self.gone = self.state == 404
        body = repr(self.monotonic.now()).encode()
        return EndpointAnswer(self.state, "text/plain", body, (("cache-control", "max-age=10"),))

    async def ask(self):
        """Asks, and checks that an answer that is used is not too old."""
        was_gone = self.gone
        try:
            answer = await self.answers.send(QUESTION, self.send)
        except Fault:
            assert self.state == "silent"
            return
        if answer.status == 200:
            age = self.monotonic.now() - float(answer.body)
            assert age < TTL + STALE
            assert not (was_gone and self.state != 200), "it was taken back"
        await settle()


@settings(deadline=None)
@given(STEPS)
def test_no_answer_is_used_beyond_its_bound_or_once_it_was_taken_back(steps):
    async def check():
        world = World()
        await world.ask()
        for step in steps:
            world.step(*step)
            await world.ask()

    run(check())
