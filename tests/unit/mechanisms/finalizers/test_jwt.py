import pytest
from pydantic import SecretStr

from edgeauth.mechanisms.finalizers import jwt
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from edgeauth.ports.key_places import KeyPlace
from edgeauth.services.no_cache import NoCache
from edgeauth.wire.base64url import decode_base64url
from tests.fakes.clock import NOW
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import granted, matched, subject
from tests.fakes.services import World
from tests.fakes.signers import claims_of

SIGNER = {"key_store": {"path": "signer.pem"}}
CONFIG = {
    "signer": SIGNER,
    "claims": '{"article": {{ toJson .Values.article }}, "sub": "nobody"}',
    "values": {"article": "{{ .Request.URL.Captures.id }}"},
}


class Edge(World):
    """A world in which contracts are made."""

    def contract(self, config=None, request=None, mechanism_id="contract"):
        finalizer = self.build(jwt.TYPE, config or CONFIG, mechanism_id)
        edits = run_straight(finalizer.finalize(request or granted()))
        ((_, value),) = edits.fields
        return value

    def claims(self, config=None, request=None):
        return claims_of(self.contract(config, request).removeprefix(b"Bearer "))

    def signatures(self):
        return sum(len(signer.signed) for signer in self.signers.made)


class TestConfiguration:
    @pytest.mark.parametrize(
        ("config", "found"),
        [
            ({}, [("signer", "missing")]),
            ({"signer": {}}, [("signer", "findings")]),
            ({"signer": {"key_store": {}}}, [("signer.key_store.path", "missing")]),
            (
                {"signer": {"key_store": {"path": ""}}},
                [("signer.key_store.path", "string_too_short")],
            ),
            (
                {"signer": {**SIGNER, "secret": "a"}},
                [("signer.secret", "model_type")],
            ),
            ({**CONFIG, "claims": "{{ .Request.Method }}"}, [("claims", "expression")]),
            ({**CONFIG, "claims": {"a": "b"}}, [("claims", "expected")]),
            ({**CONFIG, "ttl": "1s"}, [("ttl", "expected")]),
            ({**CONFIG, "ttl": "0s"}, [("ttl", "expected")]),
            ({**CONFIG, "header": {}}, [("header.name", "missing")]),
            ({**CONFIG, "header": {"name": "a b"}}, [("header.name", "expected")]),
            ({**CONFIG, "header": {"name": "Connection"}}, [("header.name", "expected")]),
            (
                {**CONFIG, "header": {"name": "X", "scheme": "a\r\n"}},
                [("header.scheme", "expected")],
            ),
            ({**CONFIG, "values": {"a": "{{"}}, [("values.a", "expression")]),
            ({**CONFIG, "audience": []}, [("audience", "too_short")]),
            ({**CONFIG, "audience": [""]}, [("audience.0", "string_too_short")]),
            ({**CONFIG, "size_limit": 4096}, [("size_limit", "expected")]),
        ],
        ids=[
            "absent",
            "no-key-store",
            "no-path",
            "empty-path",
            "unknown-key",
            "attack-118-claims-from-the-request",
            "claims-as-map",
            "ttl-too-short",
            "no-ttl",
            "no-header-name",
            "blank-in-name",
            "connection-header",
            "line-break-in-scheme",
            "bad-value",
            "for-nobody",
            "for-no-name",
            "size-without-unit",
        ],
    )
    def test_a_wrong_configuration_is_refused(self, config, found):
        assert mistakes(jwt.TYPE, config) == found

    def test_a_key_store_that_can_not_be_used_is_refused_when_the_mechanism_is_built(self):
        with pytest.raises(ValueError, match="can not be read"):
            World().build(jwt.TYPE, {"signer": {"key_store": {"path": "missing.pem"}}})

    def test_a_rule_may_set_what_a_contract_says_but_not_who_signs_or_how_much(self):
        assert jwt.TYPE.overridable == {
            "claims": Override.REPLACE,
            "values": Override.MERGE,
            "audience": Override.REPLACE,
            "ttl": Override.REPLACE,
        }

    def test_attack_178_the_password_is_not_shown(self):
        config = {"signer": {"key_store": {"path": "a", "password": "s3cret"}}}
        world = World()

        decoded = jwt.TYPE.config.model_validate(config)
        world.build(jwt.TYPE, config)

        assert "s3cret" not in repr(decoded)
        assert "s3cret" not in str(decoded.model_dump())
        (asked,) = world.signers.asked
        assert asked == ("edgeauth", KeyPlace("a", SecretStr("s3cret")), 300.0)
        assert "s3cret" not in repr(asked)

    def test_attack_178_the_password_is_not_shown_when_it_is_wrong(self):
        config = {"signer": {"key_store": {"path": 1, "password": "s3cret"}}}

        with pytest.raises(ValueError) as caught:  # noqa: PT011  (pydantic's is one)
            jwt.TYPE.config.model_validate(config)

        assert "s3cret" not in str(caught.value)


class TestFaults:
    @pytest.mark.parametrize(
        "claims",
        ["[]", '"text"', "null", "", '{"a": }', '{"a": 1, "a": 2}', '{"a": NaN}', "{} {}"],
        ids=["list", "text", "null", "nothing", "syntax", "repeated", "nan", "two"],
    )
    def test_claims_that_are_no_json_object_are_an_internal_fault(self, claims):
        with pytest.raises(Fault) as caught:
            Edge().contract({**CONFIG, "claims": claims})

        assert caught.value.reason is Reason.INTERNAL

    def test_a_value_that_breaks_out_of_its_quotes_can_not_add_claims_twice(self):
        config = {
            **CONFIG,
            "claims": '{"role": "user", "name": "{{ .Subject.Attributes.name }}"}',
        }
        hostile = granted(subject(attributes={"name": '", "role": "admin'}))

        with pytest.raises(Fault):
            Edge().contract(config, hostile)

    def test_a_value_that_can_not_be_rendered_is_an_internal_fault(self):
        config = {**CONFIG, "values": {"a": '{{ fail "no" }}{{ .Subject.ID }}'}}

        with pytest.raises(Fault) as caught:
            Edge().contract(config)

        assert caught.value.reason is Reason.INTERNAL

    def test_a_contract_that_is_too_large_is_an_internal_fault(self):
        edge = Edge()
        config = {"signer": SIGNER, "claims": "{{ toJson .Subject.Attributes }}"}
        who = granted(subject(attributes={"a": "b"}))
        contract = edge.contract(config, who)
        octets = len(contract.removeprefix(b"Bearer "))

        assert edge.contract({**config, "size_limit": f"{octets}B"}, who)
        with pytest.raises(Fault, match="size_limit") as caught:
            edge.contract({**config, "size_limit": f"{octets - 1}B"}, who, "smaller")

        assert caught.value.reason is Reason.INTERNAL

    def test_claims_without_end_are_an_internal_fault_unless_wanted(self):
        config = {"signer": SIGNER, "claims": "{{ toJson .Subject.Attributes }}"}
        many = granted(subject(attributes={"groups": ["group"] * 2000}))

        with pytest.raises(Fault):
            Edge().contract(config, many)
        assert Edge().contract({**config, "size_limit": "64KB"}, many)

    def test_a_fault_is_not_remembered(self):
        edge = Edge()
        config = {**CONFIG, "claims": "{{ .Subject.Attributes.claims }}"}
        with pytest.raises(Fault):
            edge.contract(config, granted(subject(attributes={"claims": "no"})))

        assert edge.claims(config, granted(subject(attributes={"claims": '{"a": 1}'})))["a"] == 1


class TestContract:
    def test_it_says_who_is_asking_and_what_the_claims_add(self):
        claims = Edge().claims(request=granted(seen=matched(captures={"id": "42"})))

        assert claims.pop("jti")
        assert claims == {
            "iss": "edgeauth",
            "sub": "alice",
            "iat": NOW,
            "nbf": NOW,
            "exp": NOW + 300,
            "article": "42",
        }

    @pytest.mark.parametrize(
        ("claims", "written"),
        [
            ('{"n": {{ .Subject.Attributes.n }}}', b'"n":1700000000'),
            ('{"n": {{ toJson .Subject.Attributes.n }}}', b'"n":1700000000'),
            ('{"n": {{ .Subject.Attributes.small }}}', b'"n":3,'),
            ('{"n": [1.0, 2.50]}', b'"n":[1,2.5]'),
            ('{"n": 12345678901234567890}', b'"n":12345678901234567890'),
        ],
        ids=["printed", "as-json", "small", "literal", "large"],
    )
    def test_whole_numbers_are_written_without_a_point(self, claims, written):
        who = subject(attributes={"n": 1.7e9, "small": 3.0})

        contract = Edge().contract({"signer": SIGNER, "claims": claims}, granted(who))

        assert written in decode_base64url(contract.split(b".")[1])

    def test_without_claims_it_says_who_is_asking(self):
        claims = Edge().claims({"signer": {**SIGNER, "name": "me"}, "values": {"a": "b"}})

        assert set(claims) == {"iss", "sub", "iat", "nbf", "exp", "jti"}
        assert claims["iss"] == "me"

    @pytest.mark.parametrize(
        ("audience", "told"),
        [(["orders"], "orders"), (["orders", "billing"], ["orders", "billing"])],
        ids=["one", "several"],
    )
    @pytest.mark.parametrize(
        "claims", [{}, {"claims": '{"aud": "everybody"}'}], ids=["alone", "and-claims"]
    )
    def test_it_is_for_the_audience_whatever_the_claims_say(self, claims, audience, told):
        config = {"signer": SIGNER, "audience": audience} | claims

        assert Edge().claims(config)["aud"] == told

    @pytest.mark.parametrize(
        ("header", "name", "prefix"),
        [
            (None, b"authorization", b"Bearer ey"),
            ({"name": "X-Contract"}, b"x-contract", b"ey"),
            ({"name": "X-Contract", "scheme": "JWT"}, b"x-contract", b"JWT ey"),
        ],
        ids=["default", "bare", "scheme"],
    )
    def test_it_is_in_the_configured_header(self, header, name, prefix):
        config = CONFIG if header is None else {**CONFIG, "header": header}
        finalizer = World().build(jwt.TYPE, config)

        ((found, value),) = run_straight(finalizer.finalize(granted())).fields

        assert found == name
        assert value.startswith(prefix)
        assert finalizer.owns() == (name,)

    @pytest.mark.parametrize(
        ("ttl", "left", "lifetime"),
        [
            ("5m", None, 300),
            ("5m", 1000, 300),
            ("5m", 60, 60),
            ("5m", 3, 10),
            ("5m", -5, 10),
            ("4s", 3600, 4),
            ("4s", 1, 4),
        ],
        ids=[
            "no-end",
            "credential-lasts-longer",
            "attack-159-credential-ends-first",
            "credential-about-to-end",
            "credential-within-leeway",
            "short-ttl",
            "short-ttl-and-credential",
        ],
    )
    def test_it_does_not_outlive_the_credential(self, ttl, left, lifetime):
        who = subject(ends=None if left is None else NOW + left)

        claims = Edge().claims({**CONFIG, "ttl": ttl}, granted(who))

        assert claims["exp"] == NOW + lifetime


class TestCache:
    def test_the_same_contract_is_signed_once(self):
        edge = Edge()

        contracts = {edge.contract() for _ in range(5)}

        assert len(contracts) == 1
        assert edge.signatures() == 1

    @pytest.mark.parametrize(
        ("ttl", "until"), [("5m", 295), ("20s", 15), ("6s", 3)], ids=["long", "short", "tiny"]
    )
    def test_a_contract_is_made_anew_before_it_ends(self, ttl, until):
        edge = Edge()
        config = {**CONFIG, "ttl": ttl}
        edge.contract(config)
        edge.clock.advance(until - 0.5)
        edge.contract(config)
        assert edge.signatures() == 1

        edge.clock.advance(0.5)
        edge.contract(config)

        assert edge.signatures() == 2

    def test_attack_159_a_remembered_contract_ends_with_the_credential(self):
        edge = Edge()
        request = granted(subject(ends=NOW + 60))
        edge.contract(request=request)

        edge.clock.advance(55)
        edge.contract(request=request)

        assert edge.signatures() == 2

    @pytest.mark.parametrize(
        "other",
        [
            granted(subject("bob")),
            granted(subject(attributes={"role": "admin"})),
            granted(subject(ends=NOW + 60)),
            granted(seen=matched(captures={"id": "2"})),
        ],
        ids=["id", "attributes", "end", "value"],
    )
    def test_whatever_the_contract_says_is_in_the_key(self, other):
        edge = Edge()

        assert edge.contract() != edge.contract(request=other)
        assert edge.signatures() == 2

    def test_outputs_matter_where_the_claims_read_them(self):
        edge = Edge()
        config = {"signer": SIGNER, "claims": '{"a": {{ toJson .Outputs.opa }}}'}

        first = edge.claims(config, granted(outputs={"opa": True}))
        second = edge.claims(config, granted(outputs={"opa": False}))

        assert (first["a"], second["a"]) == (True, False)

    def test_outputs_do_not_matter_where_nobody_reads_them(self):
        edge = Edge()

        edge.contract(request=granted(outputs={"opa": 1}))
        edge.contract(request=granted(outputs={"opa": 2}))

        assert edge.signatures() == 1

    @pytest.mark.parametrize(
        "other",
        [
            {**CONFIG, "claims": "{}"},
            {**CONFIG, "ttl": "6m"},
            {**CONFIG, "audience": ["orders"]},
            {**CONFIG, "signer": {**SIGNER, "name": "other"}},
            {**CONFIG, "signer": {**SIGNER, "key_id": "second"}},
            {**CONFIG, "header": {"name": "X-Contract"}},
            {**CONFIG, "header": {"name": "Authorization", "scheme": "JWT"}},
        ],
        ids=["claims", "ttl", "audience", "issuer", "key", "header", "scheme"],
    )
    def test_finalizers_that_would_say_something_else_share_nothing(self, other):
        edge = Edge()

        edge.contract()
        edge.contract(other)

        assert edge.signatures() == 2

    def test_different_entries_of_the_catalogue_share_nothing(self):
        edge = Edge()

        edge.contract(mechanism_id="one")
        edge.contract(mechanism_id="two")

        assert edge.signatures() == 2

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"a": "ab", "b": "c"}, {"a": "a", "b": "bc"}),
            ({"a": "1:x1:y", "b": ""}, {"a": "", "b": "1:x1:y"}),
            ({"a": "x", "b": "1:y"}, {"a": "x1:1", "b": "y"}),
        ],
        ids=["moved", "lengths-inside", "lengths-beside"],
    )
    def test_attack_157_values_that_run_into_each_other_are_different(self, first, second):
        edge = Edge()
        config = {
            "signer": SIGNER,
            "claims": '{"a": {{ toJson .Values.a }}, "b": {{ toJson .Values.b }}}',
            "values": {
                "a": "{{ .Request.URL.Captures.a }}",
                "b": "{{ .Request.URL.Captures.b }}",
            },
        }

        for captures in (first, second):
            claims = edge.claims(config, granted(seen=matched(captures=captures)))
            assert {"a": claims["a"], "b": claims["b"]} == captures

    def test_nothing_is_remembered_without_a_cache(self):
        edge = Edge(cache=NoCache())

        assert edge.contract() != edge.contract()
