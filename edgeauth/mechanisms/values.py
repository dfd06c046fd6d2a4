"""`values`: texts that a rule hands to the templates and conditions of a mechanism.

They are rendered just before they are used, and are always texts.
"""

from collections.abc import Mapping
from typing import Annotated

from edgeauth.expressions.templates import Template
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.fields import TemplateOf

ValueTemplate = Annotated[Template, TemplateOf("Request", "Subject", "Outputs")]


def render_values(templates: Mapping[str, Template], scope: Mapping[str, object]) -> dict[str, str]:
    """Returns the values for one request.

    Raises:
        Fault: INTERNAL, when one of them has no value.
    """
    return {name: template.render(scope) for name, template in templates.items()}


def encode_text(text: str) -> bytes:
    """Returns a rendered text as UTF-8.

    Raises:
        Fault: INTERNAL, when it holds half a character (a lone surrogate).
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Fault(Reason.INTERNAL, "a rendered text is no UTF-8") from None
