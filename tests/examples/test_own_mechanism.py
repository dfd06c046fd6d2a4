"""The example of a mechanism of one's own: installed by pip, named, and run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

pytestmark = pytest.mark.slow

EXAMPLE = ROOT / "examples" / "own-mechanism"
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
ASK = """\
import sys
from click.testing import CliRunner
from edgeauth.cli.main import main
result = CliRunner().invoke(main, sys.argv[1:])
print(result.output, "office_hours" in sys.modules)
sys.exit(result.exit_code)
"""
OPTIONS = ("-c", "edgeauth.yaml", "--insecure-skip-ingress-tls-enforcement")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the folder that the package was installed into; nothing is fetched for it."""
    folder = tmp_path_factory.mktemp("own")
    source, target = folder / "source", folder / "target"
    shutil.copytree(EXAMPLE, source)
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    python(folder, "-m", "pip", "install", "-q", *offline, "--target", str(target), str(source))
    return target


def python(folder: Path, *arguments: str, path: Path | None = None, status: int = 0) -> str:
    environment = {"PYTHONPATH": f"{ROOT}:{path}" if path else str(ROOT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def configuration() -> str:
    (found,) = re.findall(r"```yaml\n(plugins:.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("name", ["office_hours.py", "pyproject.toml", "test_office_hours.py"])
def test_the_page_shows_the_files_as_they_are(name: str) -> None:
    assert f"\n{(EXAMPLE / name).read_text('utf-8')}```" in PAGE


def test_an_installed_package_that_is_not_named_is_not_even_imported(
    installed: Path, tmp_path: Path
) -> None:
    text = configuration().replace("plugins: [ acme-mechanisms ]", "")
    (tmp_path / "edgeauth.yaml").write_text(text)

    told = python(tmp_path, "-c", ASK, "validate", "config", *OPTIONS, path=installed, status=3)

    assert 'unknown authorizer type "office_hours"' in told
    assert told.endswith("False\n")


def test_a_package_that_is_named_is_used(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "edgeauth.yaml").write_text(configuration())

    told = python(tmp_path, "-c", ASK, "validate", "config", *OPTIONS, path=installed)

    assert told.endswith("True\n")


def test_a_mistake_in_its_settings_is_shown_at_its_character(
    installed: Path, tmp_path: Path
) -> None:
    text = configuration().replace("end: 17", "end: 25")
    (tmp_path / "edgeauth.yaml").write_text(text)

    told = python(tmp_path, "-c", ASK, "validate", "config", *OPTIONS, path=installed, status=3)

    assert "edgeauth.yaml:9:32" in told


def test_the_test_of_the_page_passes(installed: Path, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "test_office_hours.py", tmp_path)

    python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", path=installed)


def test_editors_can_be_told_of_it(installed: Path, tmp_path: Path) -> None:
    command = ("-c", ASK, "schema", "config", "--plugin", "acme-mechanisms")

    told = python(tmp_path, *command, path=installed)

    assert '"office_hours"' in told
