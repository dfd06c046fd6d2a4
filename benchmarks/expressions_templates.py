"""What templates cost: rendered and compiled beside other engines, all in one run.

Every engine makes the same text of the same data; `str.format` is the least that Python can do.
jinja2 and gotpl are no dependencies: they are measured when they can be imported.

    python benchmarks/expressions_templates.py
"""

import importlib
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]
sys.path.append(str(ROOT / ".oracles"))

from edgeauth.expressions.objects import VARIABLES, RequestView  # noqa: E402
from edgeauth.expressions.templates import compile_template  # noqa: E402
from edgeauth.expressions.types import Type  # noqa: E402
from edgeauth.model.identity import Subject  # noqa: E402
from edgeauth.model.request import Headers, Request  # noqa: E402

KNOWN: dict[str, Type] = {name: VARIABLES[name] for name in ("Subject", "Request")}
ATTRIBUTES = {"mail": "alice@example.com", "roles": ["user", "admin"]}
SCOPE = {
    "Subject": Subject("alice", ATTRIBUTES, b"", {}),
    "Request": RequestView(
        Request(
            method="GET",
            scheme="https",
            host="blog.example.com",
            path="/a/7",
            raw_query="",
            headers=Headers([(b"accept", b"text/html")]),
            client_addresses=("10.0.0.1",),
        ),
        {},
    ),
}
PLAIN = {"id": "alice", "mail": "alice@example.com", "roles": ["user", "admin"]}
DISTINCT = 10_000

TWO_FIELDS = (
    "user={{ .Subject.ID }} mail={{ .Subject.Attributes.mail }}",
    "user={id} mail={mail}",
    "user={{ id }} mail={{ mail }}",
)
THREE_FUNCTIONS = (
    "{{ .Subject.ID | upper | quote }} {{ .Subject.Attributes.mail | trunc 5 }}",
    '"{id!s:.5}" {mail:.5}',
    '"{{ id | upper }}" {{ mail | truncate(5) }}',
)
LOOP = (
    "{{ range $i, $r := .Subject.Attributes.roles }}{{ if $i }},{{ end }}{{ quote $r }}{{ end }}",
    '"{roles[0]}","{roles[1]}"',
    '{% for r in roles %}{% if not loop.first %},{% endif %}"{{ r }}"{% endfor %}',
)


def main() -> None:
    """Prints every figure."""
    for name, texts in (
        ("Two fields", TWO_FIELDS),
        ("Three functions", THREE_FUNCTIONS),
        ("A loop", LOOP),
    ):
        print(name)
        rendering(*texts)
    print("Compiled, each text another one")
    compiling()


def rendering(ours: str, formatted: str, foreign: str) -> None:
    """Measures one template in every engine."""
    template = compile_template(ours, KNOWN)
    took = show("edgeauth", lambda: template.render(SCOPE))
    least = show("str.format", lambda: formatted.format(**PLAIN))
    print(f"  {'':12} edgeauth takes {took / least:.1f} times as long as str.format")
    for name, prepare in (("jinja2", jinja), ("gotpl", gotpl)):
        try:
            run = prepare(foreign if name == "jinja2" else ours)
        except ImportError:
            print(f"  {name:12} not there")
            continue
        print(f"  {'':12} {show(name, run) / took:.1f} times edgeauth")


def jinja(text: str) -> Callable[[], object]:
    """Returns the rendering of jinja2."""
    template = importlib.import_module("jinja2").Template(text)
    return lambda: template.render(PLAIN)


def gotpl(text: str) -> Callable[[], object]:
    """Returns the rendering of gotpl, which is given the functions of sprig that are used."""
    functions = {
        "upper": str.upper,
        "trunc": lambda count, text: text[:count],
        "quote": '"{}"'.format,
    }
    template = importlib.import_module("gotpl").Template(text, functions=functions)
    data = {"Subject": {"ID": "alice", "Attributes": ATTRIBUTES}}
    return lambda: template.render(data)


def compiling() -> None:
    """Measures distinct texts, once each: nothing is compiled twice."""
    texts = [f"{TWO_FIELDS[0]} n={place} {{{{ upper .Subject.ID }}}}" for place in range(DISTINCT)]
    seconds = timeit.timeit(lambda: [compile_template(text, KNOWN) for text in texts], number=1)
    print(f"  edgeauth     {seconds / DISTINCT * 1e6:8.1f} us each, {seconds:.2f} s for {DISTINCT}")


def show(name: str, run: Callable[[], object]) -> float:
    """Prints and returns the microseconds of the quickest of many runs."""
    took = min(timeit.repeat(run, number=500, repeat=40)) / 500 * 1e6
    print(f"  {name:12} {took:8.3f} us")
    return took


if __name__ == "__main__":
    main()
