import asyncio
import threading
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import Call, IssuerEndpoint
from edgeauth.ports.issuers import KeySource
from edgeauth.services.issuer_directory import FAULT_TTL, Issuers
from edgeauth.services.verification_keys import COOL_DOWN, RETRY, IssuerKeys
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import to_jwk
from edgeauth.wire.key_certificates import TrustAnchors
from tests.fakes.certificates import NOW as CERTIFIED_AT, certificate
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run, run_straight, settle
from tests.fakes.endpoints import FakeEndpoints, json_answer
from tests.fakes.keys import signing_key, verification_key

JWKS = "https://idp.test/jwks"
METADATA = "https://idp.test/.well-known/openid-configuration"
TTL = 600.0


def source(
    url: str = JWKS, *, is_metadata: bool = False, ttl: float = TTL, stale: float = 0.0
) -> KeySource:
    endpoint = IssuerEndpoint(url=url)  # type: ignore[arg-type]
    return KeySource(endpoint, is_metadata, ttl=ttl, stale_if_error=stale)


def key_set(*kids: str) -> bytes:
    keys = [to_jwk(verification_key("ES256"), kid, "ES256") for kid in kids]
    return dumps({"keys": keys})


def metadata(issuer: str = "https://idp.test", jwks_uri: str | None = JWKS) -> bytes:
    document = {"issuer": issuer} | ({} if jwks_uri is None else {"jwks_uri": jwks_uri})
    return dumps(document)


class Issuer:
    """An issuer and the keys that are known of it."""

    def __init__(self, *kids: str) -> None:
        self.clock = FakeClock()
        self.endpoints = FakeEndpoints(
            {JWKS: json_answer(key_set(*kids)), METADATA: json_answer(metadata())}
        )
        self.monotonic = FakeClock(50.0)
        issuers = Issuers(self.endpoints, self.monotonic.now)
        self.keys = IssuerKeys(self.endpoints, self.clock, issuers, self.monotonic.now)

    def advance(self, seconds: float) -> None:
        """Lets time pass on both clocks."""
        self.clock.advance(seconds)
        self.monotonic.advance(seconds)

    def rotate(self, *kids: str) -> None:
        self.endpoints.answers[JWKS] = json_answer(key_set(*kids))

    def resolve(self, kid: str | None, of: KeySource | None = None) -> list[str | None]:
        found = run(self.keys.resolve(of or source(), "https://idp.test", kid))
        return [each.kid for each in found.candidates]

    def fault(self, of: KeySource | None = None) -> Fault:
        with pytest.raises(Fault) as caught:
            self.resolve("a", of)
        return caught.value


async def fallen_silent(after: float) -> tuple[Issuer, KeySource]:
    """Returns an issuer that has told its keys and then nothing, found out so many seconds later.

    Its keys count for a while when it is silent.
    """
    issuer, of = Issuer("a"), source(stale=60.0)
    await issuer.keys.resolve(of, "", "a")
    issuer.endpoints.answers[JWKS] = Fault(Reason.COMMUNICATION, "down")
    issuer.advance(after)
    await issuer.keys.resolve(of, "", "a")
    return issuer, of


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"keys": 1}', b'{"keys": [], "keys": []}', b" " * 300_000],
    ids=["empty", "no-object", "no-json", "no-list", "repeated-name", "attack-127-gigantic"],
)
def test_a_bad_key_set_is_a_communication_fault(body):
    issuer = Issuer("a")
    issuer.endpoints.answers[JWKS] = json_answer(body)

    assert issuer.fault().reason is Reason.COMMUNICATION


@pytest.mark.parametrize("status", [204, 301, 302, 404, 500], ids=str)
def test_attack_122_any_status_but_200_is_a_communication_fault(status):
    issuer = Issuer("a")
    issuer.endpoints.answers[JWKS] = json_answer(key_set("a"), status)

    assert issuer.fault().reason is Reason.COMMUNICATION


@pytest.mark.parametrize(
    "document",
    [
        metadata("https://evil.test"),
        metadata(jwks_uri=None),
        metadata(jwks_uri="http://idp.test/jwks"),
        metadata(jwks_uri="https://idp.test/{{ .TokenIssuer }}"),
        b"{}",
    ],
    ids=["attack-128-other-issuer", "no-key-set", "without-tls", "template", "empty"],
)
def test_bad_metadata_is_a_communication_fault_and_asks_for_no_keys(document):
    issuer = Issuer("a")
    issuer.endpoints.answers[METADATA] = json_answer(document)

    assert issuer.fault(source(METADATA, is_metadata=True)).reason is Reason.COMMUNICATION
    assert [call.url for call in issuer.endpoints.calls] == [METADATA]


def test_a_failed_tls_handshake_with_the_issuer_stays_final():
    issuer = Issuer("a")
    issuer.endpoints.answers[JWKS] = Fault(Reason.INTERNAL, "TLS", final=True)

    fault = issuer.fault()

    assert fault.reason is Reason.INTERNAL
    assert fault.final


def test_attack_161_a_failure_is_remembered_for_a_second_only():
    issuer = Issuer("a")
    issuer.endpoints.answers[JWKS] = Fault(Reason.COMMUNICATION, "down")
    for _ in range(5):
        issuer.fault()
    assert len(issuer.endpoints.calls) == 1

    issuer.rotate("a")
    issuer.advance(FAULT_TTL)

    assert issuer.resolve("a") == ["a"]


def test_attack_124_and_125_bad_keys_do_not_take_the_good_ones_with_them():
    issuer = Issuer()
    good = to_jwk(verification_key("ES256"), "good", "ES256")
    twice = to_jwk(verification_key("RS256"), "twice", "RS256")
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}
    issuer.endpoints.answers[JWKS] = json_answer(
        dumps({"keys": [secret, "nonsense", twice, twice, good]})
    )

    assert issuer.resolve(None) == ["good"]
    assert issuer.resolve("twice") == []
    assert issuer.resolve("secret") == []


def test_a_key_is_fetched_once_and_found_without_waiting_then():
    issuer = Issuer("a", "b")
    assert issuer.resolve("a") == ["a"]

    found = run_straight(issuer.keys.resolve(source(), "https://idp.test", "b"))

    assert [each.kid for each in found.candidates] == ["b"]
    assert found.issuer is None
    assert found.valid_until == issuer.clock.now() + TTL
    assert len(issuer.endpoints.calls) == 1


def test_attack_212_chains_of_certificates_are_followed_beside_the_event_loop():
    others_had_their_turn = threading.Event()

    def authorities():
        assert others_had_their_turn.wait(20)
        return [certified]

    async def check():
        issuer = Issuer()
        issuer.endpoints.answers[JWKS] = json_answer(dumps({"keys": [key]}))
        issuer.clock.advance(CERTIFIED_AT - issuer.clock.now())
        of = replace(source(), trust=TrustAnchors(b"", authorities))
        asked = asyncio.create_task(issuer.keys.resolve(of, "", "a"))
        await settle()
        others_had_their_turn.set()
        return (await asked).candidates

    certified = certificate(signing_key("ES256"), "issuer")
    chain = [certified.public_bytes(Encoding.DER)]
    key = to_jwk(verification_key("ES256"), "a", "ES256", chain)
    assert [each.kid for each in run(check())] == ["a"]


def test_without_a_key_id_every_key_is_a_candidate():
    assert Issuer("a", "b").resolve(None) == ["a", "b"]


def test_attack_101_a_key_id_is_a_name_to_look_up_and_nothing_else():
    issuer = Issuer("a")

    assert issuer.resolve("../../../dev/null") == []
    assert {call.url for call in issuer.endpoints.calls} == {JWKS}


def test_attack_126_a_withdrawn_key_is_not_believed_longer_than_its_time():
    issuer = Issuer("a")
    assert issuer.resolve("a") == ["a"]
    issuer.rotate("b")
    issuer.advance(TTL - 1)
    assert issuer.resolve("a") == ["a"]

    issuer.advance(1)

    assert issuer.resolve("a") == []


def test_attack_215_a_clock_that_is_set_back_does_not_prolong_a_key():
    issuer = Issuer("a")
    issuer.resolve("a")
    issuer.rotate("b")
    issuer.advance(TTL / 2)
    issuer.clock.advance(-3600)

    found = run(issuer.keys.resolve(source(), "https://idp.test", "a"))
    assert len(found.candidates) == 1
    assert found.valid_until < issuer.clock.now() + TTL / 2 + 1

    issuer.advance(TTL / 2)
    assert issuer.resolve("a") == []


def test_attack_215_a_clock_that_is_set_back_prolongs_no_stale_key():
    issuer, stale = Issuer("a"), source(stale=TTL)
    issuer.resolve("a", stale)
    del issuer.endpoints.answers[JWKS]
    for _ in range(4):
        issuer.advance(TTL / 4)
        assert issuer.resolve("a", stale) == ["a"]
    for _ in range(3):
        issuer.advance(TTL / 4)
        issuer.clock.advance(-TTL / 5)
        assert issuer.resolve("a", stale) == ["a"]
    issuer.advance(TTL / 4)

    assert issuer.fault(stale).reason is Reason.COMMUNICATION


def test_attack_215_a_clock_that_is_set_back_prolongs_no_failure():
    issuer = Issuer("a")
    issuer.endpoints.answers[JWKS] = json_answer(b"", 500)
    issuer.fault()
    issuer.clock.advance(-3600)
    issuer.rotate("a")
    issuer.advance(FAULT_TTL)

    assert issuer.resolve("a") == ["a"]


def test_a_stopped_issuer_is_a_fault_once_its_keys_are_too_old():
    issuer = Issuer("a")
    issuer.resolve("a")
    del issuer.endpoints.answers[JWKS]

    issuer.advance(TTL)

    assert issuer.fault().reason is Reason.COMMUNICATION


def test_a_new_key_works_right_after_the_rotation():
    issuer = Issuer("a")
    issuer.resolve("a")

    issuer.rotate("a", "b")

    assert issuer.resolve("b") == ["b"]


def test_attack_121_invented_key_ids_do_not_flood_the_issuer():
    issuer = Issuer("a")
    issuer.resolve("a")

    for number in range(100):
        assert issuer.resolve(f"invented-{number}") == []
    assert len(issuer.endpoints.calls) == 2

    issuer.advance(COOL_DOWN)
    assert issuer.resolve("invented") == []
    assert len(issuer.endpoints.calls) == 3


def test_attack_121_a_failed_search_does_not_take_the_known_keys_away():
    issuer = Issuer("a")
    issuer.resolve("a")
    issuer.endpoints.answers[JWKS] = Fault(Reason.COMMUNICATION, "down")

    with pytest.raises(Fault):
        issuer.resolve("invented")

    assert issuer.resolve("a") == ["a"]


def test_attack_161_whoever_needs_the_same_keys_waits_for_the_same_fetch():
    async def check() -> None:
        issuer = Issuer("a")
        issuer.endpoints.gate.clear()
        waiting = [asyncio.create_task(issuer.keys.resolve(source(), "", "a")) for _ in range(50)]
        await settle()
        issuer.endpoints.gate.set()
        found = await asyncio.gather(*waiting)
        assert all(each.candidates for each in found)
        assert len(issuer.endpoints.calls) == 1

    run(check())


def test_requests_with_a_new_key_wait_for_the_search_that_another_one_began():
    async def check() -> None:
        issuer = Issuer("a")
        await issuer.keys.resolve(source(), "", "a")
        issuer.rotate("b")
        issuer.endpoints.gate.clear()
        waiting = []
        for _ in range(10):
            waiting.append(asyncio.create_task(issuer.keys.resolve(source(), "", "b")))
            await settle()
        issuer.endpoints.gate.set()
        assert all(each.candidates for each in await asyncio.gather(*waiting))
        assert len(issuer.endpoints.calls) == 2

    run(check())


def test_whoever_stops_waiting_does_not_end_the_fetch_of_the_others():
    async def check() -> None:
        issuer = Issuer("a")
        issuer.endpoints.gate.clear()
        first = asyncio.create_task(issuer.keys.resolve(source(), "", "a"))
        second = asyncio.create_task(issuer.keys.resolve(source(), "", "a"))
        await settle()
        first.cancel()
        await settle()
        assert first.cancelled()
        issuer.endpoints.gate.set()
        assert (await second).candidates

    run(check())


def test_a_fetch_that_nobody_waits_for_any_more_fails_in_silence():
    async def check() -> None:
        issuer = Issuer("a")
        issuer.endpoints.answers[JWKS] = Fault(Reason.COMMUNICATION, "down")
        issuer.endpoints.gate.clear()
        only = asyncio.create_task(issuer.keys.resolve(source(), "", "a"))
        await settle()
        only.cancel()
        await settle()
        issuer.endpoints.gate.set()
        await settle()

    run(check())


def test_metadata_leads_to_the_keys_and_names_the_issuer():
    issuer = Issuer("a")

    found = run(issuer.keys.resolve(source(METADATA, is_metadata=True), "anything", "a"))

    assert found.issuer == "https://idp.test"
    assert [call.url for call in issuer.endpoints.calls] == [METADATA, JWKS]


def test_attack_123_issuers_behind_one_template_do_not_share_keys():
    clock = FakeClock()
    endpoints = FakeEndpoints(
        {
            "https://idp.test/one/jwks": json_answer(key_set("one")),
            "https://idp.test/two/jwks": json_answer(key_set("two")),
        }
    )
    keys = IssuerKeys(endpoints, clock, Issuers(endpoints, clock.now), clock.now)
    templated = source("https://idp.test/{{ .TokenIssuer }}/jwks")

    for issuer in ("one", "two", "one", "two"):
        found = run(keys.resolve(templated, issuer, None))
        assert [each.kid for each in found.candidates] == [issuer]
    assert len(endpoints.calls) == 2


def test_sources_that_believe_keys_for_different_times_do_not_share_them():
    issuer = Issuer("a")
    issuer.resolve("a", source(ttl=600))
    issuer.rotate("b")

    assert issuer.resolve("a", source(ttl=2)) == []


def test_keys_that_are_not_kept_are_asked_for_every_time():
    issuer = Issuer("a")

    for _ in range(3):
        assert issuer.resolve("a", source(ttl=0)) == ["a"]

    assert len(issuer.endpoints.calls) == 3


def test_the_configured_fields_are_sent_to_the_issuer():
    issuer = Issuer("a")
    endpoint = IssuerEndpoint(url=JWKS, headers={"X-Tenant": "shop"})  # type: ignore[arg-type,dict-item]

    run(issuer.keys.resolve(KeySource(endpoint, is_metadata=False), "", "a"))

    assert issuer.endpoints.calls == [Call("GET", JWKS, (("x-tenant", "shop"),))]


def test_a_search_for_an_unknown_key_is_not_answered_from_a_cache():
    issuer = Issuer("a")
    issuer.resolve("a")
    issuer.resolve("unknown")
    sent = [dict(call.headers).get("cache-control") for call in issuer.endpoints.calls]
    assert sent == [None, "no-cache"]


def test_credentials_for_metadata_are_not_sent_where_the_metadata_leads():
    config = {
        "url": METADATA,
        "timeout": "3s",
        "auth": {"type": "basic_auth", "config": {"user": "a", "password": "b"}},
    }
    endpoint = IssuerEndpoint.model_validate(config)
    issuer = Issuer("a")
    issuer.resolve("a", KeySource(endpoint, is_metadata=True))
    first, second = issuer.endpoints.calls
    assert first.settings == endpoint.settings
    assert second.settings == CallSettings.model_validate({"timeout": "3s"})


def test_the_key_set_that_metadata_leads_to_is_asked_as_configured():
    settings = CallSettings.model_validate({"timeout": "7s"})
    of = KeySource(IssuerEndpoint.model_validate(METADATA), is_metadata=True, key_set=settings)
    issuer = Issuer("a")
    issuer.resolve("a", of)
    assert issuer.endpoints.calls[1].settings == settings
    other = KeySource(IssuerEndpoint.model_validate(METADATA), is_metadata=True)
    assert of.fingerprint != other.fingerprint


class TestRefreshAhead:
    """Keys that are in use are fetched again before they are over, while nobody waits."""

    def test_nobody_waits_for_the_new_keys(self):
        async def check() -> None:
            issuer = Issuer("a")
            await issuer.keys.resolve(source(), "", "a")
            issuer.advance(TTL * 0.8)
            issuer.rotate("a", "b")
            issuer.endpoints.gate.clear()
            for _ in range(5):
                assert (await issuer.keys.resolve(source(), "", "a")).candidates
                await settle()
            assert len(issuer.endpoints.calls) == 2
            issuer.endpoints.gate.set()
            await settle()
            issuer.advance(TTL * 0.3)
            assert (await issuer.keys.resolve(source(), "", "b")).candidates
            assert len(issuer.endpoints.calls) == 2

        run(check())

    def test_it_is_not_done_early_and_not_for_keys_that_nobody_asks_for(self):
        async def check() -> None:
            issuer = Issuer("a")
            await issuer.keys.resolve(source(), "", "a")
            issuer.advance(TTL * 0.8 - 1)
            await issuer.keys.resolve(source(), "", "a")
            await settle()
            assert len(issuer.endpoints.calls) == 1

        run(check())

    def test_attack_121_a_failure_is_not_repeated_with_every_request(self):
        async def check() -> None:
            issuer = Issuer("a")
            await issuer.keys.resolve(source(), "", "a")
            issuer.endpoints.answers[JWKS] = Fault(Reason.COMMUNICATION, "down")
            issuer.advance(TTL * 0.8)
            for _ in range(20):
                assert (await issuer.keys.resolve(source(), "", "a")).candidates
                await settle()
                issuer.advance(1)
            assert len(issuer.endpoints.calls) == 1 + 20 / RETRY

        run(check())

    def test_attack_121_a_flood_meanwhile_costs_one_search_a_cool_down(self):
        async def check() -> None:
            issuer = Issuer("a")
            await issuer.keys.resolve(source(), "", "a")
            issuer.advance(TTL * 0.8)
            for number in range(100):
                assert not (await issuer.keys.resolve(source(), "", f"x{number}")).candidates
            assert len(issuer.endpoints.calls) <= 3

        run(check())

    def test_attack_126_a_key_that_is_withdrawn_ends_with_the_new_keys(self):
        async def check() -> None:
            issuer = Issuer("a")
            await issuer.keys.resolve(source(stale=60.0), "", "a")
            issuer.rotate("b")
            issuer.advance(TTL * 0.8)
            await issuer.keys.resolve(source(stale=60.0), "", "a")
            await settle()
            assert not (await issuer.keys.resolve(source(stale=60.0), "", "a")).candidates

        run(check())


class TestStaleIfError:
    """Attack 126: only where that is configured, only while nobody answers, and only so long."""

    BROKEN = (Fault(Reason.COMMUNICATION, "down"), json_answer(b"{}", 503))

    @pytest.mark.parametrize("answer", BROKEN, ids=["silent", "503"])
    def test_keys_are_believed_longer_while_the_issuer_can_not_be_asked(self, answer):
        issuer, of = Issuer("a"), source(stale=60.0)
        issuer.resolve("a", of)
        issuer.endpoints.answers[JWKS] = answer
        issuer.advance(TTL)
        for _ in range(59):
            assert issuer.resolve("a", of) == ["a"]
            issuer.advance(1)
        issuer.advance(1)
        assert issuer.fault(of).reason is Reason.COMMUNICATION

    @pytest.mark.parametrize("answer", BROKEN, ids=["silent", "503"])
    def test_they_are_not_unless_that_is_configured(self, answer):
        issuer = Issuer("a")
        issuer.resolve("a")
        issuer.endpoints.answers[JWKS] = answer
        issuer.advance(TTL)
        issuer.fault()

    @pytest.mark.parametrize(
        "answer",
        [
            json_answer(b"{}", 404),
            json_answer(b"{}", 302),
            json_answer(b"no key set"),
            Fault(Reason.INTERNAL, "TLS", final=True),
        ],
        ids=["404", "302", "garbage", "tls"],
    )
    def test_an_issuer_that_answers_is_taken_at_its_word(self, answer):
        issuer, of = Issuer("a"), source(stale=60.0)
        issuer.resolve("a", of)
        issuer.endpoints.answers[JWKS] = answer
        issuer.advance(TTL)
        issuer.fault(of)

    def test_a_token_that_was_verified_meanwhile_is_looked_at_again_soon(self):
        issuer, of = Issuer("a"), source(stale=60.0)
        issuer.resolve("a", of)
        issuer.endpoints.answers[JWKS] = Fault(Reason.COMMUNICATION, "down")
        issuer.advance(TTL)
        found = run(issuer.keys.resolve(of, "https://idp.test", "a"))
        assert found.valid_until <= issuer.clock.now() + 2 * RETRY

    def test_new_keys_count_as_soon_as_the_issuer_answers(self):
        issuer, of = Issuer("a"), source(stale=60.0)
        issuer.resolve("a", of)
        issuer.endpoints.answers[JWKS] = Fault(Reason.COMMUNICATION, "down")
        issuer.advance(TTL)
        issuer.resolve("a", of)
        issuer.rotate("b")
        issuer.advance(2 * RETRY)
        assert issuer.resolve("a", of) == []
        assert issuer.resolve("b", of) == ["b"]

    def test_nobody_waits_while_they_are_believed(self):
        async def check() -> None:
            issuer, of = await fallen_silent(TTL)
            asked = len(issuer.endpoints.calls)
            for _ in range(40):
                issuer.advance(1)
                assert (await issuer.keys.resolve(of, "", "a")).candidates
                await settle()
            assert len(issuer.endpoints.calls) - asked == 40 / RETRY

        run(check())

    @pytest.mark.parametrize(
        "answer",
        [json_answer(b"no key set"), Fault(Reason.INTERNAL, "TLS", final=True)],
        ids=["garbage", "tls"],
    )
    def test_they_end_at_once_when_the_issuer_answers_otherwise(self, answer):
        async def check() -> None:
            issuer, of = await fallen_silent(TTL)
            issuer.endpoints.answers[JWKS] = answer
            issuer.advance(RETRY)
            await issuer.keys.resolve(of, "", "a")
            await settle()
            with pytest.raises(Fault):
                await issuer.keys.resolve(of, "", "a")

        run(check())

    def test_nobody_waits_for_an_issuer_that_hangs(self):
        async def check() -> None:
            issuer, of = await fallen_silent(TTL)
            asked = len(issuer.endpoints.calls)
            issuer.endpoints.gate.clear()
            for _ in range(59):
                issuer.advance(1)
                async with asyncio.timeout(5):
                    assert (await issuer.keys.resolve(of, "", "a")).candidates
                await settle()
            assert len(issuer.endpoints.calls) == asked + 1
            issuer.endpoints.gate.set()
            await settle()
            issuer.advance(1)
            with pytest.raises(Fault):
                await issuer.keys.resolve(of, "", "a")

        run(check())

    def test_an_issuer_that_was_silent_before_the_end_is_not_waited_for_at_the_end(self):
        async def check() -> None:
            issuer, of = await fallen_silent(TTL - FAULT_TTL / 2)
            await settle()
            issuer.endpoints.gate.clear()
            issuer.advance(FAULT_TTL / 2)
            async with asyncio.timeout(5):
                assert (await issuer.keys.resolve(of, "", "a")).candidates
            issuer.endpoints.gate.set()
            await settle()

        run(check())

    def test_they_end_in_time_when_the_issuer_is_silent_first_and_answers_otherwise_then(self):
        async def check() -> None:
            issuer, of = await fallen_silent(TTL - RETRY - 1)
            await settle()
            issuer.endpoints.answers[JWKS] = json_answer(b"no key set")
            issuer.advance(RETRY)
            await issuer.keys.resolve(of, "", "a")
            await settle()
            issuer.advance(1)
            with pytest.raises(Fault):
                await issuer.keys.resolve(of, "", "a")

        run(check())
