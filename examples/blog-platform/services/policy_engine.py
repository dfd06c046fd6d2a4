"""Evaluates a Rego policy with regopy (Microsoft's rego-cpp) over data that changes.

regopy lacks some of OPA's built-ins, and a call of one that is not there is *undefined* instead of
an error: a policy could silently mean something else. So a policy that calls what is not there is
refused.
"""

import re
from collections.abc import Mapping

from regopy import Bundle, Interpreter, RegoError

_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*')
_CALL = re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)[ \t]*\(")
_DEFINITION = re.compile(r"^(?:default[ \t]+)?([A-Za-z_]\w*)[ \t]*\(", re.MULTILINE)
_KEYWORDS = frozenset({"if", "in", "not", "some", "every", "else", "contains", "with", "as"})


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
        if missing := missing_functions(source):
            raise PolicyRefused(f"these built-ins are missing: {', '.join(sorted(missing))}")
        self._source = source
        self._document = document
        self._compiled: tuple[Interpreter, Bundle] | None = None
        self._compile({})

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
        return output.results[0].bindings.get("result") if output.results else None

    def _compile(self, data: Mapping[str, object]) -> tuple[Interpreter, Bundle]:
        interpreter = Interpreter()
        try:
            interpreter.add_data(data)
            interpreter.add_module("policy.rego", self._source)
            bundle = interpreter.build(f"result = {self._document}")
        except RegoError as error:
            raise PolicyRefused("the policy does not compile") from error
        if not bundle.ok():
            raise PolicyRefused("the policy does not compile")
        return interpreter, bundle


def missing_functions(source: str) -> set[str]:
    """Returns the functions that a policy calls, and that neither it nor regopy has."""
    code = _STRING_OR_COMMENT.sub(" ", source)
    own = set(_DEFINITION.findall(code))
    called = {re.sub(r"\s", "", name) for name in _CALL.findall(code)}
    is_builtin = Interpreter().is_builtin
    return {name for name in called - own - _KEYWORDS if not is_builtin(name)}
