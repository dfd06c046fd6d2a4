import pytest

from edgeauth.mechanisms.fields import header_value
from edgeauth.mechanisms.values import encode_text
from edgeauth.model.errors import Fault, Reason

HALF = "a\ud800b"
"""Half a character, which UTF-8 does not have."""


@pytest.mark.parametrize(
    "text", [HALF, "a\nb", "a\rb", "a\0b", "a\x0bb", "a\x1fb", "a\x7fb", "\x01"], ids=ascii
)
def test_attack_047_what_is_no_value_of_a_field_is_a_fault_that_does_not_show_it(text):
    with pytest.raises(Fault) as caught:
        header_value(text)

    assert caught.value.reason is Reason.INTERNAL
    assert text not in caught.value.detail


def test_what_is_no_text_is_a_fault():
    with pytest.raises(Fault, match="no UTF-8"):
        encode_text(HALF)


def test_blanks_around_a_value_do_not_count():
    assert header_value("\t ä\tb ") == "ä\tb".encode()
