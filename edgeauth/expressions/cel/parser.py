"""Parses conditions: a Pratt parser over the tokens of a text.

Source:
    CEL language definition, section "Syntax". Left out: the construction of messages.
Rule 1: each function begins at its first token and ends behind its last one.
Rule 2: recursion only through `_expression`, which counts the nesting.
"""

from math import isinf
from typing import Final

from edgeauth.expressions.cel import literals
from edgeauth.expressions.cel.lexer import Token, read_tokens
from edgeauth.expressions.cel.macros import expand
from edgeauth.expressions.cel.syntax import (
    Binary,
    Call,
    Conditional,
    Index,
    ListLiteral,
    Literal,
    Logical,
    MapLiteral,
    Name,
    Node,
    Select,
    Unary,
)
from edgeauth.expressions.errors import ExpressionError

MAX_OCTETS: Final = 16_384
"""Longest text of an expression, in octets of UTF-8."""
MAX_NESTING: Final = 64
"""Deepest nesting of brackets and of the syntax tree."""

_POWERS: Final = {
    "||": 1,
    "&&": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/%", 5),
}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_RESERVED: Final = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop"}
    | {"namespace", "package", "return", "var", "void", "while"}
)
_SHOWN: Final = {"end": "end of the text", "quoted": "a string", "raw": "a string"}


def parse(text: str) -> Node:
    """Returns the syntax tree of a text.

    Raises:
        ExpressionError: the text is no expression, too long or nested too deeply.
    """
    if len(text) > MAX_OCTETS or len(text.encode("utf-8", "replace")) > MAX_OCTETS:
        raise ExpressionError(f"longer than {MAX_OCTETS} octets", 0)
    parser = _Parser(read_tokens(text))
    return parser.whole()


class _Parser:
    __slots__ = ("nesting", "position", "token", "tokens")

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.token = tokens[0]
        self.nesting = 0

    def whole(self) -> Node:
        node = self._expression()
        if self.token.kind != "end":
            raise self._unexpected("an operator or the end")
        return node

    def _next(self) -> Token:
        token = self.token
        self.position += 1
        self.token = self.tokens[self.position]
        return token

    def _accept(self, kind: str) -> Token | None:
        return self._next() if self.token.kind == kind else None

    def _expect(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise self._unexpected(f'"{kind}"')
        return self._next()

    def _unexpected(self, wanted: str) -> ExpressionError:
        kind, text, offset = self.token
        if kind == "end" and not self.position:
            return ExpressionError("the expression is empty", 0)
        shown = _SHOWN.get(kind, f'"{text}"')
        return ExpressionError(f"unexpected {shown}", offset, f"expected {wanted}")

    def _expression(self) -> Node:
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise ExpressionError(f"nested deeper than {MAX_NESTING}", self.token.offset)
        node = self._binary(1)
        if self.token.kind == "?":
            offset = self._next().offset
            positive = self._binary(1)
            self._expect(":")
            node = Conditional(offset, node, positive, self._expression())
        self.nesting -= 1
        return node

    def _binary(self, minimum: int) -> Node:
        left = self._unary()
        while (power := _POWERS.get(self.token.kind, 0)) >= minimum:
            operator = self._next()
            right = self._binary(power + 1)
            if power > 2:
                left = Binary(operator.offset, operator.kind, left, right)
            elif isinstance(left, Logical) and left.operator == operator.kind:
                left = Logical(left.offset, left.operator, (*left.terms, right))
            else:
                left = Logical(operator.offset, operator.kind, (left, right))
        return left

    def _unary(self) -> Node:
        signs: list[Token] = []
        while self.token.kind in ("!", "-"):
            signs.append(self._next())
        if signs and signs[-1].kind == "-" and self.token.kind in ("int", "double"):
            minus = signs.pop()
            node = self._member(self._number(minus.offset, negative=True))
        else:
            node = self._member(self._primary())
        for sign in reversed(signs):
            if sign.kind != signs[0].kind:
                raise ExpressionError(
                    '"!" and "-" do not follow each other', sign.offset, "use parentheses"
                )
            node = Unary(sign.offset, sign.kind, node)
        return node

    def _member(self, node: Node) -> Node:
        while True:
            kind = self.token.kind
            if kind == ".":
                self._next()
                node = self._selection(node)
            elif kind == "[":
                offset = self._next().offset
                optional = self._accept("?") is not None
                node = Index(offset, node, self._expression(), optional)
                self._expect("]")
            elif kind == "{" and isinstance(node, Name | Select):
                raise ExpressionError("messages are not supported", self.token.offset)
            else:
                return node

    def _selection(self, operand: Node) -> Node:
        optional = self._accept("?") is not None
        if self.token.kind == "escaped":
            token = self._next()
            return Select(token.offset, operand, token.text[1:-1], optional)
        token = self._expect_name()
        if not optional and self._accept("("):
            return expand(Call(token.offset, operand, token.text, self._arguments()))
        return Select(token.offset, operand, token.text, optional)

    def _expect_name(self) -> Token:
        if self.token.kind != "name":
            raise self._unexpected("a name")
        return self._next()

    def _primary(self) -> Node:
        kind, _, offset = self.token
        if kind == "name" or kind == ".":
            return self._name()
        if kind in ("int", "double"):
            return self._number(offset)
        if kind in ("quoted", "raw"):
            return Literal(offset, literals.string(self._next()))
        if kind in _CONSTANTS:
            self._next()
            return Literal(offset, _CONSTANTS[kind])
        if self._accept("("):
            node = self._expression()
            self._expect(")")
            return node
        if self._accept("["):
            return self._list(offset)
        if self._accept("{"):
            return self._map(offset)
        raise self._unexpected("an expression")

    def _name(self) -> Node:
        absolute = self._accept(".") is not None
        token = self._expect_name()
        if token.text in _RESERVED:
            raise ExpressionError(f'"{token.text}" is a reserved word', token.offset)
        if self._accept("("):
            return expand(Call(token.offset, None, token.text, self._arguments()))
        return Name(token.offset, token.text, absolute)

    def _number(self, offset: int, *, negative: bool = False) -> Node:
        token = self._next()
        if token.kind == "int":
            return Literal(offset, literals.integer(token, negative=negative))
        value = float(token.text)
        if isinf(value):
            raise ExpressionError("this number does not fit a double", token.offset)
        return Literal(offset, -value if negative else value)

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._accept(")"):
            found.append(self._expression())
            if not self._accept(","):
                self._expect(")")
                break
            if self.token.kind == ")":
                raise self._unexpected("an expression")
        return tuple(found)

    def _list(self, offset: int) -> Node:
        found: list[Node] = []
        optional: set[int] = set()
        while not self._accept("]"):
            if self._accept("?"):
                optional.add(len(found))
            found.append(self._expression())
            if not self._accept(","):
                self._expect("]")
                break
        return ListLiteral(offset, tuple(found), frozenset(optional))

    def _map(self, offset: int) -> Node:
        found: list[tuple[Node, Node]] = []
        optional: set[int] = set()
        while not self._accept("}"):
            if self._accept("?"):
                optional.add(len(found))
            key = self._expression()
            self._expect(":")
            found.append((key, self._expression()))
            if not self._accept(","):
                self._expect("}")
                break
        return MapLiteral(offset, tuple(found), frozenset(optional))
