import pytest

from edgeauth.mechanisms.contextualizers import generic
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoints import Call
from edgeauth.ports.services import EndpointAnswer
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoints import json_answer
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import identified, matched, request, subject
from tests.fakes.services import World

URL = "https://pdp.test/v1/data/articles"
CONFIG = {"endpoint": URL, "payload": '{"who": {{ toJson .Subject.ID }}}'}


class Pdp(World):
    """A world with a policy information point in it."""

    def __init__(self, answer=None):
        super().__init__()
        self.endpoints.answers[URL] = answer or json_answer(b'{"result": "full"}')

    def ask(self, config=None, known=None, mechanism_id="opa"):
        contextualizer = self.build(generic.TYPE, config or CONFIG, mechanism_id)
        return run(contextualizer.contextualize(known or identified()))

    def fault(self, config=None, known=None):
        with pytest.raises(Fault) as caught:
            self.ask(config, known)
        return caught.value


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, [("endpoint", "missing")]),
        ({"endpoint": "http://pdp.test"}, [("endpoint.url", "expected")]),
        ({"endpoint": "https://{{ .Values.host }}/"}, [("endpoint.url", "expected")]),
        ({"endpoint": "https://a@pdp.test/"}, [("endpoint.url", "expected")]),
        ({"endpoint": {"url": URL, "method": "get"}}, [("endpoint.method", "literal_error")]),
        ({"endpoint": {"url": URL, "retries": {}}}, [("endpoint.retries", "extra_forbidden")]),
        ({"endpoint": URL + "{{ .Request.Method }}"}, [("endpoint.url", "expression")]),
        ({**CONFIG, "payload": "{{ .Nope }}"}, [("payload", "expression")]),
        ({**CONFIG, "forward_headers": ["Content-Length"]}, [("forward_headers.0", "expected")]),
        ({**CONFIG, "forward_cookies": [""]}, [("forward_cookies.0", "string_too_short")]),
        ({**CONFIG, "cache_ttl": "soon"}, [("cache_ttl", "expected")]),
        (
            {**CONFIG, "continue_pipeline_on_error": "yes"},
            [("continue_pipeline_on_error", "bool_type")],
        ),
    ],
    ids=[
        "absent",
        "without-tls",
        "templated-host",
        "credentials",
        "method",
        "unknown-key",
        "unavailable-variable",
        "bad-payload",
        "framing-header",
        "no-cookie-name",
        "no-duration",
        "no-boolean",
    ],
)
def test_a_wrong_configuration_is_refused(config, found):
    assert mistakes(generic.TYPE, config) == found


def test_the_endpoint_can_not_be_set_in_a_rule():
    assert "endpoint" not in generic.TYPE.overridable


class TestFaults:
    @pytest.mark.parametrize("status", [301, 302, 400, 403, 404, 500, 503], ids=str)
    def test_any_status_but_success_is_a_communication_fault(self, status):
        fault = Pdp(json_answer(b'{"result": true}', status)).fault()

        assert fault.reason is Reason.COMMUNICATION

    def test_a_stopped_endpoint_is_a_communication_fault(self):
        pdp = Pdp()
        del pdp.endpoints.answers[URL]

        assert pdp.fault().reason is Reason.COMMUNICATION

    @pytest.mark.parametrize(
        ("media_type", "body"),
        [
            ("application/json", b"garbage"),
            ("application/json", b'{"result": true, "result": false}'),
            ("application/json", b'{"result": NaN}'),
            ("application/problem+json", b"{"),
            ("application/json", b"[" * 100 + b"]" * 100),
            ("application/yaml", b"a: [1"),
            ("application/yaml", b"a: 1\n---\na: 2\n"),
            ("application/yaml", b"a: 1\na: 2\n"),
            ("text/plain", b"\xff"),
            ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 2000)),
        ],
        ids=[
            "attack-82-garbage",
            "repeated-name",
            "nan",
            "json-by-suffix",
            "attack-188-deep",
            "yaml",
            "two-documents",
            "attack-174-repeated-key",
            "no-utf-8",
            "endless-form",
        ],
    )
    def test_an_answer_that_is_not_what_it_says_is_an_internal_fault(self, media_type, body):
        fault = Pdp(EndpointAnswer(200, media_type, body)).fault()

        assert fault.reason is Reason.INTERNAL
        assert "garbage" not in fault.detail

    def test_a_payload_that_can_not_be_rendered_is_an_internal_fault(self):
        pdp = Pdp()

        fault = pdp.fault({**CONFIG, "payload": '{{ fail "no" }}{{ .Subject.ID }}'})

        assert fault.reason is Reason.INTERNAL
        assert pdp.endpoints.calls == []

    @pytest.mark.parametrize("ttl", ["0s", "10s"])
    def test_a_fault_is_tolerated_only_where_that_is_configured(self, ttl):
        pdp = Pdp(json_answer(b"", 503))

        assert not pdp.fault({**CONFIG, "cache_ttl": ttl}).tolerated
        assert pdp.fault({**CONFIG, "cache_ttl": ttl, "continue_pipeline_on_error": True}).tolerated

    def test_a_fault_of_trust_is_never_tolerated(self):
        pdp = Pdp(Fault(Reason.INTERNAL, "another certificate", final=True))

        assert not pdp.fault({**CONFIG, "continue_pipeline_on_error": True}).tolerated

    def test_failures_are_not_remembered(self):
        pdp = Pdp(json_answer(b"", 503))
        pdp.fault()
        pdp.endpoints.answers[URL] = json_answer(b"1")

        assert pdp.ask() == 1


class TestAnswers:
    @pytest.mark.parametrize(
        ("media_type", "body", "output"),
        [
            ("application/json", b'{"a": [1, null]}', {"a": [1, None]}),
            ("application/problem+json", b"{}", {}),
            ("application/yaml", b"a: on\n", {"a": "on"}),
            ("application/x-www-form-urlencoded", b"a=1&a=2&b=", {"a": ["1", "2"], "b": [""]}),
            ("text/plain", b"yes", "yes"),
            ("", b"yes", "yes"),
            ("application/json", b"", None),
            ("application/json", b"null", None),
            ("application/json", b"false", False),
        ],
        ids=["json", "suffix", "yaml", "form", "text", "untyped", "empty", "null", "false"],
    )
    def test_an_answer_is_decoded_by_its_media_type(self, media_type, body, output):
        assert Pdp(EndpointAnswer(200, media_type, body)).ask() == output

    def test_the_question_is_what_the_configuration_says(self):
        pdp = Pdp()
        config = {
            "endpoint": {
                "url": "https://pdp.test/v1/data/{{ .Values.policy }}",
                "headers": {"Content-Type": "application/json", "X-Who": "{{ .Subject.ID }}"},
            },
            "payload": "{{ .Request.Method }} {{ .Values.policy }} {{ .Outputs.a }}",
            "values": {"policy": "articles"},
            "forward_headers": ["X-Trace", "X-Absent", "x-who"],
            "forward_cookies": ["sid", "absent"],
        }
        seen = matched(
            headers={"X-Trace": "1", "X-Who": "root", "Cookie": "other=1; sid=2", "X-Other": "3"}
        )

        pdp.ask(config, identified(seen=seen, outputs={"a": "b"}))

        fields = (
            ("x-trace", "1"),
            ("x-who", "alice"),
            ("cookie", "sid=2"),
            ("content-type", "application/json"),
        )
        assert pdp.endpoints.calls == [Call("POST", URL, fields, b"GET articles b")]

    @pytest.mark.parametrize("cached", ["10s", "0s"])
    def test_attack_173_only_the_rule_names_several_segments_of_the_path(self, cached):
        pdp = Pdp()
        pdp.endpoints.answers["https://pdp.test/v1/data/blog/GET"] = json_answer(b"{}")
        config = {
            "endpoint": "https://pdp.test/v1/data/{{ .Values.policy }}",
            "cache_ttl": cached,
        }
        written = {**config, "values": {"policy": "blog/{{ .Request.Method }}"}}
        sent = {**config, "values": {"policy": '{{ .Request.Header "X-Policy" }}'}}

        pdp.ask(written, identified(seen=matched()))
        with pytest.raises(Fault):
            pdp.ask(sent, identified(seen=matched(headers={"X-Policy": "blog/GET"})))

        assert [call.url for call in pdp.endpoints.calls] == ["https://pdp.test/v1/data/blog/GET"]

    def test_without_a_payload_nothing_is_sent(self):
        pdp = Pdp()

        pdp.ask({"endpoint": URL})

        assert pdp.endpoints.calls == [Call("POST", URL)]


class TestCache:
    def test_the_same_question_is_asked_once_and_answered_without_waiting_then(self):
        pdp = Pdp()
        contextualizer = pdp.build(generic.TYPE, CONFIG)
        first = run(contextualizer.contextualize(identified()))

        second = run_straight(contextualizer.contextualize(identified()))

        assert first == second == {"result": "full"}
        assert len(pdp.endpoints.calls) == 1

    def test_an_answer_without_content_is_remembered_too(self):
        pdp = Pdp(json_answer(b""))

        assert [pdp.ask(), pdp.ask()] == [None, None]
        assert len(pdp.endpoints.calls) == 1

    def test_an_answer_is_believed_for_ten_seconds_by_default(self):
        pdp = Pdp()
        pdp.ask()
        pdp.clock.advance(9)
        pdp.ask()
        assert len(pdp.endpoints.calls) == 1

        pdp.clock.advance(1)
        pdp.ask()

        assert len(pdp.endpoints.calls) == 2

    def test_nothing_is_remembered_with_a_ttl_of_zero(self):
        pdp = Pdp()

        for _ in range(3):
            pdp.ask({**CONFIG, "cache_ttl": "0s"})

        assert len(pdp.endpoints.calls) == 3

    @pytest.mark.parametrize(
        "other",
        [
            identified(subject("bob")),
            identified(seen=matched(headers={"X-Tenant": "b"})),
            identified(seen=matched(headers={"Cookie": "sid=b"})),
            identified(seen=matched(request("/other"))),
            identified(outputs={"a": "b"}),
        ],
        ids=["subject", "forwarded-header", "forwarded-cookie", "value", "output"],
    )
    def test_attack_130_another_question_gets_another_answer(self, other):
        pdp = Pdp()
        config = {
            **CONFIG,
            "payload": "{{ .Subject.ID }}|{{ .Values.path }}|{{ .Outputs.a }}",
            "values": {"path": "{{ .Request.URL.Path }}"},
            "forward_headers": ["X-Tenant"],
            "forward_cookies": ["sid"],
        }
        pdp.ask(config)

        pdp.ask(config, other)

        assert len(pdp.endpoints.calls) == 2

    def test_attack_157_values_that_run_into_each_other_are_different_questions(self):
        pdp = Pdp()
        config = {
            "endpoint": {"url": URL, "headers": {"A": "{{ .Values.a }}", "B": "{{ .Values.b }}"}},
            "values": {"a": "{{ .Subject.Attributes.a }}", "b": "{{ .Subject.Attributes.b }}"},
        }

        pdp.ask(config, identified(subject("x", {"a": "ab", "b": "c"})))
        pdp.ask(config, identified(subject("x", {"a": "a", "b": "bc"})))

        assert len(pdp.endpoints.calls) == 2

    def test_different_entries_of_the_catalogue_do_not_share_answers(self):
        pdp = Pdp()

        pdp.ask(mechanism_id="one")
        pdp.ask(mechanism_id="two")

        assert len(pdp.endpoints.calls) == 2
