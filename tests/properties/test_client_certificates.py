"""What proxies and certificates say of clients: read as it was written, or refused."""

from contextlib import suppress

from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.wire.certificate_details import common_name
from edgeauth.wire.client_certificates import (
    X_FORWARDED_CLIENT_CERT,
    parse_client_certificate_field,
)
from edgeauth.wire.spiffe import parse_spiffe_id

VISIBLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)
ELEMENTS = st.lists(
    st.tuples(st.binary(min_size=32, max_size=32), VISIBLE, st.lists(VISIBLE, max_size=3)),
    min_size=1,
    max_size=4,
)
NAMES = st.text(st.sampled_from('CNOU=,+\\"#;<> a0\x00é\n'), max_size=30) | st.text(max_size=30)


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@given(ELEMENTS)
def test_whatever_names_hold_the_element_that_counts_is_read_as_it_was_written(elements):
    value = ",".join(
        ";".join([
            f"Hash={digest.hex()}",
            f'Subject="{escaped(subject)}"',
            *(f'URI="{escaped(uri)}"' for uri in uris),
        ])
        for digest, subject, uris in elements
    ).encode()  # fmt: skip

    for which, (digest, subject, uris) in (("first", elements[0]), ("last", elements[-1])):
        found = parse_client_certificate_field(X_FORWARDED_CLIENT_CERT, value, which)
        assert (found.fingerprint, found.subject) == (digest, escaped(subject))
        assert found.uris == tuple(uri for uri in uris if uri)


@given(NAMES)
def test_a_subject_has_one_common_name_or_is_malformed(subject):
    with suppress(Malformed):
        name = common_name(subject)
        assert name
        assert name.isprintable() or not any(ord(each) < 0x20 for each in name)


@given(st.text(max_size=40) | st.builds("spiffe://{}/{}".format, VISIBLE, VISIBLE))
def test_a_spiffe_id_is_what_it_says_or_malformed(uri):
    with suppress(Malformed):
        found = parse_spiffe_id(uri)
        assert f"spiffe://{found.trust_domain}{found.path}" == uri
        assert ".." not in found.path.split("/")
