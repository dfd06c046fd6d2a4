"""Nobody ever gets the contract of somebody else, whatever the two are called."""

from hypothesis import given, settings, strategies as st

from edgeauth.mechanisms.finalizers import jwt
from tests.fakes.driving import run_straight
from tests.fakes.requests import granted, matched, subject
from tests.fakes.services import World
from tests.fakes.signers import claims_of

CONFIG = {
    "signer": {"key_store": {"path": "signer.pem"}},
    "claims": (
        '{"name": {{ toJson .Subject.Attributes.name }}, "a": {{ toJson .Values.a }}, '
        '"b": {{ toJson .Values.b }}, "opa": {{ toJson .Outputs.opa }}}'
    ),
    "values": {"a": "{{ .Request.URL.Captures.a }}", "b": "{{ .Request.URL.Captures.b }}"},
}
text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
names = text | st.text(alphabet="ab:|0123456789", max_size=8)
callers = st.tuples(names.filter(bool), names, names, names, names)


@settings(max_examples=60, deadline=None)
@given(st.lists(callers, min_size=2, max_size=12))
def test_a_contract_always_says_what_is_true_of_its_own_request(all_callers):
    world = World()
    finalizer = world.build(jwt.TYPE, CONFIG)
    for identity, name, a, b, opa in all_callers * 2:
        request = granted(
            subject(identity, {"name": name}),
            matched(captures={"a": a, "b": b}),
            {"opa": opa},
        )

        ((_, value),) = run_straight(finalizer.finalize(request)).fields

        claims = claims_of(value.removeprefix(b"Bearer "))
        told = (claims["sub"], claims["name"], claims["a"], claims["b"], claims["opa"])
        assert told == (identity, name, a, b, opa)
    assert len(world.signers.made[0].signed) == len(set(all_callers))
