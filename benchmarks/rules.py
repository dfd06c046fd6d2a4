"""What rules cost: from text to a book that decides, in memory, and to be found.

Every rule is another one: its own id, path, condition, expression and template, three steps each.

    python benchmarks/rules.py [--rules 10000] [--sets 1] [--profile]
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

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

from edgeauth.catalogue.catalogue import Catalogue  # noqa: E402
from edgeauth.catalogue.compile import RuleCompiler  # noqa: E402
from edgeauth.catalogue.drafts import conflicting  # noqa: E402
from edgeauth.catalogue.enforcement import Enforcement  # noqa: E402
from edgeauth.catalogue.registry import Registry  # noqa: E402
from edgeauth.config.document import read_documents  # noqa: E402
from edgeauth.config.errors import Collector  # noqa: E402
from edgeauth.config.read import read_configuration, read_rule_sets  # noqa: E402
from edgeauth.engine.rulebook import Found, RuleBook  # noqa: E402
from edgeauth.mechanisms.builtins import TYPES  # noqa: E402
from edgeauth.model.request import Headers, Request  # noqa: E402
from tests.fakes.services import World  # noqa: E402

T = TypeVar("T")

CONFIGURATION = """\
mechanisms:
  authenticators: [{id: sso, type: unauthorized}]
  authorizers: [{id: policy, type: cel, config: {expressions: [{expression: "true"}]}}]
  finalizers: [{id: tell, type: header, config: {headers: {X-User: "{{ .Subject.ID }}"}}}]
default_rule: {execute: [{authenticator: sso}, {authorizer: policy}]}
"""
RULE = """\
  # orders of shop {n}: read by everybody who is signed in, written by the staff of the shop alone
  - id: shop:orders:{n}
    match:
      routes:
        - path: /shops{n}/:shop/orders/**
          path_params:
            - name: shop
              type: glob
              value: "{{eu,us}}-*"
        - path: /shops{n}/:shop/more
      methods: [GET, POST]
    forward_to:
      host: orders:9000
      rewrite:
        strip_path_prefix: /shops{n}
    execute:
      - authenticator: sso
      - authorizer: policy
        if: Request.Method == "POST" && Request.Header("X-Shop").contains("shop-{n}")
        config:
          expressions:
            - expression: Subject.ID != "" && Subject.Attributes.department in ["sales", "s{n}"]
              message: only the staff of shop {n} may do that
      - finalizer: tell
        config:
          headers:
            X-Shop: "{{{{ .Request.URL.Captures.shop }}}}/{n}"
"""


def rule_set(first: int, count: int) -> str:
    """Returns the text of a rule set of distinct rules."""
    rules = "".join(RULE.format(n=number) for number in range(first, first + count))
    return f'version: "1alpha4"\nname: shops {first}\nrules:\n{rules}'


def compiler() -> RuleCompiler:
    """Returns a compiler with the catalogue of the rules."""
    configuration = read_configuration(CONFIGURATION, "edgeauth.yaml", {})
    enforcement = Enforcement()
    catalogue = Catalogue(configuration.mechanisms, Registry(TYPES), World().services, enforcement)
    return RuleCompiler(catalogue, configuration.default_rule, enforcement, proxy=True)


def timed(name: str, work: Callable[[], T]) -> T:
    """Returns what work returns, and prints how long it took."""
    begin = time.process_time()
    result = work()
    print(f"  {name:40} {time.process_time() - begin:8.2f} s")
    return result


def load(texts: list[str]) -> RuleBook:
    """Goes from texts to a book, stage by stage."""
    named = [(text, f"rules-{number}.yaml") for number, text in enumerate(texts)]
    timed("(of it, reading YAML)", lambda: [read_documents(*each) for each in named])
    begin = time.process_time()
    sets = timed("reading", lambda: [one for each in named for one in read_rule_sets(*each)])
    compiling = compiler()
    problems = Collector()
    drafts = timed("compiling", lambda: [compiling.draft(each, problems) for each in sets])
    assert not problems.found, problems.found
    assert timed("looking for conflicts", lambda: conflicting(drafts)) == {}
    book = timed("the trie", lambda: compiling.assemble(drafts))
    print(f"  {'from text to ready':40} {time.process_time() - begin:8.2f} s")
    return book


def warm(texts: list[str]) -> None:
    """Loads once in silence: imports and caches."""
    with redirect_stdout(io.StringIO()):
        load(texts)


def memory() -> int:
    """Returns the resident octets of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def lookups(book: RuleBook, rules: int) -> None:
    """Prints what it costs to find a rule."""
    begin = f"/shops{rules // 2}/eu-1"
    for name, path in (("by its path", "more"), ("and a glob of path_params", "orders/7/8")):
        request = Request(
            "GET", "http", "shop.test", f"{begin}/{path}", "", Headers(), ("192.0.2.1",)
        )
        assert isinstance(book.find(request), Found)
        timer = timeit.Timer(partial(book.find, request), timer=time.process_time)
        best = min(timer.repeat(number=20_000, repeat=5)) / 20_000
        print(f"  {f'finding one {name}':40} {best * 1e6:8.2f} µs")


def main() -> None:
    """Prints every figure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rules", type=int, default=10_000)
    options.add_argument("--sets", type=int, default=1)
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    each = given.rules // given.sets
    texts = [rule_set(number * each, each) for number in range(given.sets)]
    print(f"{given.rules} distinct rules in {given.sets} sets, {sum(map(len, texts)) / 1e6:.1f} MB")
    gc.disable()
    warm([rule_set(0, 10)])
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
