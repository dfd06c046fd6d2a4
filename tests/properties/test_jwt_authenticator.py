"""A credential that fails verification never becomes a principal."""

from hypothesis import assume, given, settings, strategies as st

from edgeauth.mechanisms.authenticators import jwt
from edgeauth.model.decision import Refusal
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import to_jwk
from edgeauth.wire.jws import sign_compact
from tests.fakes.clock import NOW
from tests.fakes.driving import run
from tests.fakes.endpoints import json_answer
from tests.fakes.keys import signing_key, verification_key
from tests.fakes.requests import matched
from tests.fakes.services import World

JWKS = "https://idp.test/jwks"
CONFIG = {"jwks_endpoint": JWKS, "assertions": {"issuers": ["https://idp.test"]}}
CLAIMS = {"iss": "https://idp.test", "sub": "alice", "exp": int(NOW) + 300}
TOKEN = sign_compact({"alg": "EdDSA", "kid": "a"}, dumps(CLAIMS), signing_key("EdDSA")).decode()


def _authenticator():
    world = World()
    keys = {"keys": [to_jwk(verification_key("EdDSA"), "a", "EdDSA")]}
    world.endpoints.answers[JWKS] = json_answer(dumps(keys))
    config = {**CONFIG, "assertions": {**CONFIG["assertions"], "allowed_algorithms": ["EdDSA"]}}
    return world.build(jwt.TYPE, config)


AUTHENTICATOR = _authenticator()


def ask(token):
    return run(AUTHENTICATOR.authenticate(matched(headers={"Authorization": f"Bearer {token}"})))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(TOKEN) - 1), st.characters(min_codepoint=0x21, max_codepoint=0x7E))
def test_a_token_with_any_other_character_is_refused_although_the_token_is_known(place, other):
    assume(TOKEN[place] != other)
    assert ask(TOKEN).id == "alice"

    assert isinstance(ask(TOKEN[:place] + other + TOKEN[place + 1 :]), Refusal)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60))
def test_no_invented_text_is_a_token(text):
    assert isinstance(ask(text), Refusal)
