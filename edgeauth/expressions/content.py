"""What content says, by its media type: of requests for expressions, of answers for mechanisms.

Trust: hostile. Whatever two readers could take for two different things is not decoded: repeated
names, semicolons in forms, charsets and codings that are not looked into. Time and memory are
bounded for whatever comes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from edgeauth.config.document import plain, read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.model.request import Headers
from edgeauth.wire.content_type import ContentType, parse_content_type
from edgeauth.wire.json import as_doubles, loads

MAX_FORM_FIELDS: Final = 1_000
MAX_YAML_VALUES: Final = 5_000
"""Values in YAML, or what looks like one: it takes so much longer to read than JSON."""
_BEFORE_YAML_VALUES: Final = "[{,:-?\n\r"
_NO_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_READABLE_CHARSETS: Final = frozenset({"", "utf-8", "us-ascii"})


def read_request_content(octets: bytes, headers: Headers) -> Json:
    """Returns what expressions see as the body of a request; never fails.

    What can not be decoded is a text, with a replacement character for each octet that is no
    UTF-8. Compressed content is never unpacked.

    Args:
        octets: the whole content.
        headers: of the request.
    """
    kind = parse_content_type(headers.get(b"content-type", b""))
    coding = headers.get(b"content-encoding", b"identity").lower()
    if octets and coding == b"identity":
        try:
            return decode(octets, kind)
        except Malformed:
            pass
    return octets.decode("utf-8", "replace")


def decode(octets: bytes, kind: ContentType) -> Json:
    """Returns the value that content stands for: JSON, YAML and forms decoded, else its text.

    Numbers are doubles in JSON; YAML has integers of 64 bits as well. A form is a map from names
    to lists of texts.

    Args:
        octets: at least one.
        kind: as the message says it.

    Raises:
        Malformed: the content is not what it is said to be, no UTF-8, or so much that decoding it
            would keep all other requests waiting.
    """
    if kind.charset not in _READABLE_CHARSETS:
        raise Malformed("the charset is not UTF-8")
    if kind.is_json:
        return as_doubles(loads(octets))
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("is no UTF-8") from None
    if kind.is_yaml:
        return _decode_yaml(text)
    return _decode_form(text) if kind.is_form else text


def _decode_yaml(text: str) -> Json:
    if sum(map(text.count, _BEFORE_YAML_VALUES)) > MAX_YAML_VALUES:
        raise Malformed("has too many values")
    try:
        documents = read_documents(text, "content", quotable=False)
    except ConfigurationError:
        # Its text may hold data.
        raise Malformed("is no well-formed YAML") from None
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


def _decode_form(text: str) -> Json:
    """Returns the fields of a form.

    Source:
        WHATWG URL, `application/x-www-form-urlencoded` parsing. Departures: an unescaped
        semicolon, which some readers take for a separator, and escapes that are none or give no
        UTF-8 are malformed.
    """
    if ";" in text or _NO_ESCAPE.search(text):
        raise Malformed("the form can be read in two ways")
    try:
        fields = parse_qs(
            text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS
        )
    except ValueError:
        raise Malformed("the form can not be decoded, or has too many fields") from None
    return {**fields}
