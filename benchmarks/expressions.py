"""What expressions cost: loaded, used first and evaluated, beside other engines in one run.

Conditions are measured beside cel-expr-python (C++) and cel-python (interpreted), each with the
same text over the same maps; and once more as rules write them, over the objects of a request. The
other engines are no dependencies: `make oracles` puts them beside the repository's own packages.

Everything is measured in rounds, each engine once a round, in CPU time: ratios are medians of the
rounds, so that it does not matter when the machine has other work, and times are the best ones.

    python benchmarks/expressions.py
"""

import gc
import importlib
import statistics
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]
sys.path.append(str(ROOT / ".oracles"))

from benchmarks.machine import Machine  # noqa: E402
from edgeauth.expressions.cel import compile_condition  # noqa: E402
from edgeauth.expressions.objects import VARIABLES, RequestView  # noqa: E402
from edgeauth.expressions.types import DYN  # noqa: E402
from edgeauth.model.identity import Principal, Subject  # noqa: E402
from edgeauth.model.request import Headers, Request  # noqa: E402

ON_MAPS = (
    'request.method == "GET" && request.path.startsWith("/orders/") && '
    '"admin" in subject.roles && subject.age >= 18 && subject.groups.exists(g, g == "staff")'
)
ON_OBJECTS = (
    'Request.Method == "GET" && Request.URL.Path.startsWith("/orders/") && '
    '"admin" in Subject.Attributes.roles && Subject.Attributes.age >= 18 && '
    'Subject.Attributes.groups.exists(g, g == "staff")'
)
CLAIMS = {"roles": ["user", "admin"], "age": 42, "groups": ["sales", "ops", "staff"]}
MAPS = {"request": {"method": "GET", "path": "/orders/7"}, "subject": CLAIMS}
DECLARED = dict.fromkeys(MAPS, DYN)
DISTINCT = 10_000
ROUNDS = 9


def main() -> None:
    """Prints every figure."""
    evaluated()
    compiled("each with another string", _with_strings())
    compiled("each with another shape", _with_names())


def evaluated() -> None:
    """Measures conditions that are compiled already."""
    print("A condition of five terms, evaluated")
    runs = {"edgeauth": evaluation(), "edgeauth, objects of a request": evaluation_on_objects()}
    for name, prepare in (("cel-expr-python", native), ("cel-python", interpreted)):
        try:
            runs[name] = prepare()
        except ImportError:
            print(f"  {name:32} not there; make oracles")
    rounds = measured(runs)
    for name, times in rounds.items():
        print(f"  {name:32} {min(times):10.2f} µs {ratio(times, rounds['edgeauth']):8.1f} times")


def compiled(kind: str, texts: Iterator[str]) -> None:
    """Measures what 10 000 texts cost, with all that is made when they are evaluated first."""
    print(f"A condition of five terms, {kind}")
    gc.disable()  # as it is while edgeauth loads rules
    machine = Machine()
    loading = using = 0.0
    while some := list(islice(texts, 100)):
        machine.look()
        begin = time.process_time()
        conditions = [compile_condition(text, DECLARED) for text in some]
        loaded = time.process_time()
        for condition in conditions:
            condition.evaluate(MAPS)
        using += time.process_time() - loaded
        loading += loaded - begin
    machine.show()
    both = loading + using
    for name, seconds in (("loaded", loading), ("evaluated first", using), ("both", both)):
        each, rest = seconds / DISTINCT * 1e3, seconds / machine.slower
        print(f"  {name:32} {each:10.3f} ms; at rest {rest / DISTINCT * 1e3:.3f} ms, {rest:.2f} s")


def _with_strings() -> Iterator[str]:
    for number in range(DISTINCT):
        yield ON_MAPS.replace("orders", f"orders{number}")


def _with_names() -> Iterator[str]:
    for number in range(DISTINCT):
        yield ON_MAPS.replace("g == ", f"g{number} == ").replace("exists(g", f"exists(g{number}")


def evaluation() -> Callable[[], object]:
    condition = compile_condition(ON_MAPS, DECLARED)
    return lambda: condition.evaluate(MAPS)


def evaluation_on_objects() -> Callable[[], object]:
    request = Request("GET", "https", "shop.test", "/orders/7", "", Headers([]), ("192.0.2.1",))
    subject = Subject("alice", CLAIMS, b"", {"default": Principal("alice", CLAIMS, b"")})
    scope: dict[str, object] = {"Request": RequestView(request, {}), "Subject": subject}
    condition = compile_condition(ON_OBJECTS, {name: VARIABLES[name] for name in scope})
    return lambda: condition.evaluate(scope)


def native() -> Callable[[], object]:
    cel = importlib.import_module("cel_expr_python.cel")
    env = cel.NewEnv(variables=dict.fromkeys(MAPS, cel.Type.DYN))
    program = env.compile(ON_MAPS)
    return lambda: program.eval(data=MAPS).value()


def interpreted() -> Callable[[], object]:
    celpy = importlib.import_module("celpy")
    environment = celpy.Environment()
    program = environment.program(environment.compile(ON_MAPS))
    data = {name: celpy.json_to_cel(value) for name, value in MAPS.items()}
    return lambda: program.evaluate(data)


def measured(runs: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Returns the microseconds of each round."""
    timers = {name: timeit.Timer(run, timer=time.process_time) for name, run in runs.items()}
    numbers = {name: max(1, timer.autorange()[0] // 4) for name, timer in timers.items()}
    rounds: dict[str, list[float]] = {name: [] for name in runs}
    for name, run in runs.items():
        if not run():
            raise AssertionError(f"{name} disagrees")
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            rounds[name].append(timer.timeit(numbers[name]) / numbers[name] * 1e6)
    return rounds


def ratio(times: list[float], others: list[float]) -> float:
    """Returns how many times as long as the others it took, round by round."""
    pairs = zip(times, others, strict=True)
    return statistics.median(one / other for one, other in pairs)


if __name__ == "__main__":
    main()
