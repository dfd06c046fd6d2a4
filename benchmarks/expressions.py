"""What expressions cost: compiled and evaluated beside other engines, all in one run.

Conditions are measured beside cel-expr-python (C++) and cel-python (interpreted), each with the
same text over the same maps; and once more as rules write them, over the objects of a request. The
other engines are no dependencies: `make oracles` puts them beside the repository's own packages.

    python benchmarks/expressions.py
"""

import importlib
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]
sys.path.append(str(ROOT / ".oracles"))

from edgeauth.expressions.cel import compile_condition  # noqa: E402
from edgeauth.expressions.cel.program import Program  # noqa: E402
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


def main() -> None:
    """Prints every figure."""
    conditions()


def conditions() -> None:
    """Measures conditions."""
    print("A condition of five terms, evaluated")
    ours = show("edgeauth", evaluation())
    show("edgeauth, objects of a request", evaluation_on_objects())
    for name, prepare in (("cel-expr-python", native), ("cel-python", interpreted)):
        try:
            run = prepare()
        except ImportError:
            print(f"  {name:32} not there; make oracles")
            continue
        print(f"  {'':32} {show(name, run) / ours:10.1f} times edgeauth")
    print("Compiled, each text another one")
    texts = [ON_MAPS.replace("orders", f"orders{place}") for place in range(DISTINCT)]
    seconds = timeit.timeit(lambda: [Program(text, DECLARED) for text in texts], number=1)
    print(f"  {'one of five terms':32} {seconds / DISTINCT * 1e3:10.3f} ms")
    print(f"  {f'{DISTINCT} of five terms':32} {seconds:10.2f} s")


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


def show(name: str, run: Callable[[], object]) -> float:
    """Prints the best of five rounds, in microseconds, and returns it."""
    if not run():
        raise AssertionError(f"{name} disagrees")
    timer = timeit.Timer(run)
    number = max(1, timer.autorange()[0] // 2)
    best = min(timer.repeat(5, number)) / number * 1e6
    print(f"  {name:32} {best:10.2f} µs")
    return best


if __name__ == "__main__":
    main()
