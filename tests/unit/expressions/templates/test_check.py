"""What is refused at load, where, and with which hint."""

import pytest

from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.templates.functions.excluded import EXCLUDED
from tests.unit.expressions.templates.scopes import compiled, rendered


@pytest.mark.parametrize(
    ("text", "offset", "hint"),
    [
        pytest.param("{{ .Subjct.ID }}", 3, 'did you mean ".Subject"?', id="root"),
        pytest.param("{{ .Payload }}", 3, "there is .Outputs", id="root of another place"),
        pytest.param("{{ .Subject.id }}", 11, 'did you mean ".ID"?', id="case of a field"),
        pytest.param("{{ .Request.Methd }}", 11, 'did you mean ".Method"?', id="field"),
        pytest.param("{{ .Request.URL.Capture.id }}", 15, '".Captures"', id="nested field"),
        pytest.param("{{ .Subject.ID.x }}", 14, "", id="member of a string"),
        pytest.param("{{ with .Request }}{{ .Foo }}{{ end }}", 22, "there is", id="below with"),
        pytest.param("{{ $u := .Request.URL }}{{ $u.Pth }}", 29, '".Path"', id="of a variable"),
        pytest.param("{{ uper .Subject.ID }}", 3, 'did you mean "upper"?', id="function"),
        pytest.param("{{ .Subject.ID | quot }}", 17, 'did you mean "quote"?', id="piped function"),
        pytest.param(
            '{{ template "naem" }}{{ define "name" }}{{ end }}', 12, '"name"', id="template"
        ),
        pytest.param("{{ upper }}", 3, "takes 1 argument", id="too few arguments"),
        pytest.param('{{ "a" | upper "b" }}', 9, "takes 1 argument", id="too many arguments"),
        pytest.param("{{ round 1.5 }}", 3, "takes 2 to 3 arguments", id="optional argument"),
        pytest.param("{{ and }}", 3, "takes 1 or more arguments", id="and of nothing"),
        pytest.param("{{ upper 1 }}", 9, "a string", id="number for a string"),
        pytest.param('{{ repeat "a" "b" }}', 10, "a int", id="string for a number"),
        pytest.param("{{ upper nil }}", 9, "a string", id="nil for a string"),
        pytest.param("{{ upper .Request.URL }}", 9, "a string, not URL", id="object for a string"),
        pytest.param("{{ .Request.Header }}", 11, "takes 1 argument", id="method without argument"),
        pytest.param("{{ .Request.Header 1 }}", 19, "a string", id="method with a number"),
        pytest.param('{{ .Subject.ID "x" }}', 11, "", id="arguments for a field"),
        pytest.param("{{ .Subject }}", 3, "a member", id="object without text"),
        pytest.param('{{ regexMatch "(" .Subject.ID }}', 14, "", id="pattern"),
        pytest.param('{{ env "HOME" }}', 3, "", id="the environment does not exist"),
        pytest.param("{{ call .Subject.ID }}", 3, "", id="there is nothing to call"),
        pytest.param("{{ eq 1 1.0 }}", 0, "incompatible types", id="can only fail"),
    ],
)
def test_what_can_never_work_is_refused_at_load_with_its_place(text, offset, hint):
    with pytest.raises(ExpressionError) as refused:
        compiled(text)
    assert refused.value.offset == offset
    assert hint in refused.value.hint


def test_nothing_is_suggested_for_a_hostile_long_name():
    with pytest.raises(ExpressionError) as refused:
        compiled("{{ " + "upper" * 3000 + " }}")
    assert refused.value.hint == ""


@pytest.mark.parametrize(
    "text",
    [
        "{{ .Request.request }}",
        "{{ .Request.URL.Captures.items.x }}{{ .Request.__init__ }}",
        "{{ define `t` }}{{ .request }}{{ end }}{{ template `t` .Request }}",
    ],
)
def test_python_attributes_of_objects_do_not_exist__attack_172(text):
    with pytest.raises(ExpressionError):
        compiled(text)


def test_what_a_subject_does_not_have_is_no_value_even_if_python_has_it__attack_172():
    assert rendered("{{ .Subject.__class__ }}{{ .Subject.fingerprint }}") == "<no value>" * 2


@pytest.mark.parametrize("name", sorted(EXCLUDED))
def test_what_rules_must_not_do_is_not_available_and_the_reason_is_told(name):
    with pytest.raises(ExpressionError) as refused:
        compiled(f"{{{{ {name} }}}}")
    assert refused.value.message == f'function "{name}" is not available in rules'
    assert refused.value.hint == EXCLUDED[name]


def test_a_function_that_nobody_has_is_unknown():
    with pytest.raises(ExpressionError) as refused:
        compiled("{{ uper .Subject.ID }}")
    assert refused.value.message == 'unknown function "uper"'
    assert refused.value.hint == 'did you mean "upper"?'
