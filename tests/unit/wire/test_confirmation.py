import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.confirmation import Confirmation, parse_confirmation

DIGEST = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


@pytest.mark.parametrize(
    "confirmation",
    [
        pytest.param(None, id="attack-147-null"),
        pytest.param({}, id="attack-147-empty"),
        pytest.param("jkt", id="attack-147-text"),
        pytest.param([{"jkt": DIGEST}], id="attack-147-list"),
        pytest.param({"kid": "a"}, id="attack-147-unknown-member"),
        pytest.param({"jwk": {"kty": "EC"}}, id="attack-147-key-itself"),
        pytest.param({"x5t": DIGEST}, id="attack-147-weak-digest"),
        *(
            pytest.param({"jkt": DIGEST, name: "a"}, id=f"attack-147-{name}-beside-a-digest")
            for name in ("jwk", "jwe", "kid", "jku", "osc", "x5t")
        ),
        pytest.param({"kc-jkt-type": "DPoP"}, id="attack-147-kind-of-a-proof-without-its-key"),
        pytest.param({"jkt": None, "kc-jkt-type": "DPoP"}, id="no-digest-with-a-kind"),
        pytest.param({"JKT": DIGEST}, id="attack-147-other-case"),
        pytest.param({"jkt": None}, id="no-digest"),
        pytest.param({"jkt": 1}, id="number"),
        pytest.param({"jkt": ""}, id="empty-digest"),
        pytest.param({"jkt": DIGEST[:-1]}, id="too-short"),
        pytest.param({"jkt": DIGEST + "="}, id="padding"),
        pytest.param({"jkt": DIGEST[:-1] + "2"}, id="attack-108-bits-behind-the-last-octet"),
        pytest.param({"jkt": "é" * 43}, id="not-ascii"),
        pytest.param({"jkt": DIGEST, "x5t#S256": "a"}, id="one-of-two"),
    ],
)
def test_a_token_that_is_bound_in_another_way_is_malformed(confirmation):
    with pytest.raises(Malformed) as refused:
        parse_confirmation({"cnf": confirmation})

    assert DIGEST[:8] not in str(refused.value)


def test_a_token_without_cnf_is_bound_to_nothing():
    assert parse_confirmation({"sub": "alice"}) is None


def test_a_token_may_be_bound_to_a_key_a_certificate_or_both():
    octets = bytes.fromhex("d1970e08e459358cbe0d6a6aab7d236722461d33747761e0941577ba282e0382")

    assert parse_confirmation({"cnf": {"jkt": DIGEST}}) == Confirmation(octets, None)
    assert parse_confirmation({"cnf": {"x5t#S256": DIGEST}}) == Confirmation(None, octets)
    both = {"jkt": DIGEST, "x5t#S256": DIGEST}
    assert parse_confirmation({"cnf": both}) == Confirmation(octets, octets)


@pytest.mark.parametrize("method", ["jkt", "x5t#S256"])
def test_what_is_no_way_of_binding_is_passed_over_beside_one(method):
    said = {method: DIGEST, "kc-jkt-type": "DPoP"}

    assert parse_confirmation({"cnf": said}) == parse_confirmation({"cnf": {method: DIGEST}})
