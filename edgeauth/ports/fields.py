"""Fields of mechanisms' configuration that hold expressions or names of headers.

Expressions are compiled while they are decoded, so that a wrong one is reported with its place in
the file like any other mistake.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Generic, TypeVar, cast

from pydantic import AfterValidator, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from edgeauth.config.findings import bad_expression, not_expected
from edgeauth.expressions.cel import Condition, compile_condition
from edgeauth.expressions.declarations import declare
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.paths import Selector, compile_selector
from edgeauth.expressions.secrets import NO_SECRETS, Secrets
from edgeauth.expressions.templates import Template, compile_template
from edgeauth.wire.headers import HOP_BY_HOP, is_token

_FRAMING: Final = HOP_BY_HOP | {b"content-length"}


def _check_upstream_field(name: str) -> str:
    octets = name.encode("utf-8", "replace")
    if not is_token(octets):
        raise not_expected("the name of a header such as X-User")
    if octets.lower() in _FRAMING:
        raise not_expected("a header that is not about the connection or the framing")
    return name


def _check_field(name: str) -> str:
    if name.lower() == "host":
        raise not_expected("a header other than Host, which the URL decides")
    return _check_upstream_field(name)


FieldName = Annotated[str, AfterValidator(_check_field)]
"""The name of a header that is not the transport's own business."""

UpstreamFieldName = Annotated[str, AfterValidator(_check_upstream_field)]
"""The same for requests to the upstream of a rule, where Host may be set as well."""


T = TypeVar("T")


class _CompiledText(Generic[T]):
    """Marks a field whose text is compiled while the configuration is decoded."""

    kind: ClassVar[type]
    """What a compiled text is an instance of."""
    phrase: ClassVar[str]
    """What was expected in the place of something that is no text."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self.compiled, json_schema_input_schema=core_schema.str_schema()
        )

    def compiled(self, value: object, info: ValidationInfo) -> T:
        """Returns the compiled text; one that is compiled already stays as it is.

        Args:
            value: what the configuration says.
            info: its context may hold what expressions are compiled against.

        Raises:
            PydanticCustomError: the value is no text, or does not compile.
        """
        if isinstance(value, self.kind):
            return cast("T", value)
        if not isinstance(value, str):
            raise not_expected(self.phrase)
        try:
            return self._compile(value, info.context or {})
        except ExpressionError as error:
            raise bad_expression(error.message, error.offset, error.hint) from None

    def _compile(self, text: str, context: Mapping[str, object]) -> T:
        raise NotImplementedError


class TemplateOf(_CompiledText[Template]):
    """Marks a field as a template that sees the named variables.

    The validation context key `secrets` holds the sources that `secret` may name.

    Args:
        variables: names from `edgeauth.expressions.objects.VARIABLES`.
    """

    kind: ClassVar[type] = Template
    phrase = "a text, possibly a template"

    def __init__(self, *variables: str) -> None:
        self.variables = variables
        self._declarations = declare({name: VARIABLES[name] for name in variables})

    def _compile(self, text: str, context: Mapping[str, object]) -> Template:
        secrets = cast("Secrets", context.get("secrets", NO_SECRETS))
        return compile_template(text, self._declarations, secrets)


class ConditionOf(_CompiledText[Condition]):
    """Marks a field as a condition that sees the named variables.

    Args:
        variables: names from `edgeauth.expressions.objects.VARIABLES`.
    """

    kind: ClassVar[type] = Condition
    phrase = "a condition (CEL) as text"

    def __init__(self, *variables: str) -> None:
        self.variables = variables
        self._declarations = declare({name: VARIABLES[name] for name in variables})

    def _compile(self, text: str, context: Mapping[str, object]) -> Condition:  # noqa: ARG002
        return compile_condition(text, self._declarations)


class SelectorText(_CompiledText[Selector]):
    """Marks a field as a selector into a JSON document."""

    kind: ClassVar[type] = Selector
    phrase = "a path such as user.id"

    def compiled(self, value: object, info: ValidationInfo) -> Selector:
        """Returns the compiled text, as others; a map is said to be of the wrong kind.

        There may be places where either is accepted, and this tells which of them was meant.

        Raises:
            PydanticCustomError: the value is no text, or does not compile.
        """
        if isinstance(value, Mapping):
            raise PydanticCustomError("string_type", "a path is a text")
        return super().compiled(value, info)

    def _compile(self, text: str, context: Mapping[str, object]) -> Selector:  # noqa: ARG002
        return compile_selector(text)
