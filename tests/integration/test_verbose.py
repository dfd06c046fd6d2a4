"""Refusals in words, at both doors of a real process."""

import json

import pytest

from tests.integration.processes import Place, ask, stop

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("mode", ["proxy", "decision"])
def test_words_come_in_the_form_that_the_client_prefers(place: Place, mode: str):
    place.write("  respond: {verbose: true}")
    with place.running(mode) as process:
        status, fields, body = ask(place.port, "/other", {"Accept": "application/json"})
        plain = ask(place.port, "/other", {"Accept": "text/plain, application/json;q=0.5"})
        nothing = ask(place.port, "/other", {"Accept": "image/png"})
        malformed = ask(place.port, "/open/%2e%2e")
        stop(process)

    assert (status, json.loads(body)["code"]) == (401, "authenticationError")
    assert fields["content-type"] == "application/json"
    assert fields["x-content-type-options"] == "nosniff"
    assert plain[2] == b"nobody is let in here"
    assert (nothing[0], nothing[2]) == (401, b"")
    assert (malformed[0], malformed[2]) == (400, b"")


def test_an_upstream_that_is_gone_is_not_described(place: Place):
    place.write(
        "  respond: {verbose: true}",
        '  - {id: gone, match: {routes: [{path: /gone}]}, forward_to: {host: "127.0.0.1:1",'
        " rewrite: {scheme: http}}, execute: [{authenticator: anyone}, {authorizer: allow}]}",
    )
    with place.running("proxy") as process:
        status, _, body = ask(place.port, "/gone")
        stop(process)

    assert status == 502
    assert body == b"<p>a service that is needed did not answer</p>"
