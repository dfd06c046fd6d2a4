"""What the content of an answer says, by its media type.

Trust: the answer of a policy information point. Whatever does not parse is no answer.
"""

from edgeauth.expressions.content import decode
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.json import Json
from edgeauth.ports.services import EndpointAnswer
from edgeauth.wire.content_type import ContentType


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
        return decode(answer.body, ContentType(answer.media_type))
    except Malformed:
        raise Fault(Reason.INTERNAL, "the answer is not what its content type says") from None
