"""Rule sets that are converted mean what they meant, and every comment is still there."""

import json
import random
import re
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings, strategies as st

from edgeauth.config.conversion.convert import convert
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.read import read_rule_sets

VALUES = ("a", "*.css", "a # b", "it's", 'say "x"', "{a,b}", "#", "a: b", "ä", "[a-z]+", "- a")
HOSTS = (
    ("exact", "shop.test"),
    ("wildcard", "*.shop.test"),
    ("wildcard", "*"),
    ("exact", "[::1]:8"),
)

conditions = st.builds(
    lambda kind, value: {"name": "id", "type": kind, "value": value},
    st.sampled_from(["exact", "glob", "regex"]),
    st.sampled_from(VALUES),
)
routes = st.builds(
    lambda found: {"path": "/a/:id", **({"path_params": found} if found else {})},
    st.lists(conditions, max_size=2),
)
matches = st.builds(
    lambda paths, hosts, methods, more: {
        "routes": paths,
        **({"hosts": [{"type": kind, "value": value} for kind, value in hosts]} if hosts else {}),
        **({"methods": methods} if methods else {}),
        **more,
    },
    st.lists(routes, min_size=1, max_size=2),
    st.lists(st.sampled_from(HOSTS), max_size=3),
    st.lists(st.sampled_from(["GET", "POST", "PURGE"]), max_size=2, unique=True),
    st.sampled_from([{}, {"scheme": "https"}, {"backtracking_enabled": True}]),
)
rules = st.builds(
    lambda match, config: {
        "match": match,
        "execute": [{"authenticator": "sso", **({"config": {"v": config}} if config else {})}],
    },
    matches,
    st.sampled_from([None, *VALUES, "two\nlines # no comment\n"]),
)


class Writer:
    """Writes a tree as YAML in ways that a seed decides about, with comments in between."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.comments: list[str] = []

    def comment(self) -> str:
        if self.random.random() < 0.75:
            return ""
        self.comments.append(f'# {len(self.comments)} it\'s "so" {{[')
        return "  " + self.comments[-1]

    def between(self, depth: int) -> str:
        kind = self.random.random()
        if kind < 0.8:
            return ""
        return "\n" if kind < 0.9 else " " * depth + self.comment().strip() + "\n"

    def scalar(self, value: object, depth: int) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        text = str(value)
        if re.fullmatch(r"[A-Za-z/][A-Za-z0-9/.-]*", text) and self.random.random() < 0.7:
            return text
        if "\n" not in text and self.random.random() < 0.5:
            return "'" + text.replace("'", "''") + "'"
        if text.endswith("\n") and self.random.random() < 0.7:
            lines = "".join(f"\n{' ' * depth}{line}" for line in text.splitlines())
            return f"|{self.comment()}{lines}"
        return json.dumps(text, ensure_ascii=False)

    def key(self, name: str) -> str:
        return self.random.choice([name, name, name, f'"{name}"', f"'{name}'"])

    def flow(self, value: object) -> str:
        if isinstance(value, dict):
            parts = [f"{self.key(key)}: {self.flow(part)}" for key, part in value.items()]
            return self.brackets("{", "}", parts)
        if isinstance(value, list):
            return self.brackets("[", "]", [self.flow(part) for part in value])
        text = str(value) if not isinstance(value, bool) else value
        return json.dumps(text, ensure_ascii=False)

    def brackets(self, opened: str, closed: str, parts: list[str]) -> str:
        if self.random.random() < 0.8:
            return f"{opened}{', '.join(parts)}{self.random.choice(['', '', ' ', ','])}{closed}"
        indentation = "\n" + " " * 24
        return f"{opened}{indentation}{f',{indentation}'.join(parts)}{indentation}{closed}"

    def below(self, value: object, depth: int) -> str:
        """Returns what follows a key and its colon."""
        if not isinstance(value, (dict, list)):
            return f" {self.scalar(value, depth + 2)}{self.tail(value)}\n"
        if self.random.random() < 0.25:
            return f" {self.flow(value)}{self.comment()}\n"
        step = self.random.choice([1, 2, 2, 4])
        if isinstance(value, list):
            step = self.random.choice([0, 2])
        return f"{self.comment()}\n{self.block(value, depth + step)}"

    def tail(self, value: object) -> str:
        return "" if isinstance(value, str) and "\n" in value else self.comment()

    def block(self, value: object, depth: int) -> str:
        blanks, parts = " " * depth, []
        if isinstance(value, dict):
            for key, part in value.items():
                parts += (self.between(depth), f"{blanks}{self.key(key)}:{self.below(part, depth)}")
        else:
            for part in value:  # type: ignore[attr-defined]  # a list
                text = self.item(part, depth + 2)
                parts += (self.between(depth), f"{blanks}- {text}")
        return "".join(parts)

    def item(self, value: object, depth: int) -> str:
        if isinstance(value, dict) and self.random.random() < 0.7:
            (first, part), *rest = value.items()
            head = f"{self.key(first)}:{self.below(part, depth)}"
            return head + self.block(dict(rest), depth)
        if isinstance(value, (dict, list)):
            return f"{self.flow(value)}{self.comment()}\n"
        return f"{self.scalar(value, depth)}{self.tail(value)}\n"


def meaning(text: str) -> list[object]:
    return [
        (
            rule.id,
            [(route.path, route.path_params) for route in rule.matcher.routes],
            [host.value for host in rule.matcher.hosts],
            (rule.matcher.methods, rule.matcher.scheme),
            [(step.kind, step.reference, step.config) for step in rule.execute],
        )
        for rule_set in read_rule_sets(text, "rules.yaml")
        for rule in rule_set.rules
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(rules, min_size=1, max_size=3), st.integers())
def test_there_and_back_nothing_is_lost(found: list[dict[str, object]], seed: int) -> None:
    writer = Writer(seed)
    numbered = [{"id": f"rule {number}", **rule} for number, rule in enumerate(found)]
    text = writer.block({"version": "1alpha4", "name": "shop", "rules": numbered}, 0)
    if seed % 3 == 0:
        text = text.replace("\n", "\r\n")

    there = convert(text, "rules.yaml", "1beta1").text
    back = convert(there, "rules.yaml", "1alpha4").text

    assert meaning(text) == meaning(there) == meaning(back)
    for each in writer.comments:
        assert text.count(each) == there.count(each) == back.count(each) == 1
    assert convert(there, "rules.yaml", "1beta1").text == there
    assert convert(back, "rules.yaml", "1beta1").text.split() == there.split()


CASES = Path(__file__).parents[1] / "unit" / "config" / "conversion" / "pairs.txt"
TEXTS = [
    text
    for case in CASES.read_text().split("==== ")[1:]
    for text in case.partition("\n")[2].split("---- becomes\n")
]
PIECES = (*"{}[]&*!|>?:-#,'\" \n", "&a ", "*a", "? ", "${V}", "\n---\n", "http:", "!!str ", "\t")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.data())
def test_whatever_stands_in_a_text_it_is_converted_or_refused(text: str, data: st.DataObject):
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(text)))
        end = begin + data.draw(st.integers(0, 4))
        text = text[:begin] + data.draw(st.sampled_from(PIECES)) + text[end:]
    for target in ("1alpha4", "1beta1"):
        with suppress(ConfigurationError):
            converted = convert(text, "rules.yaml", target).text

            assert convert(converted, "rules.yaml", target).text == converted
