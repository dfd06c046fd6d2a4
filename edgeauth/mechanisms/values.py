"""`values`: texts that a rule hands to the templates and conditions of a mechanism.

They are rendered just before they are used, and are always texts.
"""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from edgeauth.expressions.templates import Template
from edgeauth.expressions.templates.pieces import Composed, Written
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import digest
from edgeauth.ports.fields import TemplateOf

ValueTemplate = Annotated[Template, TemplateOf("Request", "Subject", "Outputs")]


class Values:
    """The values of a step; what no request can change is rendered beforehand.

    Args:
        templates: by the name under which templates see the value.
    """

    __slots__ = ("_constant", "_varying")

    def __init__(self, templates: Mapping[str, Template]) -> None:
        # Every name is there, so that the order is that of the configuration in any case.
        self._constant = {name: template.constant or "" for name, template in templates.items()}
        self._varying = tuple(
            (name, template) for name, template in templates.items() if template.constant is None
        )

    def render(self, scope: Mapping[str, object]) -> dict[str, str]:
        """Returns the values for one request.

        Raises:
            Fault: INTERNAL, when one of them has no value.
        """
        values = {**self._constant}
        for name, template in self._varying:
            values[name] = template.render(scope)
        return values

    def in_pieces(self, scope: Mapping[str, object]) -> dict[str, str]:
        """Returns the values for templates of URLs: they know what of them the rule wrote.

        Raises:
            Fault: INTERNAL, when one of them has no value.
        """
        return {
            **{name: Written(text) for name, text in self._constant.items()},
            **{name: Composed(template.pieces(scope)) for name, template in self._varying},
        }


def cache_key(*parts: bytes | dict[str, str]) -> bytes:
    """Returns the key of what is known of these parts; no two lists of parts have the same.

    MessagePack says before everything what it is and how long; nothing else is as quick.

    Raises:
        Fault: INTERNAL, when a text holds half a character (a lone surrogate).
    """
    try:
        return digest(_ENCODER.encode(parts))
    except UnicodeEncodeError:
        raise Fault(Reason.INTERNAL, "a rendered text is no UTF-8") from None


# Texts that know where they come from are the same texts.
_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=str.__str__)


def encode_text(text: str) -> bytes:
    """Returns a rendered text as UTF-8.

    Raises:
        Fault: INTERNAL, when it holds half a character (a lone surrogate).
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Fault(Reason.INTERNAL, "a rendered text is no UTF-8") from None
