"""Signatures of deliveries, with the examples that Standard Webhooks and GitHub publish."""

import hmac
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.webhooks import (
    GITHUB,
    MAX_SIGNATURES,
    HmacScheme,
    StandardScheme,
    StripeScheme,
    is_signed_by,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD = (
    (b"webhook-id", b"msg_p5jXN8AQM9LWM0D4loKWxJek"),
    (b"webhook-timestamp", b"1614265330"),
    (b"webhook-signature", b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
)
EVENT = b'{"test": 2432232314}'
HUB = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
CODE = b"ab" * 32


def standard(**fields):
    """Returns the published delivery with other fields; those that are None are left out."""
    given_ = {name.decode(): value for name, value in STANDARD}
    given_ |= {f"webhook-{name}": value for name, value in fields.items()}
    return Headers((name.encode(), value) for name, value in given_.items() if value is not None)


def hub(value):
    return Headers([(b"x-hub-signature-256", value)])


def stripe(value):
    return Headers([(b"stripe-signature", value)])


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        pytest.param(StandardScheme(), standard(id=None), id="no-id"),
        pytest.param(StandardScheme(), standard(timestamp=None), id="no-timestamp"),
        pytest.param(StandardScheme(), standard(id=b"a.1614265330"), id="id-with-a-full-stop"),
        pytest.param(StandardScheme(), standard(id=b""), id="empty-id"),
        pytest.param(StandardScheme(), standard(id=b"a" * 257), id="long-id"),
        pytest.param(StandardScheme(), standard(timestamp=b"+1614265330"), id="sign"),
        pytest.param(StandardScheme(), standard(timestamp=b"01614265330"), id="leading-zero"),
        pytest.param(StandardScheme(), standard(timestamp=b"1614265330.0"), id="fraction"),
        pytest.param(StandardScheme(), standard(timestamp=b"1" * 12), id="far-away"),
        pytest.param(StandardScheme(), standard(timestamp="١٦".encode()), id="other-digits"),
        pytest.param(StandardScheme(), standard(signature=b"v1,"), id="attack-192 empty"),
        pytest.param(
            StandardScheme(), standard(signature=STANDARD[2][1][:-4]), id="attack-192 shorter"
        ),
        pytest.param(
            StandardScheme(), standard(signature=STANDARD[2][1][:-1]), id="attack-192 no-padding"
        ),
        pytest.param(
            StandardScheme(),
            standard(signature=STANDARD[2][1][:-2] + b"F="),
            id="another-spelling-of-the-same-octets",
        ),
        pytest.param(
            StandardScheme(), standard(signature=b"v1a," + STANDARD[2][1][3:]), id="other-size"
        ),
        pytest.param(
            StandardScheme(),
            standard(signature=b" ".join([STANDARD[2][1]] * (MAX_SIGNATURES + 1))),
            id="attack-198 many-candidates",
        ),
        pytest.param(
            StandardScheme(), standard(signature=b"v0,x " * 10_000), id="attack-198 endless"
        ),
        pytest.param(
            StandardScheme(), Headers((*STANDARD, STANDARD[2])), id="attack-198 repeated-signature"
        ),
        pytest.param(StandardScheme(), Headers((*STANDARD, STANDARD[0])), id="repeated-id"),
        pytest.param(GITHUB, hub(b""), id="github-empty"),
        pytest.param(GITHUB, hub(HUB[7:]), id="github-no-prefix"),
        pytest.param(GITHUB, hub(HUB.replace(b"256", b"1")), id="attack-196 sha1"),
        pytest.param(GITHUB, hub(HUB[:-2]), id="attack-192 github-shorter"),
        pytest.param(GITHUB, hub(HUB + b"00"), id="github-longer"),
        pytest.param(GITHUB, hub(HUB[:-2] + b" 1"), id="github-blank-in-hex"),
        pytest.param(GITHUB, hub(HUB + b"," + HUB), id="github-two-in-one"),
        pytest.param(StripeScheme(), stripe(b"v1=" + CODE), id="stripe-no-timestamp"),
        pytest.param(StripeScheme(), stripe(b"t=12,t=12,v1=" + CODE), id="stripe-two-timestamps"),
        pytest.param(StripeScheme(), stripe(b"t=,v1=" + CODE), id="stripe-empty-timestamp"),
        pytest.param(StripeScheme(), stripe(b"t=12,v1=ab"), id="attack-192 stripe-shorter"),
        pytest.param(
            StripeScheme(), stripe(b"t=12" + b",v1=%b" % CODE * 10), id="attack-198 stripe"
        ),
    ],
)
def test_a_delivery_that_can_be_read_in_several_ways_is_malformed(scheme, headers):
    with pytest.raises(Malformed):
        scheme.claimed(headers)


@pytest.mark.parametrize("scheme", [StandardScheme(), GITHUB, StripeScheme()])
def test_a_request_without_a_signature_says_nothing(scheme):
    assert scheme.claimed(Headers([(b"x-hub-signature", b"sha1=" + b"a" * 40)])) is None


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("", "neither whsec_ nor whpk_"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "neither"),
        ("whsec_", "24 to 64"),
        ("whsec_c2hvcnQ=", "24 to 64"),
        ("whsec_" + b64encode(b"a" * 65).decode(), "24 to 64"),
        ("whsec_%%%", "no base64"),
        ("whsec_ä", "no base64"),
        ("whsk_" + b64encode(b"a" * 32).decode(), "neither"),
        ("whpk_c2hvcnQ=", "no Ed25519 key"),
    ],
    ids=["attack-190 empty", "bare", "attack-190 no-octets", "short", "long", "no-base64", "ä",
         "private", "no-key"],
)  # fmt: skip
def test_a_secret_that_proves_nothing_is_refused(secret, told):
    with pytest.raises(Malformed, match=told) as caught:
        StandardScheme().key(secret)
    assert len(secret) < 7 or secret[6:] not in str(caught.value)


@pytest.mark.parametrize("scheme", [GITHUB, StripeScheme()], ids=["github", "stripe"])
def test_attack_190_a_short_secret_is_refused(scheme):
    with pytest.raises(Malformed, match="less than 16 octets"):
        scheme.key("a" * 15)


class Guarded(bytes):
    """Octets that must not be compared one after the other."""

    def __eq__(self, other):
        raise AssertionError("compared in a time that tells how much of it is right")

    __hash__ = bytes.__hash__


def test_attack_191_codes_are_not_compared_octet_by_octet():
    key = GITHUB.key("sixteen octets or more")
    right = hmac.digest(b"sixteen octets or more", b"content", "sha256")

    assert key.has_signed(b"content", [Guarded(b"\0" * 32), Guarded(right)])
    assert not key.has_signed(b"content", [Guarded(b"\0" * 32), Guarded(right[:-1])])


def test_the_published_delivery_of_standard_webhooks_is_signed():
    scheme = StandardScheme()
    claimed = scheme.claimed(Headers(STANDARD))

    assert (claimed.id, claimed.timestamp) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330)
    assert is_signed_by(claimed, EVENT, [scheme.key(SECRET)])
    assert not is_signed_by(claimed, EVENT + b" ", [scheme.key(SECRET)])


def test_the_published_delivery_of_github_is_signed():
    claimed = GITHUB.claimed(hub(HUB))
    keys = [GITHUB.key("It's a Secret to Everybody")]

    assert is_signed_by(claimed, b"Hello, World!", keys)
    assert not is_signed_by(claimed, b"Hello, World?", keys)


def test_attack_196_signatures_of_other_versions_do_not_count():
    scheme = StandardScheme()
    downgraded = STANDARD[2][1].replace(b"v1", b"v0")

    claimed = scheme.claimed(standard(signature=downgraded))

    assert claimed.signatures == ()
    assert not is_signed_by(claimed, EVENT, [scheme.key(SECRET)])


def test_one_right_signature_among_others_suffices():
    scheme = StandardScheme()
    listed = b"v9,x v1,%b %b" % (b64encode(b"0" * 32), STANDARD[2][1])

    claimed = scheme.claimed(standard(signature=listed))

    assert is_signed_by(claimed, EVENT, [scheme.key(SECRET)])


def test_a_public_key_verifies_v1a_and_nothing_else():
    private = Ed25519PrivateKey.generate()
    octets = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    scheme = StandardScheme()
    key = scheme.key("whpk_" + b64encode(octets).decode())
    signature = private.sign(b"msg_1.1614265330." + EVENT)
    listed = b"v1,%b v1a,%b" % (b64encode(b"0" * 32), b64encode(signature))
    claimed = scheme.claimed(standard(id=b"msg_1", signature=listed))

    assert is_signed_by(claimed, EVENT, [key])
    assert not is_signed_by(claimed, EVENT + b" ", [key])
    # The public part as a shared secret (attack 95) is no key at all.
    assert not is_signed_by(claimed, EVENT, [scheme.key("whsec_" + b64encode(octets).decode())])


def test_values_stand_where_the_text_says():
    scheme = HmacScheme(
        b"x-sig", b"v0=", "base64", "sha512", (b"v0:", "timestamp", b":", "body", b"\n", "id"),
        b"x-id", b"x-time",
    )  # fmt: skip
    fields = Headers(
        [(b"x-sig", b"v0=" + b64encode(b"0" * 64)), (b"x-id", b"a-1"), (b"x-time", b"17")]
    )

    assert scheme.claimed(fields).signed(b"{}") == b"v0:17:{}\na-1"


@given(st.lists(st.tuples(st.sampled_from([b"webhook-id", b"webhook-timestamp",
    b"webhook-signature", b"stripe-signature", b"x-hub-signature-256"]),
    st.binary(max_size=80) | st.text(alphabet="v1a,=t 0", max_size=90).map(str.encode)),
    max_size=5))  # fmt: skip
def test_fields_are_read_or_malformed_and_nothing_else(fields):
    for scheme, secret in (
        (StandardScheme(), SECRET),
        (GITHUB, "s" * 16),
        (StripeScheme(), "s" * 16),
    ):
        try:
            claimed = scheme.claimed(Headers(fields))
        except Malformed:
            continue
        assert claimed is None or not is_signed_by(claimed, b"{}", [scheme.key(secret)])
