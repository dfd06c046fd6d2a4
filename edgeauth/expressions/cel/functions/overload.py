"""What a function of conditions is: a row of a table, from which the reference is made, too."""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from edgeauth.expressions.types import ListType, Type

Implementation: TypeAlias = Callable[..., object]

ELEMENT: Final = Type("element of the list")
"""As a result: the element type of the first argument."""
SAME: Final = Type("type of the first argument")
"""As a result: the type of the first argument."""


class Overload(NamedTuple):
    """One way to call a function.

    Attributes:
        name: with its namespace, e.g. `math.abs`.
        parameters: of a method, the receiver comes first.
        result: the static type of what it gives.
        call: gets arguments of exactly these types; raises only `EvaluationError`.
        text: what it gives, as one sentence.
        method: called as `receiver.name(...)`, not as `name(...)`.
        prepare: makes the second argument ready, once, at load; it must be constant then.
        converts: a conversion, which is refused at load when it fails for a constant.
        variadic: the last parameter may be given more than once.
        lazy: `call` gets the last argument, the second, as a function that evaluates it.
    """

    name: str
    parameters: tuple[Type, ...]
    result: Type
    call: Implementation
    text: str
    method: bool = False
    prepare: Implementation | None = None
    converts: bool = False
    variadic: bool = False
    lazy: bool = False

    @property
    def refuses_constants(self) -> bool:
        """Returns whether a constant argument of the right type may be refused at load."""
        return self.converts or self.prepare is not None

    def signature(self) -> str:
        """Returns how it is called, e.g. `string.contains(string) -> bool`."""
        names = [parameter.name for parameter in self.parameters]
        if self.method:
            return f"{names[0]}.{self.name}({', '.join(names[1:])}) -> {self.result.name}"
        return f"{self.name}({', '.join(names)}) -> {self.result.name}"

    def taking(self, count: int) -> "Overload | None":
        """Returns the overload with so many parameters; None when it does not take them."""
        missing = count - len(self.parameters)
        if missing == 0:
            return self
        if missing < 0 or not self.variadic:
            return None
        return self._replace(parameters=self.parameters + self.parameters[-1:] * missing)

    def result_for(self, arguments: tuple[Type, ...]) -> Type:
        """Returns the type of what it gives for arguments of these types."""
        if self.result is SAME:
            return arguments[0]
        if self.result is ELEMENT:
            first = arguments[0]
            return first.element if isinstance(first, ListType) else Type("dyn")
        return self.result
