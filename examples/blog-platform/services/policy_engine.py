"""Evaluates a Rego policy with regopy (Microsoft's rego-cpp) over data that changes.

regopy lacks some of OPA's built-ins, and a call of one that is not there is *undefined* instead of
an error: a policy could silently mean something else. So the compiled plan is read, and a policy
that calls what is not there is refused.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from regopy import Bundle, Interpreter, RegoError


class PolicyRefused(Exception):
    """The policy cannot be evaluated as it is meant."""


class PolicyEngine:
    """One policy file and its data.

    Compiling takes some ten milliseconds and is put off until a question comes after a change of
    data; a question takes less than one.
    """

    def __init__(self, source: str, document: str) -> None:
        """Compiles `source`; `document` is what is asked for, e.g. `data.articles.allow`.

        Raises:
            PolicyRefused: the policy does not compile, or calls built-ins that are missing.
        """
        self._source = source
        self._document = document
        self._compiled: tuple[Interpreter, Bundle] | None = None
        interpreter, bundle = self._compile({})
        missing = sorted(_missing_functions(interpreter, bundle))
        if missing:
            raise PolicyRefused(f"these built-ins are missing: {', '.join(missing)}")

    def forget(self) -> None:
        """Compiles again at the next question, since the data has changed."""
        self._compiled = None

    def ask(self, question: object, data: Mapping[str, object]) -> object:
        """Returns the value of the document for `input` = `question`; None if it is undefined.

        Raises:
            PolicyRefused: the evaluation failed.
        """
        if self._compiled is None:
            self._compiled = self._compile(data)
        interpreter, bundle = self._compiled
        try:
            interpreter.set_input(question)
            output = interpreter.query_bundle(bundle)
        except (RegoError, ValueError) as error:
            raise PolicyRefused("the policy could not be evaluated") from error
        if not output.ok():
            raise PolicyRefused("the policy could not be evaluated")
        expressions = output.results[0].expressions if output.results else []
        return expressions[0] if expressions else None

    def _compile(self, data: Mapping[str, object]) -> tuple[Interpreter, Bundle]:
        interpreter = Interpreter()
        try:
            interpreter.add_data(data)
            interpreter.add_module("policy.rego", self._source)
            bundle = interpreter.build(self._document)
        except RegoError as error:
            raise PolicyRefused("the policy does not compile") from error
        if not bundle.ok():
            raise PolicyRefused("the policy does not compile")
        return interpreter, bundle


def _missing_functions(interpreter: Interpreter, bundle: Bundle) -> Iterator[str]:
    with TemporaryDirectory() as folder:
        interpreter.save_bundle(folder, bundle)
        plan = json.loads((Path(folder) / "plan.json").read_text("utf-8"))
    own = {function["name"] for function in plan["funcs"]["funcs"]}
    for name in set(_called(plan)) - own:
        if not interpreter.is_builtin(name):
            yield name


def _called(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "CallStmt":
            yield node["stmt"]["func"]
        for value in node.values():
            yield from _called(value)
    elif isinstance(node, list):
        for value in node:
            yield from _called(value)
