"""API keys of a process that serves: found, told apart in the log only, exchanged in its file."""

import json

import pytest

from tests.fakes.api_keys import KEY, entry
from tests.integration.processes import Place, ask, finished, stop
from tests.integration.test_reload import until

pytestmark = pytest.mark.slow

OTHERS = {
    "disabled": ("x" * 40, {"enabled": "false"}),
    "has expired": ("y" * 40, {"expires_at": "2020-01-01T00:00:00Z"}),
    "not valid yet": ("z" * 40, {"not_before": "2999-01-01T00:00:00Z"}),
}
RULES = """\
  - id: orders
    match: {{routes: [{{path: /orders}}]}}
    forward_to: {{host: "127.0.0.1:{port}", rewrite: {{scheme: http}}}}
    execute: [{{authenticator: client}}, {{authorizer: allow}}, {{finalizer: tell}}]
"""


@pytest.fixture
def place(tmp_path, upstream):
    made = Place(tmp_path, upstream.server_address[1])
    made.write("  respond: {verbose: true}", RULES.format(port=made.upstream))
    path = tmp_path / "edgeauth.yaml"
    path.write_text(
        path.read_text().replace(
            "  authenticators:\n",
            "  authenticators:\n"
            "    - {id: client, type: api_key, config: {keys: {source: clients}}}\n",
        )
        + "secret_management:\n"
        "  clients: {type: api_keys, config: {path: keys.yaml, watch: true}}\n"
    )
    others = [entry(key, name=key[0], **more) for key, more in OTHERS.values()]
    (tmp_path / "keys.yaml").write_text("".join([entry(), *others]))
    return made


def shown(key):
    return {"X-API-Key": key, "Accept": "application/json"}


def test_keys_that_are_not_good_are_told_apart_in_the_log_only(place):
    with place.running("proxy") as process:
        status, _, body = ask(place.port, "/orders", shown(KEY))
        assert (status, json.loads(body)["x-user"]) == (200, "alice")
        unknown = ask(place.port, "/orders", shown("n" * 40))
        answers = [ask(place.port, "/orders", shown(key)) for key, _ in OTHERS.values()]
        log, _ = stop(process)

    assert unknown[0] == 401
    assert all(
        (status, list(fields.keys()), body) == (401, list(unknown[1].keys()), unknown[2])
        for status, fields, body in answers
    )
    details = [json.loads(line).get("detail", "") for line in log.splitlines()]
    assert [told for told in OTHERS if any(told in each for each in details)] == [*OTHERS]
    assert KEY not in log


def test_a_key_is_made_used_and_taken_back_while_requests_are_served(place):
    with place.running("proxy") as process:
        made = finished(
            "api-keys", "new", "--owner", "bob", "--file", "keys.yaml", folder=place.folder
        )
        key = made.stdout.strip()
        until(lambda: ask(place.port, "/orders", shown(key))[0] == 200, "it is known")

        (place.folder / "keys.yaml").write_text("[]\n")

        until(lambda: ask(place.port, "/orders", shown(key))[0] == 401, "it is taken back")
        stop(process)
