from edgeauth.ports.facts import CacheCounters, Learned
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.counted_cache import CountedCache
from tests.fakes.cache_contract import KNOWN, Known
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.driving import run


def test_everything_but_the_count_is_that_of_the_cache():
    cache, counters = MemoryCache(FakeClock()), CacheCounters()
    counted = CountedCache(cache, counters)

    async def work():
        return Learned(Known("learned"), NOW + 60)

    async def check():
        counted.store(b"stored", Known("stored"), NOW + 60, KNOWN)
        return await counted.fetch(b"other", KNOWN), await counted.learn(b"learned", KNOWN, work)

    assert run(check()) == (None, Known("learned"))
    assert (cache.peek(b"stored"), cache.peek(b"learned")) == (Known("stored"), Known("learned"))
    assert counted.find(b"learned") == counted.peek(b"learned") == Known("learned")
    assert counted.find(b"unknown") is None
    assert (counters.hits, counters.misses) == (1, 1)
