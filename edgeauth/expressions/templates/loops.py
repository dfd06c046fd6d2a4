"""`range`: over lists, maps (sorted by key) and whole numbers."""

from collections.abc import Iterator, Mapping, Sequence

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.frame import BREAK, NORMAL, Frame, Run, Writer
from edgeauth.expressions.templates.values import is_integer, type_name


def loop(run: Run, slots: tuple[int, ...], body: Writer, otherwise: Writer) -> Writer:
    """Returns the writer of a loop.

    Args:
        run: gives what is looped over.
        slots: where the dot goes, then the variables: the element alone, or key and element.
        body: what is written for each element.
        otherwise: what is written when there is none.
    """
    dot, variables = slots[0], slots[1:]

    def write(frame: Frame, out: list[str]) -> int:
        empty = True
        slots = frame.slots
        for key, element in _members(run(frame), pairs=len(variables) == 2):
            empty = False
            frame.charge(None)
            slots[dot] = element
            if variables:
                slots[variables[-1]] = element
                if len(variables) == 2:
                    slots[variables[0]] = key
            if body(frame, out) == BREAK:
                break
        return otherwise(frame, out) if empty else NORMAL

    return write


def _members(value: object, *, pairs: bool) -> Iterator[tuple[object, object]]:
    if value is None:
        return iter(())
    if isinstance(value, Mapping):
        return iter([(key, value[key]) for key in sorted(value)])
    if isinstance(value, Sequence) and not isinstance(value, str):
        return iter(enumerate(value))
    if is_integer(value):
        if pairs:
            raise EvaluationError("a number gives one variable, not two")
        kind = type(value)
        return ((None, kind(number)) for number in range(value))
    raise EvaluationError(f"range can't iterate over {type_name(value)}")
