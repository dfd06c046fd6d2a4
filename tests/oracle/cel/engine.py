"""The other engine: no dependency of edgeauth; `make oracles` puts it into `.oracles`."""

import importlib
import sys
from pathlib import Path

from tests.oracle.cel.grammar import DATA, FAILED, REFUSED, plain

FOLDER = Path(__file__).parent.parent.parent.parent / ".oracles"


def other_engine():
    """Returns a function from the text of an expression to its answer in comparable form.

    Raises:
        ImportError: `make oracles` was not run.
    """
    sys.path.append(str(FOLDER))
    cel = importlib.import_module("cel_expr_python.cel")
    environment = cel.NewEnv(variables=dict.fromkeys(DATA, cel.Type.DYN))

    def answer(text: str) -> object:
        try:
            program = environment.compile(text)
        except RuntimeError:
            return REFUSED
        result = program.eval(data=DATA)
        return FAILED if result.type() == cel.Type.ERROR else plain(result.plain_value())

    return answer
