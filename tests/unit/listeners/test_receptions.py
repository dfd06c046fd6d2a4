"""What the configuration says about the beginning of connections."""

from pathlib import Path

import pytest

from edgeauth.config.errors import Collector
from edgeauth.config.read import read_configuration
from edgeauth.listeners.receptions import Receptions
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.clock import SystemClock
from tests.fakes.handshakes import Authority

SEVERAL = "certificates: [{key_store: {path: b.test.pem}}]"
ASKING = "client_certificates: {trust_store: authority.pem}"


class Never:
    def changed(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("settings", "strict"),
    [
        ([], False),
        ([SEVERAL], False),
        ([ASKING], False),
        ([SEVERAL, ASKING], True),
        ([SEVERAL, ASKING, "strict_sni: false"], False),
        (["strict_sni: true"], True),
    ],
    ids=repr,
)
def test_attack_029_a_listener_is_as_strict_about_hosts_as_the_configuration_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: list[str], strict: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    authority = Authority(tmp_path)
    authority.issue("a.test")
    authority.issue("b.test")
    tls = ", ".join(["key_store: {path: a.test.pem}", *settings])
    configuration = read_configuration(f"serve: {{tls: {{{tls}}}}}\n", "edgeauth.yaml", {})
    problems = Collector()

    made = Receptions(configuration, SystemClock(), lambda _: Never(), problems, HeldSecrets())

    assert not problems.found
    reception = made.at("serve")
    assert reception is not None
    assert reception.strict_sni is strict
