"""Which failures are tried again, and when.

A wait has two bounds: its own, `give_up_after`, and the time that the call has left. A call that
could not be answered in time any more is not made again. Waits are shortened at random, so that
callers who failed together do not come back together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from random import SystemRandom
from typing import Final

from edgeauth.ports.call_terms import Retry
from edgeauth.ports.services import Clock, EndpointAnswer
from edgeauth.services.endpoints.exchange import Unanswered
from edgeauth.wire.http_caching import parse_seconds
from edgeauth.wire.http_dates import parse_http_date

MAX_ATTEMPTS: Final = 6

_random: Final = SystemRandom()


def is_failure(status: int) -> bool:
    """Returns whether a status speaks of the endpoint's own condition: 5xx but 501."""
    return status >= 500 and status != 501


def may_pass(status: int) -> bool:
    """Returns whether the same call may have another answer soon."""
    return is_failure(status) or status in (408, 429)


def waits(retry: Retry | None) -> Iterator[float]:
    """Yields the seconds before each further attempt."""
    if retry is None:
        return
    for attempt in range(MAX_ATTEMPTS - 1):
        wait = retry.max_delay * 2**attempt
        if retry.give_up_after > 0:
            wait = min(wait, retry.give_up_after)
        yield wait * _random.uniform(0.5, 1.0)


async def attempt(
    once: Callable[[], Awaitable[EndpointAnswer]],
    retry: Retry | None,
    deadline: float,
    clock: Clock,
) -> EndpointAnswer:
    """Returns the last answer.

    Args:
        once: makes the call.
        retry: how often and when; None is once.
        deadline: on the loop's clock.
        clock: what dates of answers are compared with.

    Raises:
        Fault: that of the last attempt.
    """
    loop = asyncio.get_running_loop()
    for wait in waits(retry):
        pause = wait
        try:
            answer = await once()
        except Unanswered:
            if loop.time() + pause >= deadline:
                raise
        else:
            pause = max(wait, _wished(answer, clock.now()))
            if not may_pass(answer.status) or loop.time() + pause >= deadline:
                return answer
        await asyncio.sleep(pause)
    return await once()


def _wished(answer: EndpointAnswer, now: float) -> float:
    """Returns the seconds that an answer asks to wait (RFC 9110 section 10.2.3)."""
    text = answer.header("retry-after")
    if text is None:
        return 0.0
    seconds = parse_seconds(text)
    if seconds is None:
        date = parse_http_date(text)
        seconds = 0.0 if date is None else date - now
    return seconds
