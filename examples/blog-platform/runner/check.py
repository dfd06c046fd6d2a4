"""Runs all stories against a platform of its own, and prints what came of them."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar

from runner import stories_of_attackers, stories_of_visitors
from runner.plan import EXAMPLE, plan_on_free_ports
from runner.platform import Platform
from runner.world import Row, World

STORIES = (
    stories_of_visitors.everybody_sees_the_public_pages,
    stories_of_visitors.an_unknown_page,
    stories_of_visitors.alice_signs_in,
    stories_of_visitors.readers_have_quotas,
    stories_of_visitors.a_tier_changes,
    stories_of_visitors.writers,
    stories_of_attackers.bad_tokens,
    stories_of_attackers.identities_of_their_own,
    stories_of_attackers.the_decision_point_fails,
    stories_of_attackers.the_issuer_fails,
    stories_of_attackers.the_issuer_rotates_its_keys,
)


async def check() -> bool:
    """Whether all stories came true. Logs are kept only if not."""
    runs = EXAMPLE / ".run"
    runs.mkdir(mode=0o700, exist_ok=True)
    folder = Path(mkdtemp(prefix="check-", dir=runs))
    platform = Platform(plan_on_free_ports(folder))
    kept = True
    try:
        await platform.start()
        rows = await _tell(platform)
        kept = not all(row.came_true for row in rows)
    finally:
        await platform.stop()
        if kept:
            print(f"The logs are in {folder}.")
        else:
            shutil.rmtree(folder)
    _print_table(rows)
    return not kept


async def _tell(platform: Platform) -> list[Row]:
    timeout = ClientTimeout(total=10)
    async with ClientSession(timeout=timeout, cookie_jar=DummyCookieJar()) as session:
        world = World(platform, session)
        for story in STORIES:
            await story(world)
    return world.rows


def _print_table(rows: list[Row]) -> None:
    first = max(len(row.story) for row in rows)
    second = min(30, max(len(row.expected) for row in rows))
    print(f"\n      {'story':<{first}}  {'expected':<{second}}  seen")
    for row in rows:
        mark = "ok" if row.came_true else "NO"
        print(f"  {mark}  {row.story:<{first}}  {row.expected:<{second}}  {row.seen}")
    failed = sum(not row.came_true for row in rows)
    print(f"\n{len(rows) - failed} of {len(rows)} came true.")
