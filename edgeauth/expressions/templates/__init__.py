"""Templates: Go's text/template with the hermetic functions of sprig, compiled to closures.

    template = compile_template("{{ .Subject.ID | upper }}", {"Subject": SUBJECT})
    template.render({"Subject": subject})

A text goes through `lexer`, `parser` and `compile`; `functions/` is what it may call. Objects are
read through their declared members only.
"""

from edgeauth.expressions.templates.template import Template, compile_template

__all__ = ["Template", "compile_template"]
