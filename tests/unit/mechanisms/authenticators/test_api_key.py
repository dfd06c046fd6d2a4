import gc
import re
from dataclasses import replace
from weakref import ref

import pytest
from pydantic import ValidationError

from edgeauth.mechanisms.authenticators import api_key
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.identity import Principal
from edgeauth.model.request import Headers
from edgeauth.wire.verbose import words_for
from tests.fakes.api_keys import KEY, PEPPER, entry, sources
from tests.fakes.clock import NOW
from tests.fakes.driving import run_straight
from tests.fakes.requests import matched
from tests.fakes.services import World

CLIENTS = {"keys": {"source": "clients"}}
OTHER = KEY.replace("0", "9")
PAST, FUTURE = "2023-11-14T22:13:19Z", "2023-11-14T22:13:21Z"
"""A second before the time of tests, and one after it."""


def asked(world, config=CLIENTS, **request):
    authenticator = world.build(api_key.TYPE, config)
    return run_straight(authenticator.authenticate(matched(**request)))


def shown(key=KEY):
    return {"headers": {"X-API-Key": key}}


@pytest.fixture
def world(tmp_path):
    def made(*entries):
        return World(secrets=sources(tmp_path, *entries))

    return made


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, "keys"),
        ({"keys": {"source": "nobody"}}, "no secret source"),
        ({"keys": {"source": "clients", "selector": "a"}}, "as a whole"),
        ({"keys": {"source": "texts"}}, "a selector is required"),
        ({"keys": {"source": "texts", "selector": "pepper"}}, "no list of API keys"),
        ({**CLIENTS, "pepper": {"source": "clients"}}, "no texts"),
        ({**CLIENTS, "api_key_source": []}, "api_key_source"),
        ({**CLIENTS, "error_signaling": {"realm": "a"}}, "no effect"),
        (
            {**CLIENTS, "api_key_source": [{"cookie": "k"}], "error_signaling": {}},
            "no effect",
        ),
        ({**CLIENTS, "assertions": {"scopes": 1}}, "scopes"),
        ({**CLIENTS, "nope": 1}, "nope"),
    ],
)
def test_a_wrong_configuration_is_refused(world, config, told):
    with pytest.raises(ValidationError) as caught:
        world(entry()).build(api_key.TYPE, config)

    found = caught.value.errors(include_input=False, include_url=False)
    assert told in str(found) or told in str([each.get("ctx") for each in found])


@pytest.mark.parametrize(
    ("key", "config", "told"),
    [
        (entry(pepper=PEPPER), {}, "no pepper"),
        (entry(), {"pepper": {"source": "texts", "selector": "short"}}, "16 octets"),
        (entry(), {"pepper": {"source": "texts", "selector": "pepper"}}, "need no pepper"),
    ],
    ids=[
        "a-pepper-that-is-not-configured",
        "attack-190-short-pepper",
        "attack-196-hashes-without-the-pepper",
    ],
)
def test_keys_that_can_not_be_used_stop_the_start(world, key, config, told):
    made = world(key)
    with pytest.raises(Malformed, match=told):
        made.build(api_key.TYPE, {**CLIENTS, **config})


NOT_ACCEPTED = [
    pytest.param((), {}, "unknown", id="no-keys-at-all"),
    pytest.param((entry(OTHER),), {}, "unknown", id="unknown"),
    pytest.param((entry(KEY[:-1]),), {}, "unknown", id="one-character-more-than-a-known-one"),
    pytest.param((entry(KEY.upper()),), {}, "unknown", id="another-case"),
    pytest.param((entry(enabled="false"),), {}, "disabled", id="disabled"),
    pytest.param((entry(expires_at=PAST),), {}, "expired", id="expired"),
    pytest.param((entry(expires_at="2023-11-14T22:13:20Z"),), {}, "expired", id="at-its-end"),
    pytest.param((entry(not_before=FUTURE),), {}, "not valid yet", id="not-valid-yet"),
    pytest.param(
        (entry(expires_at=PAST, enabled="false"),), {}, "disabled", id="disabled-and-expired"
    ),
    pytest.param(
        (entry(pepper="q" * 32),),
        {"pepper": {"source": "texts", "selector": "pepper"}},
        "unknown",
        id="another-pepper",
    ),
]


@pytest.mark.parametrize(("entries", "config", "told"), NOT_ACCEPTED)
def test_a_key_that_is_not_good_is_answered_the_same_and_told_apart_in_the_log(
    world, entries, config, told
):
    made = world(*entries)

    outcome = asked(made, {**CLIENTS, **config}, **shown())

    assert isinstance(outcome, Refusal)
    assert told in outcome.detail
    assert KEY not in repr(outcome)
    same = replace(outcome, detail="")
    unknown = asked(made, {**CLIENTS, **config}, **shown("n" * 40))
    assert same == replace(unknown, detail="")
    assert same.reason is Reason.AUTHENTICATION
    assert same.causes == {Reason.AUTHENTICATION}
    assert same.status is None
    headers = Headers(((b"accept", b"text/plain"),))
    assert words_for(outcome, Reason.AUTHENTICATION, headers).content == (
        b"the API key is not accepted"
    )


@pytest.mark.parametrize(
    "key",
    ["", "a" * 19, "secret", "k" * 513, "k" * 100_000],
    ids=["empty", "guessable", "a-word", "too-long", "endless"],
)
def test_what_could_be_guessed_or_never_ends_is_no_key_even_if_its_hash_is_there(world, key):
    outcome = asked(world(entry(key or "x")), **shown(key))

    assert isinstance(outcome, Refusal)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"headers": {"Authorization": f"Bearer {KEY}"}},
        {"query": f"api_key={KEY}"},
        {"headers": {"Cookie": f"api_key={KEY}"}},
    ],
    ids=["nothing", "another-header", "query", "cookie"],
)
def test_a_key_in_a_place_that_is_not_configured_is_none(world, request_):
    outcome = asked(world(entry()), **request_)

    assert outcome.detail == "there is no API key"
    assert Reason.PRECONDITION in outcome.causes
    assert outcome.challenges == ()


def test_the_digest_of_a_key_is_no_key(world):
    made = world(entry())
    digest = re.search("[0-9a-f]{64}", entry()).group()

    for presented in (digest, f"sha256:{digest}"):
        assert isinstance(asked(made, **shown(presented)), Refusal)


@pytest.mark.parametrize(
    ("source", "request_"),
    [
        ({"header": "X-A", "scheme": "ApiKey"}, {"headers": {"X-A": f"apikey  {KEY}"}}),
        ({"cookie": "k"}, {"headers": {"Cookie": f"k={KEY}"}}),
        ({"query_parameter": "k"}, {"query": f"a=b&k={KEY}"}),
    ],
    ids=["header", "cookie", "query"],
)  # fmt: skip
def test_a_key_is_found_where_it_is_configured_to_be(world, source, request_):
    found = asked(world(entry()), {**CLIENTS, "api_key_source": [source]}, **request_)

    assert found.id == "alice"


@pytest.mark.parametrize(
    ("content", "kind", "passes"),
    [
        (f'{{"k": "{KEY}"}}', "application/json", True),
        (f"k={KEY}", "application/x-www-form-urlencoded", True),
        (f"k={KEY}&k={KEY}", "application/x-www-form-urlencoded", False),
        (f'{{"k": ["{KEY}", "{KEY}"]}}', "application/json", False),
        (f'{{"k": "{KEY}", "k": "{KEY}"}}', "application/json", False),
        (f"k={KEY}", "text/plain", False),
    ],
    ids=["json", "form", "form-twice", "list", "attack-78-name-twice", "another-type"],
)
def test_a_key_may_stand_in_the_content(world, content, kind, passes):
    config = {**CLIENTS, "api_key_source": [{"body_parameter": "k"}]}
    seen = matched(method="POST", headers={"Content-Type": kind})
    seen.view.receive(content.encode())

    outcome = run_straight(world(entry()).build(api_key.TYPE, config).authenticate(seen))

    assert isinstance(outcome, Principal) is passes


@pytest.mark.parametrize(
    ("source", "request_"),
    [
        ({"cookie": "k"}, {"headers": {"Cookie": f"k={KEY}; k={KEY}"}}),
        ({"query_parameter": "k"}, {"query": f"k={KEY}&k={KEY}"}),
        ({"query_parameter": "k"}, {"query": f"k={KEY}%0a"}),
    ],
    ids=["cookie-twice", "parameter-twice", "line-break"],
)
def test_a_key_that_is_there_twice_or_no_text_is_refused(world, source, request_):
    outcome = asked(world(entry()), {**CLIENTS, "api_key_source": [source]}, **request_)

    assert isinstance(outcome, Refusal)
    assert Reason.PRECONDITION not in outcome.causes


def test_each_scheme_is_asked_for_once(world):
    header = {"header": "Authorization", "scheme": "ApiKey"}
    config = {**CLIENTS, "api_key_source": [header, {**header, "header": "X-A"}]}
    made = world(entry())

    assert asked(made, config).challenges == (b"ApiKey",)
    config["error_signaling"] = {"realm": "shop"}
    assert asked(made, config).challenges == (b'ApiKey realm="shop"',)
    config["error_signaling"] = {"enabled": False}
    assert asked(made, config).challenges == ()


def test_the_owner_is_the_principal_with_what_is_known_of_the_key(world):
    made = world(entry(attributes="{tier: gold, n: 1}", scopes="[a, b]", expires_at=FUTURE))

    found = asked(made, **shown())

    assert isinstance(found, Principal)
    assert found.id == "alice"
    assert found.attributes == {
        "tier": "gold", "n": 1.0, "key_id": "alice-1", "scopes": ["a", "b"],
    }  # fmt: skip
    assert found.expires_at == NOW + 1


def test_an_owner_may_have_several_keys_and_they_are_told_apart(world):
    made = world(entry(), entry(OTHER, "alice-2"))

    first, second = asked(made, **shown()), asked(made, **shown(OTHER))

    assert first.id == second.id == "alice"
    assert first.fingerprint != second.fingerprint


def test_the_fingerprint_covers_everything_that_is_known_of_a_key__attack_130(tmp_path):
    found = set()
    variants = (
        {}, {"owner": "bob"}, {"name": "a"}, {"scopes": "[a]"}, {"attributes": "{a: 1}"},
        {"expires_at": FUTURE},
    )  # fmt: skip
    for number, variant in enumerate(variants):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = World(secrets=sources(folder, entry(**variant)))
        found.add(asked(made, **shown()).fingerprint)

    assert len(found) == len(variants)


def test_hashes_with_a_pepper_are_recognised_with_it(world):
    config = {**CLIENTS, "pepper": {"source": "texts", "selector": "pepper"}}

    assert asked(world(entry(pepper=PEPPER)), config, **shown()).id == "alice"


def test_keys_may_stand_in_a_source_of_texts(world):
    made = world(entry())

    found = asked(made, {"keys": {"source": "texts", "selector": "keys"}}, **shown())

    assert found.id == "alice"


@pytest.mark.parametrize(
    ("demanded", "granted", "passes"),
    [
        (["a"], "[]", False),
        (["a", "b"], "[a]", False),
        (["a", "b"], "[b, a]", True),
        ({"values": ["a.b"], "matching_strategy": "hierarchic"}, "[a]", True),
        ({"values": ["a.b"], "matching_strategy": "wildcard"}, "['a.*']", True),
        ({"values": ["a.b"]}, "['a.*']", False),
    ],
)
def test_scopes_are_demanded_as_of_tokens(world, demanded, granted, passes):
    config = {**CLIENTS, "assertions": {"scopes": demanded}}

    outcome = asked(world(entry(scopes=granted)), config, **shown())

    assert isinstance(outcome, Principal) is passes
    if not passes:
        assert outcome.status == 403
        assert "alice-1" not in outcome.told


def test_an_expired_key_is_not_told_that_it_lacks_a_scope(world):
    config = {**CLIENTS, "assertions": {"scopes": ["a"]}}

    assert asked(world(entry(expires_at=PAST)), config, **shown()).status is None


def test_time_ends_a_key_while_requests_are_served(world):
    made = world(entry(expires_at=FUTURE))
    authenticator = made.build(api_key.TYPE, CLIENTS)
    seen = matched(**shown())

    assert run_straight(authenticator.authenticate(seen)).id == "alice"
    made.clock.advance(1)
    assert "expired" in run_straight(authenticator.authenticate(seen)).detail


def reload(made, folder, text):
    (folder / "api-keys.yaml").write_text(text)
    for source in made.secrets.all():
        source.reload()


def test_a_key_that_is_taken_out_is_refused_with_the_next_request(world, tmp_path):
    made = world(entry())
    authenticator = made.build(api_key.TYPE, CLIENTS)
    seen = matched(**shown())
    assert run_straight(authenticator.authenticate(seen)).id == "alice"

    reload(made, tmp_path, entry(OTHER))

    assert isinstance(run_straight(authenticator.authenticate(seen)), Refusal)
    assert run_straight(authenticator.authenticate(matched(**shown(OTHER)))).id == "alice"


@pytest.mark.parametrize(
    "text",
    ["", "keys: []", entry() + entry(), entry() + "x", entry(pepper=PEPPER)],
    ids=["empty", "no-list", "twice", "broken", "pepper"],
)
def test_attack_176_keys_that_can_not_be_used_leave_the_last_good_ones(world, tmp_path, text):
    made = world(entry())
    authenticator = made.build(api_key.TYPE, CLIENTS)

    with pytest.raises(ValueError):  # noqa: PT011  (of whatever kind)
        reload(made, tmp_path, text)

    assert run_straight(authenticator.authenticate(matched(**shown()))).id == "alice"


def test_attack_193_another_pepper_counts_at_once(world, tmp_path):
    made = world(entry(pepper=PEPPER))
    config = {**CLIENTS, "pepper": {"source": "texts", "selector": "pepper"}}
    authenticator = made.build(api_key.TYPE, config)
    (tmp_path / "mounted/pepper").write_text("short")
    with pytest.raises(Malformed, match="16 octets"):
        reload(made, tmp_path, entry(pepper=PEPPER))
    assert run_straight(authenticator.authenticate(matched(**shown()))).id == "alice"

    (tmp_path / "mounted/pepper").write_text("q" * 32)
    reload(made, tmp_path, entry(pepper="q" * 32))

    assert run_straight(authenticator.authenticate(matched(**shown()))).id == "alice"
    reload(made, tmp_path, entry(pepper=PEPPER))
    assert isinstance(run_straight(authenticator.authenticate(matched(**shown()))), Refusal)


def test_nothing_shows_a_digest_or_a_key__attack_178(world):
    made = world(entry())
    authenticator = made.build(api_key.TYPE, CLIENTS)
    digest = re.search("[0-9a-f]{64}", entry()).group()
    keys = made.secrets.api_keys("clients", None)

    for each in (keys, keys.entries[0], authenticator, made.secrets.all()):
        assert digest[:8] not in repr(each)


def test_attack_214_keys_that_were_exchanged_take_no_memory(world, tmp_path):
    made = world(entry())
    authenticator = made.build(api_key.TYPE, CLIENTS)
    run_straight(authenticator.authenticate(matched(**shown())))
    former = ref(made.secrets.api_keys("clients", None))

    reload(made, tmp_path, entry(OTHER))
    run_straight(authenticator.authenticate(matched(**shown())))

    gc.collect()
    assert former() is None
