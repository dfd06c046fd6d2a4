"""`values`: texts that a rule hands to the templates and conditions of a mechanism.

They are rendered just before they are used, and are always texts.
"""

from collections.abc import Mapping
from typing import Annotated

from edgeauth.expressions.templates import Template
from edgeauth.ports.fields import TemplateOf

ValueTemplate = Annotated[Template, TemplateOf("Request", "Subject", "Outputs")]


def render_values(templates: Mapping[str, Template], scope: Mapping[str, object]) -> dict[str, str]:
    """Returns the values for one request.

    Raises:
        Fault: INTERNAL, when one of them has no value.
    """
    return {name: template.render(scope) for name, template in templates.items()}
