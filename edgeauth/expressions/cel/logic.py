"""Compiles `&&`, `||`, `!` and `?:`.

Source:
    CEL language definition, section "Logical Operators": `false` wins over a failure in `&&`,
    `true` in `||`, whichever comes first.
"""

from collections.abc import Sequence

from edgeauth.expressions.cel.code import Code, Frame, Run
from edgeauth.expressions.errors import EvaluationError


def chain(operator: str, terms: Sequence[Code], certain: bool) -> Run:  # noqa: FBT001  (a fact)
    """Returns the closure for a chain of terms.

    Args:
        operator: `&&` or `||`.
        terms: in their order.
        certain: every term is known to be a boolean.
    """
    decisive = operator == "||"
    runs = tuple(term.run if certain else _boolean(term.run, operator) for term in terms)
    if decisive:
        return _any(runs)
    return _all(runs)


def _boolean(run: Run, operator: str) -> Run:
    def check(frame: Frame) -> object:
        value = run(frame)
        if value is True or value is False:
            return value
        raise EvaluationError(f"{operator}: not a boolean")

    return check


def _all(runs: tuple[Run, ...]) -> Run:
    def run(frame: Frame) -> object:
        try:
            for term in runs:
                if not term(frame):
                    return False
        except EvaluationError:
            if _decided(runs, frame, decisive=False):
                return False
            raise
        return True

    return run


def _any(runs: tuple[Run, ...]) -> Run:
    def run(frame: Frame) -> object:
        try:
            for term in runs:
                if term(frame):
                    return True
        except EvaluationError:
            if _decided(runs, frame, decisive=True):
                return True
            raise
        return False

    return run


def _decided(runs: tuple[Run, ...], frame: Frame, *, decisive: bool) -> bool:
    for term in runs:
        try:
            if term(frame) is decisive:
                return True
        except EvaluationError:
            continue
    return False


def negation(operand: Code) -> Run:
    """Returns the closure of `!operand`."""
    inner = operand.run

    def run(frame: Frame) -> object:
        value = inner(frame)
        if value is True:
            return False
        if value is False:
            return True
        raise EvaluationError("!: not a boolean")

    return run


def conditional(condition: Code, positive: Code, negative: Code) -> Run:
    """Returns the closure of `condition ? positive : negative`."""
    test, then, otherwise = condition.run, positive.run, negative.run

    def run(frame: Frame) -> object:
        value = test(frame)
        if value is True:
            return then(frame)
        if value is False:
            return otherwise(frame)
        raise EvaluationError("?: not a boolean")

    return run
