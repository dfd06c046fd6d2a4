import pytest

from edgeauth.config.models.api_keys import read_api_keys
from edgeauth.model.errors import Malformed
from tests.fakes.api_keys import KEY, entry

HASH = "sha256:" + "ab" * 32


def one(**settings):
    known = {"id": "a", "hash": HASH, "owner": "alice", **settings}
    return "- " + "\n  ".join(f"{key}: {value}" for key, value in known.items() if value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "no list", id="empty"),
        pytest.param("{}", "no list", id="a-map"),
        pytest.param("[]\n---\n[]", "no list", id="two-documents"),
        pytest.param("- a", "line 1", id="no-map"),
        pytest.param(one(id=""), 'missing key "id"', id="no-id"),
        pytest.param(one(hash=""), 'missing key "hash"', id="no-hash"),
        pytest.param(one(owner=""), 'missing key "owner"', id="no-owner"),
        pytest.param(one(owner="''"), "line 3", id="empty-owner"),
        pytest.param(one(owner="5"), "line 3", id="owner-that-is-a-number"),
        pytest.param(one(owner='"a\\nb"'), "one line", id="attack-114-line-break-in-owner"),
        pytest.param(one(owner='" a"'), "one line", id="blank-before-owner"),
        pytest.param(one(owner='"a\\u2028"'), "one line", id="line-separator-in-owner"),
        pytest.param(one(hash=KEY), "line 2", id="attack-178-the-key-itself"),
        pytest.param(one(hash=f"sha256:{KEY}"), "line 2", id="attack-178-the-key-as-hash"),
        pytest.param(one(hash="sha256:" + "ab" * 31), "line 2", id="short-hash"),
        pytest.param(one(hash="sha256:" + "AB" * 32), "line 2", id="capital-letters"),
        pytest.param(one(hash="md5:" + "ab" * 32), "line 2", id="another-digest"),
        pytest.param(one(key=KEY), 'unknown key "key"', id="attack-180-unknown-key"),
        pytest.param(one(enable="false"), 'unknown key "enable"', id="attack-180-mistyped"),
        pytest.param(one(enabled="no"), "line 4", id="attack-174-no-boolean"),
        pytest.param(one(enabled='"false"'), "line 4", id="text-as-boolean"),
        pytest.param(one(expires_at="2027-01-31"), "line 4", id="a-day"),
        pytest.param(one(expires_at="2027-01-31T12:00:00"), "line 4", id="no-zone"),
        pytest.param(one(expires_at="2027-02-31T12:00:00Z"), "line 4", id="no-such-day"),
        pytest.param(one(expires_at="4000000000"), "line 4", id="seconds"),
        pytest.param(
            one(not_before="2027-01-31T12:00:00Z", expires_at="2027-01-31T12:00:00Z"),
            "ends before it begins",
            id="no-time-between",
        ),
        pytest.param(one(scopes="a b"), "line 4", id="scopes-as-text"),
        pytest.param(one(scopes="[a b]"), "line 4", id="a-blank-in-a-scope"),
        pytest.param(one(attributes="{scopes: []}"), "itself", id="attack-114-own-attribute"),
        pytest.param(one(attributes="{key_id: b}"), "itself", id="attack-114-own-id"),
        pytest.param(one() + "\n" + one(hash="sha256:" + "cd" * 32), '"a"', id="id-twice"),
        pytest.param(one() + "\n" + one(id="b"), "hash of another", id="hash-twice"),
        pytest.param("- &a {id: b}\n- *a", "line", id="aliases"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused_with_its_line(text, told):
    with pytest.raises(Malformed) as caught:
        read_api_keys(text, "api-keys.yaml")

    assert told in str(caught.value)
    assert str(caught.value).startswith("api-keys.yaml: ")
    assert KEY not in str(caught.value)


def test_no_keys_are_a_list_without_entries():
    assert read_api_keys("[]", "").entries == ()


def test_an_entry_says_everything_about_a_key():
    text = entry(
        scopes="[a]", attributes="{tier: gold}", enabled="false",
        not_before="2023-11-14T22:13:20Z", expires_at="2023-11-14T23:13:21+01:00",
    )  # fmt: skip

    (key,) = read_api_keys(text, "").entries

    assert (key.id, key.owner, key.scopes, key.enabled) == ("alice-1", "alice", ("a",), False)
    assert key.attributes == {"tier": "gold"}
    assert (key.not_before, key.expires_at) == (1_700_000_000.0, 1_700_000_001.0)
    assert not key.peppered
