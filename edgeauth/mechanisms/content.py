"""What the content of an answer says, by its media type.

Trust: the answer of a policy information point. Whatever does not parse is no answer.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from edgeauth.config.document import plain, read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.json import Json
from edgeauth.ports.services import EndpointAnswer
from edgeauth.wire.json import as_doubles, loads

_MAX_FORM_FIELDS: Final = 1_000


def decode_content(answer: EndpointAnswer) -> Json:
    """Returns the decoded content; None when there is none.

    JSON, YAML and forms by media type, anything else as text. Numbers are doubles in JSON; YAML
    has integers of 64 bits as well. A form is a map of lists of texts.

    Raises:
        Fault: INTERNAL, when the content is not what its media type says.
    """
    if not answer.body:
        return None
    try:
        if "json" in answer.media_type:
            return as_doubles(loads(answer.body))
        text = answer.body.decode("utf-8")
        if "yaml" in answer.media_type:
            return _decode_yaml(text)
        if "x-www-form-urlencoded" in answer.media_type:
            return {**parse_qs(text, keep_blank_values=True, max_num_fields=_MAX_FORM_FIELDS)}
    except (ValueError, ConfigurationError):
        # Neither text says what was wrong in words that are free of data.
        raise Fault(Reason.INTERNAL, "the answer is not what its content type says") from None
    return text


def _decode_yaml(text: str) -> Json:
    documents = read_documents(text, "answer", quotable=False)
    if len(documents) != 1:
        raise Malformed("there is not exactly one document")
    return _bounded(plain(documents[0]))


def _bounded(value: Json) -> Json:
    """Returns the value with every integer that does not fit into 64 bits as a double."""
    if isinstance(value, Mapping):
        return {name: _bounded(member) for name, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_bounded(item) for item in value]
    fits = not isinstance(value, int) or -(2**63) <= value < 2**63
    return value if fits else as_doubles(value)
