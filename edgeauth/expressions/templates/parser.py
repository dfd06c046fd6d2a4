"""Reads the tokens of a template into its syntax tree.

Source: the grammar of Go's text/template. What is inside an action is read by `pipelines.py`.
"""

from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.templates.lexer import Token, tokenize
from edgeauth.expressions.templates.limits import MAX_NESTING, MAX_TEXT
from edgeauth.expressions.templates.literals import parse_string
from edgeauth.expressions.templates.pipelines import PipelineParser
from edgeauth.expressions.templates.syntax import (
    Action,
    Block,
    Branch,
    Document,
    Include,
    Jump,
    Node,
    Pipeline,
    Text,
)

_BRANCHES = ("if", "with", "range")


def parse(text: str) -> Document:
    """Returns the syntax tree of a template.

    Raises:
        ExpressionError: the text is too long, nested too deeply, or not in the language.
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError("the template is too long", MAX_TEXT, f"at most {MAX_TEXT}")
    return _Parser(tokenize(text), len(text)).document()


class _Parser:
    """Reads blocks; `word` is the keyword of the action that ended the last one."""

    def __init__(self, tokens: list[Token], length: int) -> None:
        self.tokens = tokens
        self.position = 0
        self.definitions: dict[str, Block] = {}
        self.pipelines = PipelineParser(tokens, length)
        self.depth = 0
        self.loops = 0

    def document(self) -> Document:
        main, closing = self._block(top=True)
        if closing is not None:
            raise ExpressionError(f"unexpected {{{{{closing.text}}}}}", closing.offset)
        return Document(main, self.definitions)

    def _block(self, *, top: bool = False) -> tuple[Block, Token | None]:
        """Reads up to the `end` or `else` that closes the block, and past that word."""
        nodes: list[Node] = []
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise ExpressionError("nested too deeply", self.tokens[self.position - 1].offset)
        closing = None
        while closing is None and self.position < len(self.tokens):
            token = self.tokens[self.position]
            self.position += 1
            if token.kind == "text":
                nodes.append(Text(token.text))
                continue
            word = self._keyword()
            if word is not None and word.text in ("end", "else"):
                closing = word
            elif word is not None and word.text == "define":
                self._define(word, top=top)
            else:
                nodes.append(self._action(token, word))
        self.depth -= 1
        return tuple(nodes), closing

    def _keyword(self) -> Token | None:
        """Reads past the first word of an action if it is a keyword of actions."""
        self._skip_space()
        token = self.tokens[self.position]
        if token.kind != "word" or token.text not in _KEYWORDS:
            return None
        self.position += 1
        return token

    def _action(self, begin: Token, word: Token | None) -> Node:
        if word is None:
            pipeline = self._pipeline(0)
            return Action(pipeline.offset, pipeline)
        if word.text in _BRANCHES:
            self.pipelines.open_scope()
            branch = self._branch(word)
            self.pipelines.close_scope()
            return branch
        if word.text in ("break", "continue"):
            if not self.loops:
                raise ExpressionError(f"{{{{{word.text}}}}} outside {{{{range}}}}", word.offset)
            self._end_of_action()
            return Jump(word.offset, word.text)
        name = self._name(word)
        if word.text == "block":
            return self._inline_definition(begin, name)
        return Include(name.offset, name.text, self._argument())

    def _branch(self, word: Token) -> Branch:
        pipeline = self._pipeline(2 if word.text == "range" else 1)
        looping = word.text == "range"
        self.loops += looping
        self.pipelines.open_scope()
        body, closing = self._block()
        self.pipelines.close_scope()
        self.loops -= looping
        otherwise: Block = ()
        if closing is not None and closing.text == "else":
            following = self._keyword()
            if following is not None:
                otherwise = (self._chained(word, following),)
                return Branch(word.offset, word.text, pipeline, body, otherwise)
            self._end_of_action()
            self.pipelines.open_scope()
            otherwise, closing = self._block()
            self.pipelines.close_scope()
        self._close(word, closing)
        return Branch(word.offset, word.text, pipeline, body, otherwise)

    def _chained(self, word: Token, following: Token) -> Branch:
        """Reads `else if` under an `if`, or `else with` under a `with`; they share the `end`."""
        if following.text != word.text or word.text == "range":
            raise ExpressionError(f'unexpected "{following.text}" after else', following.offset)
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise ExpressionError("nested too deeply", following.offset)
        branch = self._branch(following)
        self.depth -= 1
        return branch

    def _close(self, word: Token, closing: Token | None) -> None:
        if closing is None:
            raise ExpressionError(f"{{{{{word.text}}}}} has no end", word.offset, "add {{end}}")
        if closing.text != "end":
            raise ExpressionError("unexpected {{else}}", closing.offset, "expected {{end}}")
        self._end_of_action()

    def _define(self, word: Token, *, top: bool) -> None:
        if not top:
            raise ExpressionError("unexpected {{define}}", word.offset, "define at the top level")
        name = self._name(word)
        self._end_of_action()
        self._definition(word, name)

    def _inline_definition(self, begin: Token, name: Token) -> Include:
        argument = self._argument()
        if argument is None:
            raise ExpressionError("missing value for block", begin.offset, "a pipeline")
        self._definition(begin, name)
        return Include(name.offset, name.text, argument)

    def _definition(self, word: Token, name: Token) -> None:
        outer, self.loops = self.loops, 0
        scopes = self.pipelines.enter_definition()
        body, closing = self._block()
        self.pipelines.leave_definition(scopes)
        self.loops = outer
        self._close(Token("word", "define", word.offset), closing)
        if name.text in self.definitions:
            raise ExpressionError(f'template "{name.text}" is defined twice', name.offset)
        self.definitions[name.text] = body

    def _name(self, word: Token) -> Token:
        self._skip_space()
        token = self.tokens[self.position]
        if token.kind != "string":
            raise ExpressionError(f"{word.text} needs a name", token.offset, "a quoted string")
        self.position += 1
        return Token("name", parse_string(token.text, token.offset), token.offset)

    def _argument(self) -> Pipeline | None:
        self._skip_space()
        if self.tokens[self.position].kind == "end":
            self.position += 1
            return None
        return self._pipeline(0)

    def _pipeline(self, declarations: int) -> Pipeline:
        pipeline, self.position = self.pipelines.read(self.position, declarations, self.depth)
        return pipeline

    def _end_of_action(self) -> None:
        self._skip_space()
        token = self.tokens[self.position]
        if token.kind != "end":
            raise ExpressionError(f'unexpected "{token.text}" in action', token.offset, "}}")
        self.position += 1

    def _skip_space(self) -> None:
        while self.tokens[self.position].kind == "space":
            self.position += 1


_KEYWORDS = frozenset(
    {*_BRANCHES, "else", "end", "break", "continue", "define", "block", "template"}
)
