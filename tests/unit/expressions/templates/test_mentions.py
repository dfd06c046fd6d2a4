"""Which members of a variable a template reads."""

import pytest

from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.templates import compile_template
from edgeauth.expressions.templates.mentions import members_read

SEEN = {name: VARIABLES[name] for name in ("Request", "Subject", "Outputs")}


@pytest.mark.parametrize(
    "text",
    [
        "{{ toJson .Outputs }}",
        "{{ $all := .Outputs }}{{ $all.a }}",
        "{{ range $name, $value := .Outputs }}{{ $name }}{{ end }}",
        "{{ index .Outputs .Subject.ID }}",
        "{{ toJson . }}",
        "{{ $all := . }}{{ $all.Outputs.a }}",
        '{{ index . "Outputs" "a" }}',
        "{{ with $ }}{{ .Outputs.a }}{{ end }}",
    ],
)
def test_what_a_template_reads_may_be_open(text: str) -> None:
    assert members_read(compile_template(text, SEEN), "Outputs") is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Outputs.a", set()),
        ("{{ .Subject.ID }}", set()),
        ("{{ .Outputs.a.b }}", {"a"}),
        ("{{ with .Outputs.a }}{{ .b }}{{ toJson . }}{{ end }}", {"a"}),
        ('{{ index .Outputs "a" "b" }}{{ if hasKey .Outputs "c" }}x{{ end }}', {"a", "c"}),
        ('{{ define "t" }}{{ .Outputs.a }}{{ end }}{{ template "t" . }}', {"a"}),
        ("{{ range .Request.ClientIPAddresses }}{{ $.Outputs.a }}{{ end }}", {"a"}),
        ("{{ .Outputs.a | default .Outputs.b }}", {"a", "b"}),
    ],
)
def test_the_members_that_a_template_reads_are_known(text: str, names: set[str]) -> None:
    assert members_read(compile_template(text, SEEN), "Outputs") == names
