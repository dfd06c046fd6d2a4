"""What rules cost: from text to a book that decides, in memory, and to be found.

Every rule is another one, with three steps: by default all that it says is its own (`everything`),
else a condition, or nothing but its id and paths (`plain`).
All times are CPU times. Between the rule sets an empty loop is run: what it takes at its best, to
what it took meanwhile, tells what the times would be if the machine had nothing else to do.

    python benchmarks/rules.py [--rules 10000] [--sets 20] [--kind plain] [--profile]
"""

import argparse
import cProfile
import gc
import io
import os
import pstats
import resource
import sys
import time
import timeit
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import TypeVar

from yaml import StreamEndEvent

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.machine import Machine  # noqa: E402
from benchmarks.rule_texts import CATALOGUE, KINDS, rule_sets  # noqa: E402
from edgeauth.catalogue.catalogue import Catalogue  # noqa: E402
from edgeauth.catalogue.compile import RuleCompiler  # noqa: E402
from edgeauth.catalogue.drafts import RuleSetDraft, conflicting  # noqa: E402
from edgeauth.catalogue.enforcement import Enforcement  # noqa: E402
from edgeauth.catalogue.registry import Registry  # noqa: E402
from edgeauth.config.errors import Collector  # noqa: E402
from edgeauth.config.parsers import event_reader  # noqa: E402
from edgeauth.config.read import read_configuration, read_rule_sets  # noqa: E402
from edgeauth.engine.route import Found, PathExpression, Route  # noqa: E402
from edgeauth.engine.rule import Rule  # noqa: E402
from edgeauth.engine.rulebook import RuleBook  # noqa: E402
from edgeauth.engine.trie import Trie  # noqa: E402
from edgeauth.mechanisms.builtins import TYPES  # noqa: E402
from edgeauth.model.request import Headers, Request  # noqa: E402
from tests.fakes.services import World  # noqa: E402

T = TypeVar("T")

EVENTS = "(libyaml alone)"
METHODS = frozenset({"GET", "POST"})


def compiler() -> RuleCompiler:
    """Returns a compiler with the catalogue of the rules."""
    configuration = read_configuration(CATALOGUE, "edgeauth.yaml", {})
    enforcement = Enforcement()
    catalogue = Catalogue(configuration.mechanisms, Registry(TYPES), World().services, enforcement)
    return RuleCompiler(catalogue, configuration.default_rule, enforcement, proxy=True)


class Stages:
    """How long each stage takes, and how fast the machine is meanwhile."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._machine = Machine()

    def timed(self, name: str, work: Callable[[], T]) -> T:
        """Returns what work returns, and adds how long it took."""
        self._machine.look()
        begin = time.process_time()
        result = work()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - begin
        return result

    def show(self) -> None:
        """Prints every stage, as it was and as it would be at rest."""
        self._machine.show()
        slower = self._machine.slower
        alone = self.seconds.pop(EVENTS)
        whole = sum(self.seconds.values())
        for name, seconds in {EVENTS: alone, **self.seconds, "from text to ready": whole}.items():
            print(f"  {name:40} {seconds:8.2f} s {seconds / slower:8.2f} s at rest")


def events(text: str) -> None:
    """Reads YAML and makes nothing of it: what no loading can be faster than."""
    following = event_reader(text)
    while not isinstance(following(), StreamEndEvent):
        pass


def load(texts: list[str]) -> RuleBook:
    """Goes from texts to a book, stage by stage."""
    stages, compiling, problems = Stages(), compiler(), Collector()
    drafts: list[RuleSetDraft] = []
    for number, text in enumerate(texts):
        stages.timed(EVENTS, partial(events, text))
        (read,) = stages.timed("reading", partial(read_rule_sets, text, f"rules-{number}.yaml"))
        drafts.append(stages.timed("compiling", partial(compiling.draft, read, problems)))
    assert not problems.found, problems.found
    assert stages.timed("looking for conflicts", partial(conflicting, drafts)) == {}
    book = stages.timed("the trie", partial(compiling.assemble, drafts))
    stages.show()
    return book


def warm(texts: list[str]) -> None:
    """Loads once in silence: imports and caches."""
    with redirect_stdout(io.StringIO()):
        load(texts)


def memory() -> int:
    """Returns the resident octets of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def book_of(rules: int) -> RuleBook:
    """Returns a book of rules that differ in their paths only."""
    trie, rule = Trie(), Rule("any", "", (), (), (), ())
    for number in range(rules):
        shop = (f"shops{number}", None)
        orders = PathExpression((*shop, "orders"), free=True, names=("shop", ""))
        more = PathExpression((*shop, "more"), free=False, names=("shop",))
        for expression in (orders, more):
            trie.add("*", expression, Route(rule, expression.named(), METHODS))
    return RuleBook(trie)


def finding(book: RuleBook, path: str) -> timeit.Timer:
    """Returns the timer of a rule being found."""
    request = Request("GET", "http", "shop.test", path, "", Headers(), ("192.0.2.1",))
    assert isinstance(book.find(request), Found)
    return timeit.Timer(partial(book.find, request), timer=time.process_time)


def lookups(book: RuleBook, rules: int) -> None:
    """Prints what it costs to find a rule, the best of many rounds."""
    path = f"/shops{rules // 2}/eu-1/orders/7/8"
    timers = {f"finding one of {rules} of these": finding(book, path)}
    for count in (10, 1_000, 100_000):
        timers[f"finding one of {count}"] = finding(book_of(count), f"/shops{count // 2}/eu-1/more")
    best = dict.fromkeys(timers, 1.0)
    for _ in range(15):
        for name, timer in timers.items():
            best[name] = min(best[name], timer.timeit(5_000) / 5_000)
    for name, seconds in best.items():
        print(f"  {name:40} {seconds * 1e6:8.2f} µs")


def main() -> None:
    """Prints every figure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rules", type=int, default=10_000)
    options.add_argument("--sets", type=int, default=20)
    options.add_argument("--kind", choices=KINDS, default="everything", help="of its own")
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    texts = rule_sets(given.kind, given.rules, given.sets)
    size = sum(map(len, texts)) / 1e6
    print(f"{given.rules} rules ({given.kind}) in {given.sets} sets, {size:.1f} MB")
    gc.disable()
    warm(rule_sets(given.kind, 10, 1))
    before = memory()
    if given.profile:
        with cProfile.Profile() as profile:
            load(texts)
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        return
    book = load(texts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    gc.collect()
    print(f"  {'kept of each rule':40} {(memory() - before) / given.rules / 1024:8.1f} KiB")
    print(f"  {'at the worst, of each rule':40} {(peak - before) / given.rules / 1024:8.1f} KiB")
    lookups(book, given.rules)


if __name__ == "__main__":
    main()
