"""What is said of a configuration of another product, on the page that tells how to move."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeauth.cli.main import main
from tests.docs.pages import snippets
from tests.fakes.handshakes import Authority
from tests.fakes.keys import write_key_store


def test_what_heimdall_takes_is_refused_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Authority(tmp_path).issue("edge.example.com", file="tls.pem")
    write_key_store(tmp_path / "signer.pem")
    (before,) = snippets("heimdall")
    (said,) = snippets("said")
    Path("heimdall.yaml").write_text(before.text)

    result = CliRunner().invoke(
        main, ["validate", "config", "-c", "heimdall.yaml"], env={"NO_COLOR": "1"}
    )

    assert result.output == said.text
