"""What is no template, and where that shows."""

import pytest

from edgeauth.expressions.errors import ExpressionError
from tests.unit.expressions.templates.scopes import compiled, rendered


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a {{ 1", 2, "unclosed action"),
        ("{{ (1 }}", 6, "unexpected"),
        ("{{ 1) }}", 4, "unexpected"),
        ("{{ }}", 3, "missing value"),
        ("{{ 1 | }}", 7, "missing value"),
        ("{{ | 1 }}", 3, "missing value"),
        ('{{ "a }}', 3, "unterminated string"),
        ("{{ `a }}", 3, "unterminated string"),
        ('{{ "\\z" }}', 4, "unknown escape"),
        ('{{ "\\xff" }}', 4, "not UTF-8"),
        ("{{ 'ab' }}", 3, "malformed character"),
        ("{{ 1a }}", 4, "bad number"),
        ("{{ 1__0 }}", 3, "malformed number"),
        ("{{ 1e999 }}", 3, "number out of range"),
        ("{{ 9223372036854775808 }}", 3, "integer overflow"),
        ("{{ 1i }}", 3, "complex"),
        ("{{ # }}", 3, "unexpected character"),
        ("{{ .a.b-c }}", 7, "bad character"),
        ("{{ $x }}", 3, "undefined variable"),
        ("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", 38, "undefined variable"),
        ("{{ $x = 1 }}", 3, "undefined variable"),
        ("{{ ($x := 1) }}", 4, "within parentheses"),
        ("{{ $a, $b := 1 }}", 5, "too many declarations"),
        ('{{ "a" | "b" }}', 9, "non executable"),
        ("{{ 1 2 }}", 3, "non-function"),
        ("{{ nil }}", 3, "nil is not a command"),
        ("{{ true.x }}", 7, "after a constant"),
        ("{{ if true }}", 3, "{{if}} has no end"),
        ("{{ if true }}{{ else }}{{ else }}{{ end }}", 26, "unexpected {{else}}"),
        ("{{ range 3 }}{{ else range 2 }}{{ end }}", 21, "after else"),
        ("{{ end }}", 3, "unexpected {{end}}"),
        ("{{ break }}", 3, "outside {{range}}"),
        ("{{ range 3 }}{{ else }}{{ continue }}{{ end }}", 26, "outside {{range}}"),
        ("{{ if true }}{{ define `x` }}{{ end }}{{ end }}", 16, "unexpected {{define}}"),
        ("{{ define `x` }}1{{ end }}{{ define `x` }}2{{ end }}", 36, "defined twice"),
        ("{{ template x }}", 12, "needs a name"),
        ("{{/* a }}", 0, "unclosed comment"),
        ("{{/* a */ }}", 7, "comment ends before"),
        ("{{ if true }}" * 64, 830, "nested too deeply"),
        ("{{ if true }}" * 70 + "{{ end }}" * 70, 830, "nested too deeply"),
        ("{{ " + "(" * 100 + "1" + ")" * 100 + " }}", 67, "nested too deeply"),
        ("x" * 65537, 65536, "too long"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_a_text_that_is_no_template_is_refused_with_its_place(text, offset, message):
    with pytest.raises(ExpressionError) as refused:
        compiled(text)
    assert message in refused.value.message
    assert refused.value.offset == offset


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("a {{- /* c */ -}} b", "ab"),
        ("a\n {{- 1 -}} \n b", "a1b"),
        ("{{-1}}", "-1"),
        ("{{print\n1}}", "1"),
        ("}} { {", "}} { {"),
        ("{{`{{`}}", "{{"),
        ("{{ if true }}{{ else if true }}{{ end }}x", "x"),
    ],
)
def test_delimiters_trim_markers_and_comments_are_read_as_go_reads_them(text, output):
    assert rendered(text) == output
