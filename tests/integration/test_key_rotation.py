"""Keys and secrets change under processes that serve: nobody who verifies ever notices."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import jwt
import pytest

from tests.integration.processes import COMMAND, PAUSE, Place, ask, finished, stop
from tests.integration.test_reload import until

pytestmark = pytest.mark.slow

CACHED_SECONDS = 1.0
"""For which a verifier keeps a key set; the new key is published for longer before it signs."""
RULES = """\
version: "1alpha4"
rules:
  - id: open
    match: {routes: [{path: /open}]}
    execute: [{authenticator: anyone}, {authorizer: allow}, {finalizer: contract}, {finalizer: key}]
"""


def write(place: Place, source: str) -> None:
    """Writes a configuration whose contracts and API keys come from sources."""
    place.write()
    path = place.folder / "edgeauth.yaml"
    text = path.read_text().replace(
        "  finalizers:\n",
        "  finalizers:\n"
        "    - {id: contract, type: jwt, config: {signer: {name: edge, secret: {source: signer}},"
        " ttl: 2s}}\n"
        "    - {id: key, type: header, config: {headers:"
        ' {X-Key: \'{{ secret "mounted" "api-key" }}\'}}}\n',
    )
    path.write_text(
        f"{text}secret_management:\n"
        f"  signer: {{type: pem, config: {{path: signer.pem, watch: {source}}}}}\n"
        "  mounted: {type: directory, config: {path: mounted, watch: true}}\n"
    )
    (place.folder / "mounted").mkdir()
    (place.folder / "mounted" / "api-key").write_text("one")
    (place.folder / "rules.yaml").write_text(RULES)
    assert finished("keys", "new", "--store", "signer.pem", folder=place.folder).returncode == 0


class Verifier(threading.Thread):
    """Asks for contracts and verifies each with a key set that it keeps for a while."""

    def __init__(self, place: Place, key_sets: int) -> None:
        super().__init__()
        self._place = place
        self._key_sets = key_sets
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = -CACHED_SECONDS
        self.enough = threading.Event()
        self.kids: list[str] = []
        self.failures: list[str] = []

    def run(self) -> None:
        while not self.enough.is_set():
            status, fields, _ = ask(self._place.port, "/open")
            if status != 200:
                self.failures.append(f"status {status}")
                continue
            self._verify(fields["Authorization"].removeprefix("Bearer "))
            self.enough.wait(PAUSE)

    def _verify(self, contract: str) -> None:
        if time.monotonic() - self._fetched >= CACHED_SECONDS:
            document = json.loads(ask(self._key_sets, "/.well-known/jwks")[2])
            self._keys = {key["kid"]: jwt.PyJWK(key) for key in document["keys"]}
            self._fetched = time.monotonic()
        kid = jwt.get_unverified_header(contract)["kid"]
        if kid not in self._keys:
            self.failures.append(f"unknown key {kid}")
            return
        jwt.decode(contract, self._keys[kid], ["ES256", "EdDSA"], issuer="edge")
        if kid not in self.kids:
            self.kids.append(kid)


@contextmanager
def verifying(verifiers: list[Verifier]) -> Iterator[None]:
    for each in verifiers:
        each.start()
    try:
        yield
    finally:
        for each in verifiers:
            each.enough.set()
        for each in verifiers:
            each.join()


def test_verifiers_that_keep_key_sets_never_miss_a_key_while_two_processes_change_over(
    place: Place,
):
    write(place, "true")
    other = Place(place.folder, place.upstream)
    arguments = place.arguments("decision")
    second = (place.folder / "edgeauth.yaml").read_text()
    for port in ("port", "management"):
        second = second.replace(str(getattr(place, port)), str(getattr(other, port)))
    with ExitStack() as stack:
        first = stack.enter_context(place.running("decision"))
        (place.folder / "other.yaml").write_text(second)
        process = subprocess.Popen(
            [COMMAND, *(each.replace("edgeauth.yaml", "other.yaml") for each in arguments)],
            cwd=place.folder, stdout=subprocess.DEVNULL, env=os.environ,
        )  # fmt: skip
        stack.callback(process.wait)
        stack.callback(process.kill)
        until(lambda: _answers(other), "the second process")
        # each verifier trusts the key set of the other process
        verifiers = [Verifier(place, other.management), Verifier(other, place.management)]
        with verifying(verifiers):
            until(lambda: all(each.kids for each in verifiers), "a contract of the first key")
            done = finished(
                "keys", "rotate", "--store", "signer.pem", "--algorithm", "EdDSA",
                "--publish-before", "4s", folder=place.folder,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            until(lambda: all(len(each.kids) == 2 for each in verifiers), "the second key")
        stop(first)

    assert [each.failures for each in verifiers] == [[], []]
    assert verifiers[0].kids == verifiers[1].kids
    assert "-eddsa-" in verifiers[0].kids[1]


def _answers(place: Place) -> bool:
    try:
        return ask(place.port, "/open")[0] == 200
    except OSError:
        return False


def test_a_mounted_secret_changes_and_a_wrong_one_does_not(place: Place):
    write(place, "false")
    secret = place.folder / "mounted" / "api-key"

    def sent() -> str:
        return str(ask(place.port, "/open")[1]["X-Key"])

    with place.running("decision") as process:
        assert sent() == "one"
        secret.write_text("two")
        until(lambda: sent() == "two", "the changed secret")
        secret.write_text("")
        text = process.stderr
        assert text is not None
        told = text.readline()
        while "secrets refused" not in told:
            told = text.readline()
        assert sent() == "two"
        _, errors = stop(process)

    assert "mounted" in told
    assert "two" not in told + errors
